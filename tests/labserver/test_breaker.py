"""The layer where faults strike, around applications that behave in ways of their own."""

import asyncio
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from labserver import faults
from labserver.breaker import FaultMiddleware
from labserver.exchange import Exchange, Wire
from labserver.lab import Lab
from labserver.settings import Settings


class Short(Wire):
    """A hang-up ends its exchange, as on a real wire."""

    def __init__(self) -> None:
        self.exchange = Exchange(1, 1, 0, self)

    def close(self) -> None:
        self.exchange.end("gone")


async def run(app: Any, plan: str, kind: str = "http") -> tuple[list[dict[str, Any]], Exchange]:
    """What leaves of one answer of `app`, and the exchange."""
    lab, sent = Lab.from_settings(Settings(time_scale=0)), []
    exchange = Short().exchange
    state = {"plan": faults.parse(plan), "exchange": exchange, "sandbox": lab.sandboxes.open}

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    breaker = FaultMiddleware(app, lab, lambda _, error: PlainTextResponse(error.message, error.status))
    await breaker({"type": kind, "path": "/", "state": state}, receive, send)
    return sent, exchange


async def body(send: Any, *events: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def test_an_application_that_sends_from_a_task_group_is_struck_without_a_trace() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(body(send, b"a", b"b"))

    sent, exchange = await run(app, "cut;after=1")
    assert [message.get("body") for message in sent] == [None, b"a"]
    assert exchange.ended == "cut by a fault"


async def test_after_a_strike_nothing_more_leaves_whatever_the_application_tries() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        for word in ("one", "two", "three"):
            try:
                await send({"type": "websocket.send", "text": word})
            except Exception:
                await send({"type": "websocket.send", "text": "and yet"})

    sent, _ = await run(app, "close;code=1013;after=1", "websocket")
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[-1]["code"] == 1013


async def test_a_failure_of_the_application_itself_is_not_hidden() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await run(app, "slice")


async def test_a_held_back_message_leaves_before_the_application_closes_its_websocket() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": b"\xff only"})
        await send({"type": "websocket.close", "code": 1000})

    sent, _ = await run(app, "reorder;after=0", "websocket")
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[1]["bytes"] == b"\xff only"


async def test_events_of_text_and_of_bytes_may_change_places_and_stay_what_they_are() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "tea"})
        await send({"type": "websocket.send", "bytes": b"\xff"})
        await send({"type": "websocket.close", "code": 1000})

    sent, _ = await run(app, "reorder;after=0", "websocket")
    assert [message.get("bytes") or message.get("text") for message in sent[1:3]] == [b"\xff", "tea"]
    assert "text" in sent[2]
