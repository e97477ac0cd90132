"""The shop's notifications: live, resumable without gap or double, bounded, and nobody waits for a slow listener."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from labserver import sse
from labserver.sandbox import NOTICES
from labserver.surfaces.shop_notifications import MOST_LISTENERS

PATH = "/shop/notifications"
ORDER = {"product_id": 123, "quantity": 2}
FIRST = b"retry: 2000\n: listening\n\n"


class Listener:
    """One open stream; `hear` reads so many events."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.received = b""
        self.decoder = sse.Decoder()
        self.waiting: list[sse.ServerSentEvent] = []

    def until(self, marker: bytes) -> bytes:
        while marker not in self.received:
            self.received += next(self.pieces)
        return self.received

    def hear(self, count: int) -> list[tuple[str, str, dict[str, Any]]]:
        """(name, id, data) of the next so many events."""
        while len(self.waiting) < count:
            piece = next(self.pieces)
            self.received += piece
            self.waiting += self.decoder.feed(piece)
        heard, self.waiting = self.waiting[:count], self.waiting[count:]
        return [(event.event, event.id, json.loads(event.data)) for event in heard]


class Shop:
    """A sandbox with somebody who acts in it."""

    def __init__(self, server) -> None:
        self.server = server
        self.key = server.sandbox()
        self.owner = {"authorization": f"Bearer {self.key}"}

    def order(self, **wanted: Any) -> Any:
        return self.server.http.post("/shop/orders", json=ORDER | wanted, headers=self.owner)

    def price(self, euros: float, product: int = 101) -> None:
        body = {"price": euros}
        self.server.http.patch(f"/shop/products/{product}", json=body, headers=self.owner).raise_for_status()

    def prices(self, count: int) -> None:
        """So many price changes."""
        for number in range(count):
            self.price(100 + number)

    @contextmanager
    def listening(self, query: str = "", **headers: str) -> Iterator[Listener]:
        """Somebody who listens already when the block begins."""
        with self.server.http.stream("GET", f"{PATH}?{query}", headers=self.owner | headers) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            listener = Listener(answer.iter_raw())
            listener.until(b": listening\n\n")
            yield listener

    def replay(self, last: int | str, count: int) -> list[tuple[str, str, dict[str, Any]]]:
        with self.listening(f"limit={count}", **{"last-event-id": str(last)}) as listener:
            heard = listener.hear(count)
            assert list(listener.pieces) == [], "with a limit the stream ends in good order"
            return heard

    def refused(self, last: str) -> Any:
        answer = self.server.http.get(PATH, headers=self.owner | {"last-event-id": last})
        return answer.status_code, answer.json()["error"]


@pytest.fixture
def shop(server) -> Shop:
    return Shop(server)


def test_an_order_shows_up_at_once_on_every_open_stream_to_the_byte(shop) -> None:
    with shop.listening() as one, shop.listening("retry=50") as two:
        shop.order().raise_for_status()
        heard = one.hear(1), two.hear(1)
    assert heard[0] == heard[1]
    assert one.received == FIRST + (
        b'event: order_placed\nid: 1\ndata: {"order_id": 5, "product_id": 123, "quantity": 2, '
        b'"at": "2024-01-01T00:00:01Z"}\n\n'
    )
    assert two.received.startswith(b"retry: 50\n")


