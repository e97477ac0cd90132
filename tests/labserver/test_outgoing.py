"""What the layers add to an answer's head stands there once, in their order, and the end is told before it leaves."""

from typing import Any

import pytest

from labserver.outgoing import Outgoing

ID = (b"x-request-id", b"req_1")
START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}


class Wire:
    """Keeps what left."""

    def __init__(self) -> None:
        self.left: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.left.append(message)


async def test_the_layers_headers_come_between_the_applications_and_our_own() -> None:
    wire = Wire()
    outgoing = Outgoing(wire.send, [ID])
    outgoing.at_head += [lambda head: [(b"vary", b"Origin")], lambda head: [(b"seen", b"%d" % head["status"])]]
    await outgoing(START)
    await outgoing({"type": "http.response.body", "body": b"ok"})
    assert wire.left[0]["headers"] == [(b"content-length", b"2"), (b"vary", b"Origin"), (b"seen", b"200"), ID]
    assert wire.left[1] == {"type": "http.response.body", "body": b"ok"}
    assert START["headers"] == [(b"content-length", b"2")], "the application's own list is left alone"


@pytest.mark.parametrize("kind", ["websocket.accept", "websocket.http.response.start"])
async def test_a_handshake_has_a_head_too_and_perhaps_no_headers_of_its_own(kind: str) -> None:
    wire = Wire()
    await Outgoing(wire.send, [ID])({"type": kind})
    assert wire.left == [{"type": kind, "headers": [ID]}]


async def test_the_end_is_told_once_and_before_the_last_piece() -> None:
    wire, told = Wire(), []
    outgoing = Outgoing(wire.send, [])
    outgoing.at_end = lambda: told.append(len(wire.left))
    await outgoing(START)
    await outgoing({"type": "http.response.body", "body": b"o", "more_body": True})
    await outgoing({"type": "http.response.body", "body": b"k"})
    assert told == [2]


async def test_a_layer_that_refuses_the_head_keeps_it_from_leaving() -> None:
    wire = Wire()
    outgoing = Outgoing(wire.send, [ID])

    def refuse(_: Any) -> list[tuple[bytes, bytes]]:
        raise PermissionError("no place for a stream")

    outgoing.at_head.append(refuse)
    with pytest.raises(PermissionError):
        await outgoing(START)
    assert wire.left == []
