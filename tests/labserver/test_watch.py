"""The watch holds on to nothing: neither an exchange that is over nor what belonged to it."""

import gc
import weakref

from labserver.bell import Bell
from labserver.callbacks import Courier
from labserver.doors import Doors
from labserver.exchange import CLIENT_LEFT, COMPLETE, Exchange
from labserver.journal import Journal
from labserver.line import Tap
from labserver.metrics import Metrics, status_label
from labserver.places import MALFORMED, UNFINISHED, Places
from labserver.sandboxes import Sandboxes
from labserver.surfaces import SURFACES
from labserver.watch import Watch


class State(dict):
    """A scope's state that can be watched for its end."""


def watching() -> tuple[Watch, Metrics]:
    tap, bell = Tap(0), Bell()
    metrics = Metrics(tap, Sandboxes(10), Courier(bell, Doors(), 1))
    return Watch(metrics, Places(SURFACES)), metrics


def an_exchange(watch: Watch) -> Exchange:
    return Exchange(1, 1, 1000, when_ended=[watch.ended])


def scope(path: str = "/health", method: str = "GET") -> dict:
    return {"type": "http", "method": method, "path": path, "headers": [], "state": State()}


def test_every_listener_is_told_once_and_then_let_go() -> None:
    told: list[str] = []
    exchange = Exchange(1, 1, 1000)
    exchange.when_ended += [lambda _: told.append("one"), lambda _: told.append("other")]
    journal = Journal(5)
    journal.open(exchange)
    exchange.end(COMPLETE)
    exchange.end(CLIENT_LEFT)
    assert (told, exchange.ended, exchange.when_ended) == (["one", "other"], COMPLETE, [])
    assert journal.still_open() == []


def test_nothing_of_an_ended_exchange_is_kept() -> None:
    watch, metrics = watching()
    exchange, seen = an_exchange(watch), scope()
    watch.seen(exchange, seen)
    exchange.end(COMPLETE)
    kept = weakref.ref(seen["state"])
    del seen, exchange
    gc.collect()
    assert kept() is None and watch._scopes == {}
    labels = {"surface": "health", "route": "/health", "method": "GET", "status": "none"}
    assert metrics.registry.get_sample_value("wirelab_requests_total", labels) == 1


def test_a_request_that_is_seen_after_its_end_is_not_kept_either() -> None:
    watch, _ = watching()
    exchange = an_exchange(watch)
    exchange.end(CLIENT_LEFT)
    watch.seen(exchange, scope())
    assert watch._scopes == {}


def test_ten_thousand_paths_and_methods_are_a_handful_of_labels() -> None:
    watch, metrics = watching()
    for number in range(10_000):
        exchange = an_exchange(watch)
        watch.seen(exchange, scope(f"/tea/{number}", f"BREW{number}"))
        exchange.status = 200 + number % 400
        exchange.end(COMPLETE)
    assert {key[:3] for key in metrics._requests} == {("unknown", "unknown", "other")}
    assert len(metrics._requests) < 70
    assert len(metrics._took) == 1


def test_what_no_parser_could_read_and_what_never_became_whole_have_places_of_their_own() -> None:
    places, exchange = Places(SURFACES), Exchange(1, 1, 0)
    assert places.of(exchange, None) == UNFINISHED
    exchange.malformed = True
    assert places.of(exchange, scope()) == MALFORMED


def test_a_status_without_a_name_counts_with_its_class() -> None:
    assert [status_label(status) for status in (200, 418, 299, 599, None)] == ["200", "418", "2xx", "5xx", "none"]


def test_an_idle_journal_is_not_weighed_twice_and_a_busy_one_is() -> None:
    journal, exchange = Journal(2), Exchange(1, 1, 1000)
    journal.open(exchange)
    exchange.came_in(b"12345")
    assert journal.weight() == 5
    exchange.went_out(b"678")
    assert journal.weight() == 8, "it is still open"
    exchange.went_out(b"9")
    exchange.end(COMPLETE)
    assert (journal.weight(), len(journal)) == (9, 1)
    journal.clear()
    assert (journal.weight(), len(journal)) == (0, 0)