def test_everything_that_happens_is_told_by_its_name(shop) -> None:
    with shop.listening() as listener:
        shop.order()
        with shop.server.http.stream(
            "GET", "/shop/orders/5/events", headers=shop.owner | {"x-lab-pace": "ttft=0;tps=9999"}
        ) as life:
            life.read()
        shop.order()
        shop.server.http.delete("/shop/orders/6", headers=shop.owner)
        shop.price(9.5)
        shop.order(product_id=117, quantity=1)
        shop.server.http.patch("/shop/products/101", json={"stock": 5}, headers=shop.owner)
        heard = listener.hear(10)
    assert [name for name, _, _ in heard] == [
        *("order_placed", "order_packed", "order_shipped", "order_delivered"),
        *("order_placed", "order_cancelled", "price_change", "order_placed", "low_stock", "low_stock"),
    ]
    assert [number for _, number, _ in heard] == [str(number) for number in range(1, 11)]
    told = [data for _, _, data in heard]
    assert all(data.pop("at").startswith("2024-01-0") for data in told)
    assert told[6] == {"product_id": 101, "product": "Sencha 煎茶", "old_price": 8.9, "new_price": 9.5}
    assert told[8] == {"product_id": 117, "product": "Da Hong Pao", "stock": 5}


def test_what_did_not_happen_is_not_told(shop) -> None:
    with shop.listening() as listener:
        assert shop.order(quantity=99).status_code == 409
        assert shop.order(product_id=9).status_code == 422
        key = {"idempotency-key": "once"}
        for _ in range(3):
            shop.server.http.post("/shop/orders", json=ORDER, headers=shop.owner | key).raise_for_status()
        shop.price(8.9)
        shop.server.http.patch("/shop/products/101", json={"stock": 39}, headers=shop.owner)
        shop.price(9.0)
        assert [name for name, _, _ in listener.hear(2)] == ["order_placed", "price_change"]


def test_an_order_whose_reply_is_lost_is_told_all_the_same(shop) -> None:
    with shop.listening() as listener:
        with shop.server.dial() as wire:
            wire.send(shop.server.request("POST", "/shop/orders", ORDER, shop.key, x_lab_fault="lose_reply"))
            assert wire.rest() == b""
        assert listener.hear(1)[0][0] == "order_placed"


def test_who_comes_back_has_every_event_once(shop) -> None:
    with shop.listening() as listener:
        shop.order()
        shop.order()
        heard = listener.hear(1)
    shop.order()
    with shop.listening(f"last_event_id={heard[-1][1]}") as listener:
        shop.order()
        heard += listener.hear(3)
    assert [(number, data["order_id"]) for _, number, data in heard] == [("1", 5), ("2", 6), ("3", 7), ("4", 8)]
    assert shop.replay(0, 4) == heard
    assert shop.replay(2, 2) == heard[2:]


@pytest.mark.parametrize("fault", ["cut;after=3", "reset;after=3", "cut;byte=150"])
def test_a_stream_that_breaks_is_taken_up_where_it_broke(shop, fault: str) -> None:
    for _ in range(3):
        shop.order()
    with shop.server.dial() as wire:
        wire.send(shop.server.request("GET", PATH, None, shop.key, last_event_id="0", x_lab_fault=fault))
        broken = b""
        try:
            wire.rest()
        except ConnectionResetError:
            assert fault.startswith("reset")
        broken = wire.received
    seen = broken.count(b"}\n\n")
    assert 1 <= seen <= 2
    heard = shop.replay(seen, 3 - seen)
    assert [number for _, number, _ in heard] == [str(number) for number in range(seen + 1, 4)]


def test_the_same_acts_are_told_the_same_way_in_every_sandbox_of_a_seed(server) -> None:
    told = []
    for shop in (Shop(server), Shop(server)):
        shop.order()
        shop.price(5)
        told.append(shop.replay(0, 2))
    assert told[0] == told[1]


def test_another_sandbox_hears_nothing(server) -> None:
    mine, other = Shop(server), Shop(server)
    with other.listening("keep_alive=0.05") as listener:
        mine.order()
        listener.until(b": ping\n\n")
        assert b"event" not in listener.received


def test_silence_is_broken_by_comments_and_ids_are_not_touched_by_them(shop) -> None:
    with shop.listening("keep_alive=0.05") as listener:
        listener.until(b": ping\n\n: ping\n\n")
        shop.order()
        assert listener.hear(1)[0][:2] == ("order_placed", "1")


