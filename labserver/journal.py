"""A ring of one sandbox's exchanges: kept within bounds, asked with a query, told of to whoever listens.

Knows exchanges and their records; knows no sandbox and no dialect.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import unquote

from labserver.exchange import Exchange
from labserver.record import record
from labserver.tail import Tail, Watch

AUTHORITY = re.compile(r"^https?://[^/?]*", re.IGNORECASE)  # a target may be a whole URL (RFC 9112, section 3.2.2)


class Entry(NamedTuple):
    """One exchange in its sandbox: its number there, and the number of its TCP connection there; both from 1."""

    number: int
    connection: int
    exchange: Exchange

    def record(self) -> dict[str, Any]:
        return record(self.number, self.connection, self.exchange)

    @property
    def path(self) -> str:
        """As it is matched: without query, percent signs read."""
        return unquote(AUTHORITY.sub("", self.exchange.asked[1]).partition("?")[0])


@dataclass(frozen=True, slots=True)
class Query:
    """Which exchanges are meant; all conditions hold together, and the default means every one.

    `path` is a shell-style pattern, `status` three digits or a class such as `4xx`, `since` a number of an exchange
    and `number` the only one meant.
    """

    path: str = "*"
    method: str | None = None
    status: str | None = None
    kind: str | None = None
    malformed: bool | None = None
    since: int = 0
    number: int | None = None
    open_only: bool = False
    last: int | None = None

    def fits(self, entry: Entry) -> bool:
        exchange = entry.exchange
        status = f"{exchange.status}"
        return self.may_fit(entry) and self.status in (None, status, f"{status[0]}xx")

    def may_fit(self, entry: Entry) -> bool:
        """Whether it fits by what is known before the answer."""
        exchange = entry.exchange
        return (
            entry.number > self.since
            and self.number in (None, entry.number)
            and self.kind in (None, "websocket" if exchange.websocket else "http")
            and self.malformed in (None, exchange.malformed)
            and not (self.open_only and exchange.ended is not None)
            and self.method in (None, exchange.asked[0])
            and (self.path == "*" or fnmatchcase(entry.path, self.path))
        )


EVERYTHING = Query()
MOVED = "moved to its own sandbox"


class Journal:
    """The last `size` exchanges of one sandbox, oldest first, and of those no more than about `budget` bytes."""

    def __init__(self, size: int, budget: int = 16 * 1024 * 1024) -> None:
        self._ring: deque[Entry] = deque(maxlen=size)
        self._budget = budget
        self._weigh_every = max(1, size // 8)  # a look at all of them is not for every request
        self._count = 0
        self._connections = 0
        self._most = size
        self._recent: OrderedDict[int, int] = OrderedDict()  # the server's number of a connection -> the one here
        self._open: dict[Exchange, Entry] = {}
        self._weighed: int | None = None
        self.tail = Tail()

    def open(self, exchange: Exchange) -> None:
        self._count += 1
        entry = Entry(self._count, self._connection_of(exchange), exchange)
        self._ring.append(entry)
        exchange.overlap = len(self._open)
        self._weighed = None
        if exchange.ended is None:
            self._open[exchange] = entry
            exchange.when_ended.append(self._ended)
        if self.tail.on:
            self._watch(entry)
        if self._count % self._weigh_every == 0:
            self._lighten()

    def _connection_of(self, exchange: Exchange) -> int:
        """Also where a malformed request is recorded before the one that came ahead of it on the same connection.

        Those of the ring are among the most recent connections, of which there are as many.
        """
        number = self._recent.pop(exchange.connection, None)
        if number is None:
            self._connections += 1
            number = self._connections
            if len(self._recent) >= self._most:
                self._recent.popitem(last=False)
        self._recent[exchange.connection] = number
        return number

    def _lighten(self) -> None:
        """Let the oldest go until what is left fits the budget; the newest always stays."""
        weight = self.weight()
        while weight > self._budget and len(self._ring) > 1:
            weight -= self._ring.popleft().exchange.kept
        self._weighed = weight

    def _ended(self, exchange: Exchange) -> None:
        entry = self._open.pop(exchange, None)
        self._weighed = None
        if entry is not None and self.tail.on:
            told = {"ended": exchange.ended, "seconds": exchange.seconds, "left_after": exchange.left_after}
            self.tail.say("ended", number=entry.number, **told, fault=exchange.fault)

    def release(self, exchange: Exchange) -> None:
        """It turned out to be another sandbox's: nothing of it stays here but the gap in the numbers."""
        entry = self._open.pop(exchange, None)
        if entry is None:  # cleared meanwhile
            return
        exchange.onlooker = None
        exchange.when_ended.remove(self._ended)
        self._weighed = None
        self._ring = deque((kept for kept in self._ring if kept is not entry), self._ring.maxlen)
        if self.tail.on:
            self.tail.say("ended", number=entry.number, ended=MOVED, seconds=None, left_after=None, fault="")

    def listen(self) -> Tail:
        """The live tail. The first listener also hears of what is open already, from its beginning."""
        if not self.tail.on:
            self.tail.on = True
            for entry in self._open.values():
                self._watch(entry)
        return self.tail

    def _watch(self, entry: Entry) -> None:
        """Say that an exchange is open, what it did so far, and from now on what it does."""
        exchange = entry.exchange
        shown = record(entry.number, entry.connection, exchange)
        kept = ("number", "kind", "malformed", "connection", "nth", "reused", "overlap", "opened", "retry_count")
        target = "".join(text for _, text in shown["request"]).lstrip("\r\n").partition("\n")[0].strip()
        self.tail.say("opened", **{name: shown[name] for name in kept}, request_line=target[:2000])
        watch = Watch(self.tail, entry.number, exchange)
        past = [(at, data, watch.came_in) for at, data in exchange.received]
        past += [(at, data, watch.went_out) for at, data in exchange.sent]
        for at, data, happened in sorted(past, key=lambda piece: piece[0]):
            happened(at, data)
        exchange.onlooker = watch

    def clear(self) -> None:
        for exchange in self._open:
            exchange.onlooker = None
        self._ring.clear()
        self._open.clear()
        self._count = self._connections = 0
        self._recent.clear()
        self._weighed = None
        if self.tail.on:
            self.tail.say("reset")

    @property
    def count(self) -> int:
        """How many exchanges were opened since the start or the last `clear`, kept or not."""
        return self._count

    def __len__(self) -> int:
        return len(self._ring)

    def weight(self) -> int:
        """How many bytes are kept. A journal in which nothing happens is not weighed twice."""
        if self._weighed is None or self._open:
            self._weighed = sum(entry.exchange.kept for entry in self._ring)
        return self._weighed

    def still_open(self, query: Query = EVERYTHING) -> list[Exchange]:
        return [entry.exchange for entry in self._ring if entry.exchange.ended is None and query.may_fit(entry)]

    def entries(self, query: Query = EVERYTHING) -> list[Entry]:
        """Those that fit, oldest first; of these the last few, if the query says so."""
        found = [entry for entry in self._ring if query.fits(entry)]
        return found[-query.last :] if query.last else found

    def records(self, last: int | None = None) -> list[dict[str, Any]]:
        return [entry.record() for entry in self.entries(Query(last=last))]


def peak_overlap(entries: list[Entry]) -> int:
    """How many of these were open at the same moment, at most: 1 where each began after the one before had ended."""
    return max(_open_at_each_begin(entries), default=0)


def _open_at_each_begin(entries: list[Entry]) -> Iterator[int]:
    ends: list[float] = []
    for exchange in sorted((entry.exchange for entry in entries), key=lambda exchange: exchange.opened):
        ends = [end for end in ends if end > exchange.opened]
        ends.append(exchange.opened + exchange.seconds if exchange.seconds is not None else float("inf"))
        yield len(ends)
