"""An order's events: paced, resumable without gap or double, over at 204. Real sockets."""

import json
import signal
import sys
import time
from typing import Any

import pytest

from labserver import sse

FAST, SLOW = "ttft=0;tps=10000", "ttft=0;tps=0.5;jitter=0"
ORDER = {"product_id": 123, "quantity": 2}
STATES = ["placed", "packed", "shipped", "delivered"]


class Buyer:
    """A sandbox with one fresh order, number 5."""

    def __init__(self, server) -> None:
        self.server = server
        self.key = server.sandbox()
        self.owner = {"authorization": f"Bearer {self.key}"}
        server.http.post("/shop/orders", json=ORDER, headers=self.owner).raise_for_status()

    def ask(self, pace: str = FAST, path: str = "/shop/orders/5/events", **headers: str) -> bytes:
        return bytes(self.server.request("GET", path, key=self.key, x_lab_pace=pace, **headers))

    def watch(self, pace: str = FAST, path: str = "/shop/orders/5/events", **headers: str) -> Any:
        return self.server.http.get(path, headers=self.owner | {"x-lab-pace": pace} | headers)

    def order(self) -> Any:
        return self.server.http.get("/shop/orders/5", headers=self.owner).json()


@pytest.fixture
def buyer(server) -> Buyer:
    return Buyer(server)


def told(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(event.id, json.loads(event.data)["status"]) for event in sse.Decoder().feed(answer.content)]


def test_the_whole_life_to_the_byte(buyer) -> None:
    answer = buyer.watch()
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-encoding" not in answer.headers, "a packed stream would be held back"
    times = ["2024-01-01T00:00:01Z", "2024-01-01T00:20:01Z", "2024-01-01T02:00:01Z", "2024-01-02T00:00:01Z"]
    assert answer.text == "".join(
        f'event: status\nid: {number}\ndata: {{"order_id": 5, "status": "{status}", "at": "{at}"}}\n\n'
        for number, status, at in zip(range(1, 5), STATES, times, strict=True)
    )
    assert (buyer.order()["status"], buyer.order()["updated"]) == ("delivered", times[-1])


def test_an_order_waits_for_somebody_to_watch_and_never_goes_back(buyer) -> None:
    assert buyer.order()["status"] == "placed"
    with buyer.server.dial() as wire:
        wire.send(buyer.ask("ttft=0;tps=0.5;jitter=0"))
        wire.until(b'"packed"')
    assert buyer.server.last(buyer.key)["ended"] == "client left"
    assert buyer.order()["status"] == "packed"
    assert told(buyer.watch()) == list(zip("1234", STATES, strict=True)), "what happened comes at once, then the rest"


def test_resuming_misses_nothing_and_doubles_nothing(buyer) -> None:
    with buyer.server.dial() as wire:
        wire.send(buyer.ask(SLOW))
        wire.until(b'"packed"')
    assert told(buyer.watch(**{"last-event-id": "2"})) == [("3", "shipped"), ("4", "delivered")]
    assert told(buyer.watch(**{"last-event-id": "1"})) == list(zip("234", STATES[1:], strict=True))
    assert told(buyer.watch(path="/shop/orders/5/events?last_event_id=3")) == [("4", "delivered")]


def test_who_has_seen_all_gets_204_and_stays_away(buyer) -> None:
    buyer.watch()
    answer = buyer.watch(**{"last-event-id": "4"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("last", ["2", "99", "-1", "tea", "1.0", "²"])
def test_an_id_that_was_never_sent_is_refused(buyer, last: str) -> None:
    with buyer.server.dial() as wire:
        wire.send(buyer.ask(last_event_id=last).replace("²".encode(), b"\xb2"))
        answer = wire.answer()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Last-Event-ID must be the id of an event of this order" in answer


def test_what_is_a_fact_already_waits_for_no_pace(buyer) -> None:
    with buyer.server.dial() as wire:
        wire.send(buyer.ask("ttft=30"))
        assert b'"packed"' not in wire.until(b'"placed"')


def test_the_steps_keep_the_pace_that_was_asked_for(buyer) -> None:
    with buyer.server.dial() as wire:
        began = time.monotonic()
        wire.send(buyer.ask("ttft=0.2;tps=5;jitter=0"))
        wire.until(b'"placed"')
        moments = []
        for status in STATES[1:]:
            wire.until(f'"{status}"'.encode())
            moments.append(time.monotonic() - began)
    assert all(moment >= due for moment, due in zip(moments, (0.2, 0.4, 0.6), strict=True)), "none comes early"
    assert moments[-1] < 2.5, "and all of them sooner than at the pace of nobody's asking, a step a second"


def test_two_watchers_both_see_everything(buyer) -> None:
    with buyer.server.dial() as one, buyer.server.dial() as other:
        for wire in (one, other):
            wire.send(buyer.ask("ttft=0.05;tps=20;jitter=0"))
        for wire in (one, other):
            assert [event.id for event in sse.Decoder().feed(_body(wire.answer()))] == list("1234")


def _body(answer: bytes) -> bytes:
    """The data of a chunked answer."""
    rest, data = answer.partition(b"\r\n\r\n")[2], b""
    while size := int(rest.partition(b"\r\n")[0], 16):
        start = rest.index(b"\r\n") + 2
        data, rest = data + rest[start : start + size], rest[start + size + 2 :]
    return data


def test_an_order_that_is_cancelled_meanwhile_says_so_and_ends(buyer) -> None:
    with buyer.server.dial() as wire:
        wire.send(buyer.ask("ttft=0.3;tps=1000;jitter=0"))
        wire.until(b'"placed"')
        assert buyer.server.http.delete("/shop/orders/5", headers=buyer.owner).status_code == 204
        rest = wire.until(b"0\r\n\r\n")
    assert b'event: status\ndata: {"order_id": 5, "status": "cancelled"}\n\n' in rest
    assert buyer.watch().status_code == 404


def test_faults_strike_this_stream_too(buyer) -> None:
    with buyer.server.dial() as wire:
        wire.send(buyer.ask(x_lab_fault="cut;after=2"))
        heard = wire.rest()
    assert heard.count(b"event: status") == 2
    seen = {"last-event-id": "2"}
    assert [number for number, _ in told(buyer.watch(**seen))] == ["3", "4"]


def test_a_stream_takes_no_head(buyer) -> None:
    answer = buyer.server.http.head("/shop/orders/5/events", headers=buyer.owner)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS")


def test_no_such_order_no_stream(buyer) -> None:
    assert buyer.watch(path="/shop/orders/99/events").status_code == 404


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")
def test_sigterm_ends_the_stream_in_good_order(start_server) -> None:
    buyer = Buyer(start_server("--solo"))
    with buyer.server.dial() as wire:
        wire.send(buyer.ask("ttft=30"))
        wire.until(b'"placed"')
        buyer.server.process.send_signal(signal.SIGTERM)
        rest = wire.rest()
    assert b": the lab server is shutting down" in rest
    assert b"packed" not in rest
    assert rest.endswith(b"0\r\n\r\n")