def test_where_the_log_no_longer_reaches_back_410_says_so(shop) -> None:
    shop.prices(NOTICES + 3)
    assert shop.replay(3, 1)[0][1] == "4", "the oldest that is kept"
    for last in ("2", "0"):
        status, error = shop.refused(last)
        assert (status, error["code"]) == (410, "EVENTS_GONE")
        assert error["details"] == {"oldest": 4, "newest": NOTICES + 3}
        assert "begins at 4" in error["message"] and "/shop/orders" in error["message"]


def test_an_id_from_before_a_reset_is_gone_too_and_no_id_at_all_is_a_mistake(shop) -> None:
    shop.order()
    shop.order()
    shop.server.http.post("/lab/reset", headers=shop.owner)
    shop.order()
    assert shop.refused("2")[0] == 410
    assert shop.refused("2")[1]["details"] == {"oldest": None, "newest": 1}
    assert shop.replay(0, 1)[0][1] == "1", "after a reset everything happens as the first time"
    for last in ("tea", "-1", "1.5", "9" * 16):
        assert shop.refused(last)[0] == 400


def test_an_open_stream_is_told_of_a_reset_and_goes_on(shop) -> None:
    with shop.listening() as listener:
        shop.order()
        listener.hear(1)
        shop.server.http.post("/lab/reset", headers=shop.owner)
        shop.order()
        reset, placed = listener.hear(2)
    assert reset == ("reset", "", {"why": "the sandbox was reset", "missed": None}), "an empty id: forget yours"
    assert (placed[0], placed[1]) == ("order_placed", "1")


def test_a_slow_listener_holds_up_nobody_and_is_told_what_is_lost(shop) -> None:
    began = time.monotonic()
    shop.prices(20)
    each = (time.monotonic() - began) / 20
    stall = min(30.0, max(3.0, 3 * each * NOTICES))
    with shop.listening("last_event_id=19", **{"x-lab-fault": f"stall;after=2;seconds={stall:.2f}"}) as slow:
        assert slow.hear(1)[0][1] == "20"
        with shop.listening() as quick:
            shop.prices(NOTICES + 10)
            assert [int(number) for _, number, _ in quick.hear(NOTICES + 10)] == list(range(21, NOTICES + 31))
        reset, first = slow.hear(2)
    assert reset == ("reset", "30", {"why": "you read too slowly", "missed": 10})
    assert first[1] == "31", "and it goes on with the oldest that is kept"


def test_who_leaves_frees_his_place(server) -> None:
    shop = Shop(server)
    with ExitStack() as stack:
        wires = [stack.enter_context(server.dial()) for _ in range(MOST_LISTENERS)]
        for wire in wires:
            wire.send(server.request("GET", PATH, None, shop.key))
            wire.until(b": listening\n\n")
        full = server.http.get(PATH, headers=shop.owner)
        assert (full.status_code, full.headers["retry-after"]) == (503, "1")
        wires[0].socket.close()
        deadline = time.monotonic() + 5
        while (left := server.http.get(PATH + "?limit=1&last_event_id=x", headers=shop.owner)).status_code == 503:
            assert time.monotonic() < deadline, "the place stays taken"
        assert left.status_code == 400, "there is a place, but no such id"
    server.await_quiet()


def test_a_misspelt_knob_is_refused(shop) -> None:
    answer = shop.server.http.get(f"{PATH}?limits=3", headers=shop.owner)
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["limits"])


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")
def test_a_server_that_ends_says_farewell(start_server) -> None:
    live = start_server()
    with live.dial() as wire:
        wire.send(live.request("GET", PATH, None, live.sandbox()))
        wire.until(b": listening\n\n")
        live.process.send_signal(signal.SIGTERM)
        rest = wire.rest()
    assert b": the lab server is shutting down" in rest
    assert rest.endswith(b"0\r\n\r\n")
