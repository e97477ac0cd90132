"""What one server counts, for Prometheus. Knows exchanges, sandboxes and callbacks; knows no HTTP and no dialect.

Every app has a registry of its own. No label can grow without end: routes are templates of the map, models are those
that the lab serves, faults are rows of the table, statuses are those with a name. Nothing here holds an exchange.
Durations are in seconds.
"""

import platform
from collections import Counter, defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from labserver import __version__
from labserver.callbacks import Courier
from labserver.events import Usage
from labserver.exchange import Exchange
from labserver.faults import Plan
from labserver.line import Tap
from labserver.sandboxes import Sandboxes
from labserver.tally import Rhythm, Tally

NAMED = {int(status) for status in HTTPStatus}
ONE = ("surface", "route", "method")


class Place(NamedTuple):
    """Where a request belongs: a row of SURFACES, the route's template, and the method, or `WEBSOCKET`."""

    surface: str
    route: str
    method: str


def status_label(status: int | None) -> str:
    """`404`; `4xx` for a number that nobody has named; `none` where no answer left."""
    if status is None:
        return "none"
    return str(status) if status in NAMED else f"{status // 100}xx"


class Metrics(Collector):
    """`count` each exchange when it has ended and `spoke` for each answer of a model; the rest is read when asked."""

    def __init__(self, tap: Tap, sandboxes: Sandboxes, courier: Courier) -> None:
        self._tap = tap
        self._sandboxes = sandboxes
        self._courier = courier
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._took: defaultdict[tuple[str, ...], Tally] = defaultdict(Tally)
        self._first_bytes: defaultdict[tuple[str, ...], Tally] = defaultdict(Tally)
        self._first_deltas: defaultdict[tuple[str, ...], Tally] = defaultdict(Tally)
        self._gaps: defaultdict[tuple[str, ...], Tally] = defaultdict(Tally)
        self._tokens: Counter[tuple[str, ...]] = Counter()
        self._faults: Counter[tuple[str, ...]] = Counter()
        self._ends: Counter[tuple[str, ...]] = Counter()
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def count(self, exchange: Exchange, place: Place, plan: Plan) -> None:
        """One exchange that has ended, whoever answered it."""
        self._requests[*place, status_label(exchange.status)] += 1
        self._took[place].add(exchange.seconds or 0.0)
        if exchange.streaming and exchange.first_body is not None:
            self._first_bytes[place].add(exchange.first_body)
        if exchange.left_after is not None:
            self._ends[place.surface,] += 1
        for name in plan:
            self._faults[name,] += 1

    def spoke(self, model: str, rhythm: Rhythm, usage: Usage | None = None) -> None:
        """One answer of a model that the lab serves, whole or not; `usage` is its bill, if it came to that."""
        if rhythm.first is not None:
            self._first_deltas[model,].add(rhythm.first)
            self._gaps[model,].take_in(rhythm.gaps)
        if usage is not None:
            self._tokens[model, "prompt"] += usage.prompt_tokens
            self._tokens[model, "completion"] += usage.completion_tokens

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "wirelab", "Which lab server", {"version": __version__, "python": platform.python_version()}
        )
        yield _counter("wirelab_requests", "Exchanges that have ended", (*ONE, "status"), self._requests)
        yield _histogram("wirelab_request_seconds", "From a request's first byte to the end", ONE, self._took)
        yield _histogram(
            "wirelab_stream_first_byte_seconds",
            "From a request's first byte to the first byte of a streamed body",
            ONE,
            self._first_bytes,
        )
        yield _histogram(
            "wirelab_first_delta_seconds", "From asking a model to its first delta", ("model",), self._first_deltas
        )
        yield _histogram("wirelab_delta_gap_seconds", "From one delta of an answer to the next", ("model",), self._gaps)
        yield _counter("wirelab_tokens", "Tokens on the models' bills", ("model", "kind"), self._tokens)
        yield _counter("wirelab_faults", "Exchanges whose fault plan named it", ("fault",), self._faults)
        yield _counter("wirelab_clients_left", "Exchanges whose client left before the end", ("surface",), self._ends)
        yield _counter(
            "wirelab_callback_attempts",
            "What came of each attempt at a callback",
            ("outcome",),
            {(outcome,): count for outcome, count in self._courier.outcomes.items()},
        )
        yield from self._now()

    def _now(self) -> Iterator[Metric]:
        still, kept = self._tap.open, [sandbox.journal for sandbox in self._sandboxes]
        sockets = sum(exchange.websocket and exchange.status == HTTPStatus.SWITCHING_PROTOCOLS for exchange in still)
        streams = sum(exchange.streaming for exchange in still)
        yield GaugeMetricFamily("wirelab_open_exchanges", "Exchanges under way, this one included", len(still))
        yield GaugeMetricFamily("wirelab_open_streams", "Answers that are made while they leave", streams)
        yield GaugeMetricFamily("wirelab_open_sockets", "WebSockets past their handshake", sockets)
        yield GaugeMetricFamily("wirelab_sandboxes", "Sandboxes with a key", len(kept) - 1)
        yield CounterMetricFamily(
            "wirelab_sandboxes_evicted", "Sandboxes that made room for newer ones", self._sandboxes.evicted
        )
        jobs = sum(len(sandbox.jobs) for sandbox in self._sandboxes)
        yield GaugeMetricFamily("wirelab_jobs", "Jobs that are remembered, over or not", jobs)
        exchanges = sum(len(journal) for journal in kept)
        yield GaugeMetricFamily("wirelab_journal_exchanges", "Exchanges in all journals", exchanges)
        weight = sum(journal.weight() for journal in kept)
        yield GaugeMetricFamily("wirelab_journal_bytes", "Bytes of the wire that all journals keep", weight)


def _counter(name: str, told: str, labels: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> Metric:
    family = CounterMetricFamily(name, told, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _histogram(name: str, told: str, labels: tuple[str, ...], tallies: dict[tuple[str, ...], Tally]) -> Metric:
    family = HistogramMetricFamily(name, told, labels=labels)
    for values, tally in tallies.items():
        family.add_metric(values, tally.cumulative(), tally.total)
    return family
