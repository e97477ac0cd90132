"""A sandbox's own port: whoever comes in there without a key is at home, and closing it closes nothing else."""

import json
import socket
from types import SimpleNamespace

import httpx2
import pytest
from websockets.sync.client import connect

from labserver.doors import Doors
from labserver.errors import Unavailable
from labserver.sandboxes import Sandboxes


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def open_door(server, key: str) -> str:
    made = server.http.post("/lab/door", headers=as_owner(key))
    assert made.status_code == 201
    return made.json()["url"]


def test_a_request_without_a_key_at_the_door_is_the_sandboxs_own(server) -> None:
    key = server.sandbox()
    url = open_door(server, key)
    assert url != server.url
    with httpx2.Client(base_url=url) as client:
        assert client.get("/v1/models").status_code == 200
    with connect(url.replace("http", "ws") + "/api/v1/query/ws", proxy=None) as client:
        client.send(json.dumps({"query": "tea", "model": "script"}))
        client.recv(timeout=5)
    assert [record["kind"] for record in server.journal(key)] == ["http", "websocket"]


def test_a_key_counts_more_than_the_door(server) -> None:
    key, other = server.sandbox(), server.sandbox()
    url = open_door(server, key)
    with httpx2.Client(base_url=url) as client:
        client.get("/v1/models", headers=as_owner(other))
        assert client.get("/v1/models", headers=as_owner("lab-nobody")).status_code == 401
    assert server.journal(key) == []
    assert len(server.journal(other)) == 1


def test_a_closed_door_refuses_connections_and_opens_again_at_the_same_port(server) -> None:
    key = server.sandbox()
    url = open_door(server, key)
    assert open_door(server, key) == url, "asking twice opens one door"
    assert server.http.delete("/lab/door", headers=as_owner(key)).status_code == 204
    with httpx2.Client(base_url=url) as client:
        with pytest.raises(httpx2.ConnectError):
            client.get("/v1/models")
        assert server.http.get("/v1/models", headers=as_owner(key)).status_code == 200, "the main door stays"
        assert open_door(server, key) == url
        assert client.get("/v1/models").status_code == 200
    assert server.http.delete("/lab/door", headers=as_owner(key)).status_code == 204


def test_an_ended_sandbox_leaves_no_door_behind(server) -> None:
    key = server.sandbox()
    port = int(open_door(server, key).rpartition(":")[2])
    server.http.delete("/lab/sandboxes", headers=as_owner(key))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_server_with_an_open_door_and_a_caller_in_it_still_ends(start_server) -> None:
    live = start_server("--solo")
    url = open_door(live, live.sandbox())
    with httpx2.Client(base_url=url) as client:
        client.get("/health")
        assert live.stop() < 5


async def test_without_a_real_server_there_is_no_door() -> None:
    with pytest.raises(Unavailable, match="wirelab serve"):
        await Doors().open()


class Assigned:
    """Doors whose ports are known beforehand."""

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)

    async def open(self, _: int = 0) -> SimpleNamespace:
        port = self.ports.pop(0)
        bound = SimpleNamespace(getsockname=lambda: ("127.0.0.1", port))
        return SimpleNamespace(sockets=[bound], close=lambda: None)


@pytest.mark.parametrize("then", ["opens again", "ends"])
async def test_a_port_that_went_to_another_sandbox_stays_with_it(then: str) -> None:
    worlds, doors = Sandboxes(10), Assigned(5001, 5001, 5002)
    first, second = worlds.make(), worlds.make()
    await worlds.open_door(first, doors)
    first.close_door()
    await worlds.open_door(second, doors)
    if then == "ends":
        worlds.end(first)
    else:
        await worlds.open_door(first, doors)
    assert worlds.find(None, port=5001) is second
