"""What a seed's snippet needs to run: itself, a lab server, and an address of its own there. Knows no snippet."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from snippet import Snippet

BROWSER = runpy.run_path(str(Path(__file__).parents[1] / "browser/conftest.py"))
chromium, page = BROWSER["chromium"], BROWSER["page"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "seed(name, *corrections, works=True): runs this snippet of a seed")


@pytest.fixture
def snippet(request: pytest.FixtureRequest) -> Snippet:
    """The snippet of the test's `seed` mark."""
    mark = request.node.get_closest_marker("seed")
    return Snippet(mark.args[0], tuple(mark.args[1:]))


@pytest.fixture(scope="session")
def instant(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server that never waits: the seeds' clients send no pace of their own."""
    live = type(server)(tmp_path_factory.mktemp("instant"), "--solo", "--time-scale", "0")
    yield live
    live.stop()


class Door:
    """A port of a sandbox of one's own: clients that carry no key, or a placeholder, are at home there."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.key = server.sandbox()
        self.owner = {"authorization": f"Bearer {self.key}"}
        self.url: str = server.http.post("/lab/door", headers=self.owner).raise_for_status().json()["url"]

    def journal(self) -> list[Any]:
        """The exchanges, oldest first, once all have ended."""
        exchanges: list[Any] = self.server.journal(self.key)
        return exchanges

    def asked(self) -> list[str]:
        """The request lines, oldest first."""
        return [record.asked.split(b" HTTP/")[0].decode() for record in self.journal()]

    def spoil(self, plan: str, path: str = "*", first: int = 1) -> None:
        """Break the next answers."""
        rule = {"plan": plan, "path": path, "first": first}
        self.server.http.post("/lab/faults", json=rule, headers=self.owner).raise_for_status()


@pytest.fixture
def door(instant: Any) -> Door:
    """On the server that never waits."""
    return Door(instant)


@pytest.fixture
def slow_door(server: Any) -> Door:
    """On the server that takes its time."""
    return Door(server)


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch, door: Door) -> Door:
    """The openai SDK finds its address and its key in the environment: the seeds' code names no address."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{door.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "your_api_key")
    return door
