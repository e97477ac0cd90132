"""How much a sandbox may ask for: requests and tokens in a window, streams and sockets at once. Knows no HTTP.

A fixed window that begins with its first request. Its numbers are promises that a client can rely on: so many more
before the end, all of them again after it. A moving window or a bucket would let a bit more through each moment, and
one number for "reset" could then only be nearly true; a moving window would also keep an entry per token.

`who` tells the callers of one sandbox apart: the open one, which everybody shares, counts for each address alone.
"""

import math
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from labserver.errors import RateLimited
from labserver.events import Delta, StreamEvent, Usage
from labserver.windows import Windows


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` and `tokens` in `per` seconds, and so many `streams` and `sockets` open at once."""

    requests: int
    per: int
    tokens: int
    streams: int
    sockets: int

    def most(self, per: int) -> "Limit":
        """The highest limit with windows of `per` seconds whose counts and rates are nowhere above this one's."""
        share = min(1.0, per / self.per)
        requests, tokens = (max(1, int(count * share)) for count in (self.requests, self.tokens))
        return replace(self, per=per, requests=requests, tokens=tokens)

    def but(self, wanted: dict[str, int]) -> "Limit":
        """This limit with other numbers, as far as they are not above it."""
        most = self.most(wanted.get("per", self.per))
        return replace(most, **{name: min(number, getattr(most, name)) for name, number in wanted.items()})


class Left(NamedTuple):
    """Of `limit` in a window, `remaining` are left; `seconds` until all are back, 0 where none is spent."""

    limit: int
    remaining: int
    seconds: float


class Standing(NamedTuple):
    """How a caller stands, right after its request was counted; `over` says that it was one too many."""

    requests: Left
    tokens: Left
    over: bool = False


class Rate(RateLimitItemPerSecond):
    """So many in so many seconds. The windows are one sandbox's and go when its limit changes: a short key will do."""

    def key_for(self, *identifiers: object) -> str:
        return f"{self.namespace}/{identifiers[0]}"


class Limits:
    """One sandbox's limits and what is spent of them. `tier` is the limit that the sandbox was made with."""

    def __init__(self, tier: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self.tier = tier
        self.limit = tier
        self._clock = clock
        self._windows = Windows()
        self._strategy = FixedWindowRateLimiter(self._windows)
        self._open: Counter[tuple[str, str]] = Counter()
        self._set(tier)

    def change(self, wanted: dict[str, int]) -> None:
        """Another limit from now on, never above the tier's: what is not named is the tier's. New windows begin."""
        if (limit := self.tier.but(wanted)) != self.limit:
            self._set(limit)

    def restore(self) -> None:
        """The tier's limit again, with nothing spent; what is open stays counted."""
        self._set(self.tier)

    def _set(self, limit: Limit) -> None:
        self.limit = limit
        self._requests = Rate(limit.requests, limit.per, "requests")
        self._tokens = Rate(limit.tokens, limit.per, "tokens")
        self._windows.reset()

    def count(self, who: str = "") -> Standing:
        """Count one request, and say how its caller stands now."""
        self._windows.now = self._clock()
        let_in = self._strategy.hit(self._requests, who)
        return Standing(self._left(self._requests, who), self._left(self._tokens, who), not let_in)

    def standing(self, who: str = "") -> Standing:
        self._windows.now = self._clock()
        return Standing(self._left(self._requests, who), self._left(self._tokens, who))

    def _left(self, item: Rate, who: str) -> Left:
        count, ends = self._windows.standing(item.key_for(who))  # as the strategy's own window stats, asked once
        return Left(item.amount, max(0, item.amount - count), ends - self._windows.now)

    def ask(self, who: str = "") -> None:
        """One more request, for what is none of HTTP's: a message on a WebSocket. Raises RateLimited."""
        standing = self.count(who)
        if standing.over:
            raise self.spent("requests", standing.requests)

    def check_tokens(self, who: str = "") -> None:
        """Raises RateLimited where the window's tokens are spent."""
        self._windows.now = self._clock()
        left = self._left(self._tokens, who)
        if not left.remaining:
            raise self.spent("tokens", left)

    def spend(self, tokens: int, who: str = "") -> None:
        """Charge for what a model said and read; the last answer of a window may go over the limit."""
        if tokens:
            self._windows.now = self._clock()
            self._strategy.hit(self._tokens, who, cost=tokens)

    def spent(self, what: str, left: Left) -> RateLimited:
        """The refusal for one who has nothing left. Whoever waits `retry_after` seconds is let in."""
        wait = math.ceil(left.seconds)
        return RateLimited(
            f"The limit of {_counted(left.limit, what)} in {self.limit.per} s is spent. Try again in {wait} s.",
            details={"limit": left.limit, "per": self.limit.per, "of": what, "retry_after": wait},
            retry_after=left.seconds,
        )

    def open(self, kind: str, who: str = "") -> None:
        """Take a place for one of the `streams` or `sockets`, to be given back with `close`. Raises RateLimited.

        There is no retry_after: nobody knows when one of them will end.
        """
        most, count = getattr(self.limit, kind), self._open[kind, who]
        if count >= most:
            raise RateLimited(
                f"You have {_counted(count, kind)} open, and {most} at once is the limit. End one of them first.",
                details={"limit": most, "of": f"open {kind}", "open": count},
            )
        self._open[kind, who] += 1

    def close(self, kind: str, who: str = "") -> None:
        self._open[kind, who] -= 1
        if not self._open[kind, who]:
            del self._open[kind, who]

    def opened(self, kind: str) -> int:
        """How many are open, of all callers."""
        return sum(count for (its_kind, _), count in self._open.items() if its_kind == kind)


def _counted(count: int, things: str) -> str:
    return f"{count} {things.removesuffix('s') if count == 1 else things}"


async def charged(events: AsyncIterator[StreamEvent], bill: Callable[[int], None]) -> AsyncIterator[StreamEvent]:
    """The same events; at the end `bill` is told the usage in tokens, or the deltas made until somebody left."""
    tokens = 0
    try:
        async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
            async for event in source:
                if isinstance(event, Usage):
                    tokens = event.total_tokens
                elif isinstance(event, Delta):
                    tokens += 1
                yield event
    finally:
        bill(tokens)
