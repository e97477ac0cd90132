"""The shop of a sandbox over HTTP: its own, new after a reset, gone with it, there after a restart."""

import subprocess
import sys
from pathlib import Path

import pytest

TEA = {"name": "Restart-Tee ü 🍵", "category": "green", "price": 5, "stock": 1}
NEW = "/shop/products/156"


def owner(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def add(server, key: str | None) -> str:
    added = server.http.post("/shop/products", json=TEA, headers=owner(key)).raise_for_status()
    return str(added.headers["location"])


def test_two_sandboxes_and_the_open_one_have_shops_of_their_own(server) -> None:
    one, other = server.sandbox(), server.sandbox()
    place = add(server, one)
    server.http.delete("/shop/products/155", headers=owner(other)).raise_for_status()
    assert server.http.get(place, headers=owner(one)).status_code == 200
    assert server.http.get(place, headers=owner(other)).status_code == 404
    for key in (one, None):
        assert server.http.get("/shop/products/155", headers=owner(key)).status_code == 200
    assert server.http.get("/shop/products?q=restart-tee", headers=owner(other)).json()["products"] == []


def test_a_reset_furnishes_the_shop_anew_and_the_story_begins_again(server) -> None:
    key = server.sandbox()
    before = server.http.get("/shop/products?per_page=100", headers=owner(key)).content
    order = {"product_id": 101, "quantity": 1}
    keyed = owner(key) | {"idempotency-key": "once"}
    first = server.http.post("/shop/orders", json=order, headers=keyed)
    server.http.post("/lab/reset", headers=owner(key)).raise_for_status()
    assert server.http.get("/shop/products?per_page=100", headers=owner(key)).content == before
    again = server.http.post("/shop/orders", json=order, headers=keyed)
    assert "idempotency-replayed" not in again.headers
    assert again.content == first.content


def test_a_plain_server_leaves_nothing_behind(start_server, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    live = start_server()
    add(live, None)
    live.stop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flags", [["--data-dir", "{}/data"], ["--database", "sqlite:///{}/other.sqlite"]])
def test_the_open_shop_and_a_named_one_are_there_after_a_restart(start_server, tmp_path: Path, flags) -> None:
    flags = [flag.format(tmp_path) for flag in flags]
    live = start_server("--solo", *flags)
    named, nameless = live.sandbox(name="lesson 08"), live.sandbox()
    for key in (None, named, nameless):
        assert add(live, key) == NEW
    keyed = owner(named) | {"idempotency-key": "once"}
    placed = live.http.post("/shop/orders", json={"product_id": 123, "quantity": 2}, headers=keyed)
    live.stop()

    live = start_server("--solo", *flags)
    for key in (None, named):
        assert live.http.get(NEW, headers=owner(key)).json()["name"] == TEA["name"]
    assert live.http.get(NEW, headers=owner(nameless)).status_code == 401
    replay = live.http.post("/shop/orders", json={"product_id": 123, "quantity": 2}, headers=keyed)
    assert (replay.headers["idempotency-replayed"], replay.content) == ("true", placed.content)
    live.http.delete("/lab/sandboxes", headers=owner(named)).raise_for_status()
    live.http.post("/lab/reset").raise_for_status()
    live.stop()

    live = start_server("--solo", *flags)
    assert live.http.get(NEW, headers=owner(named)).status_code == 401
    assert live.http.get(NEW).status_code == 404


def test_a_database_that_cannot_be_opened_ends_the_server_with_one_line() -> None:
    flags = ["--port", "0", "--database", "postgresql+nodriver://lab:secret@db/lab"]
    ended = subprocess.run(
        [sys.executable, "-m", "labserver", *flags], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("The database postgresql+nodriver://lab:***@db/lab cannot be opened: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_second_server_on_the_same_folder_ends_with_one_line(start_server, tmp_path: Path) -> None:
    flags = ["--data-dir", str(tmp_path / "data")]
    start_server(*flags)
    ended = subprocess.run(
        [sys.executable, "-m", "labserver", "--port", "0", *flags],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("Another lab server uses ")
    assert len(ended.stderr.splitlines()) == 1
