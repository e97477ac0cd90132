"""The door of check 06.3 against the lab server itself: what is delivered, answered, lost, and told in its log."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from labkit.checks import callback_door, lesson_06_3
from labkit.checks.bench import Bench, Scene
from labkit.checks.callback_door import Door, NoDelivery


@pytest.fixture
def bench(server: Any) -> Iterator[Bench]:
    with Bench(server.url, "06.3") as bench:
        yield bench


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


def ordered(bench: Bench, door: Door) -> tuple[Scene, str, str]:
    scene = bench.scene(7)
    return scene, *lesson_06_3._ordered(bench, scene, door, lesson_06_3.COLOURFUL)


def test_what_the_server_signs_is_what_the_check_signs(bench: Bench, door: Door) -> None:
    _, job, secret = ordered(bench, door)
    delivery = door.take()
    post = delivery.post
    assert post.headers["webhook-id"] == f"msg_{job}"
    assert "緑茶".encode() in post.raw and b"\\u" not in post.raw
    due = callback_door.signature(secret, post.headers["webhook-timestamp"], post.raw)
    assert post.headers["webhook-signature"] == due
    delivery.answer("204 No Content")


@pytest.mark.parametrize("first", ["lost", "401 Unauthorized"])
def test_what_was_not_heard_or_refused_comes_again(bench: Bench, door: Door, first: str) -> None:
    scene, job, _ = ordered(bench, door)
    delivery = door.take()
    delivery.lose() if first == "lost" else delivery.answer(first)
    again = door.take()
    assert again.post.headers["webhook-id"] == delivery.post.headers["webhook-id"]
    again.answer("204 No Content")
    log = lesson_06_3._log(scene, job, attempts=2)
    assert [row["status"] for row in log] == [None if first == "lost" else 401, 204]


def test_the_secret_is_kept_from_every_card(bench: Bench, door: Door) -> None:
    _, _, secret = ordered(bench, door)
    assert bench.keyless(f"the secret is {secret}") == "the secret is [key]"
    door.take().lose()


def test_nobody_at_the_door_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_door, "PATIENCE", 0.05)
    with Door() as impatient, pytest.raises(NoDelivery, match=r"within 0\.05 seconds"):
        impatient.take()


def test_what_is_no_request_is_said(door: Door) -> None:
    address = urlsplit(door.url)
    assert address.hostname and address.port
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(b"POST /done HTTP/1.1\r\ncontent-length: many\r\n\r\n")
        with pytest.raises(NoDelivery, match="do not make a request"):
            door.take()
