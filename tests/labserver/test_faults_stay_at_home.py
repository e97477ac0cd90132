"""The whole table on a shared server: each fault names itself in its own sandbox, and strikes nobody else's."""

import pytest

from labserver import faults
from labserver.faults import FAULTS, HANDSHAKE, SOCKET

UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec_websocket_version": "13",
    "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
}
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}


def quick(name: str) -> str:
    """A plan with this fault alone, that takes no long time."""
    return faults.spell(faults.parse(f"{name};seconds=0.1" if "seconds" in FAULTS[name].knobs else name))


def head(server, key: str | None, websocket: bool) -> bytes:
    """The head of an answer; nothing where none comes."""
    with server.dial() as wire:
        path, more = ("/ws/echo", UPGRADE) if websocket else ("/shop/products", {"connection": "close"})
        wire.send(server.request("GET", path, None, key, **more))
        while b"\r\n\r\n" not in wire.received and (piece := wire.socket.recv(65536)):
            wire.received += piece
        return bytes(wire.received.partition(b"\r\n\r\n")[0])


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_echoed_where_it_was_asked_for_and_felt_nowhere_else(shared_server, name: str) -> None:
    struck, neighbour, plan = shared_server.sandbox(), shared_server.sandbox(), quick(name)
    websocket = set(FAULTS[name].strikes) <= {HANDSHAKE, SOCKET}
    rule = {"plan": plan, "first": 100}
    owner = {"authorization": f"Bearer {struck}"}
    shared_server.http.post("/lab/faults", json=rule, headers=owner).raise_for_status()
    told = head(shared_server, struck, websocket)
    record = shared_server.last(struck)
    assert record["fault"] == plan
    if name == "lose_reply":
        assert told == b"", "where no answer leaves, only the journal can say why"
    else:
        assert f"\r\nx-lab-fault: {plan}".encode() in told
    for other in (neighbour, None):
        honest = head(shared_server, other, websocket)
        assert honest.startswith(b"HTTP/1.1 101 " if websocket else b"HTTP/1.1 200 ")
        assert b"x-lab-fault" not in honest
    assert shared_server.last(neighbour)["fault"] == ""
    listed = shared_server.http.get("/shop/products", headers={"authorization": f"Bearer {neighbour}"}).json()
    assert (listed["total"], "price" in listed["products"][0]) == (55, True)


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_leaves_anything_open(server, name: str) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": quick(name), "x-lab-pace": "ttft=0;tps=9999"}
    with server.dial() as wire:
        fields = {field.replace("-", "_"): value for field, value in owner.items()} | {"connection": "close"}
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, **fields))
        try:
            wire.rest()
        except ConnectionResetError:
            assert name == "reset"
    server.await_quiet()
