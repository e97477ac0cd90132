"""`--also`: the same server on further ports, said so, closed with it, and never a callback's address."""

import json
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[2]


def test_it_is_one_server_on_all_its_ports_and_both_addresses(start_server) -> None:
    live = start_server("--also", "0", "--also", "0")
    assert len({live.port, *live.also}) == 3
    key = live.sandbox()
    hosts = ["127.0.0.1", "[::1]"] if has_ipv6_loopback() else ["127.0.0.1"]
    asked = [f"http://{host}:{port}" for host in hosts for port in live.also]
    for url in asked:
        assert httpx2.get(f"{url}/v1/models", headers={"x-api-key": key}).status_code == 200
    assert len(live.journal(key)) == len(asked)
    ports = list(live.also)
    live.stop()
    for port in ports:
        with closing(socket.socket()) as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def has_ipv6_loopback() -> bool:
    with suppress(OSError), closing(socket.socket(socket.AF_INET6)) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def test_the_main_port_is_announced_as_ever_and_the_others_beside_it(start_server) -> None:
    live = start_server("--also", "0")
    said = json.loads(live.announcement.read_text(encoding="utf-8"))
    assert said["url"] == f"http://127.0.0.1:{said['port']}"
    assert said["also"] == live.also
    assert said["port"] not in said["also"]
    assert json.loads(start_server().announcement.read_text(encoding="utf-8"))["also"] == []


def test_a_taken_port_is_named_with_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "labserver", "--port", "0", "--also", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is in use. Leave `--also {port}` out, or end the program that has it.\n"


def test_a_port_named_twice_is_opened_once(start_server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    live = start_server("--port", str(port), "--also", str(port), "--also", str(port))
    assert (live.port, live.also) == (port, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_no_callback_goes_to_any_of_them(start_server, host: str) -> None:
    live = start_server("--also", "0")
    job = {"prompt": "tea", "model": "script", "callback_url": f"http://{host}:{live.also[0]}/lab/reset"}
    refused = live.http.post("/api/v1/infer", json=job, headers={"x-api-key": live.sandbox()})
    assert refused.status_code == 400
    assert "lab server itself" in refused.json()["error"]["message"]
