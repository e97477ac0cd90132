"""How much room a sandbox has: its limit, and what its journal keeps. Knows numbers; knows no sandbox."""

from dataclasses import dataclass, replace

from labserver.limits import Limit


@dataclass(frozen=True, slots=True)
class Tier:
    """How much room a sandbox has.

    Its `limit`, the bytes of a request's body, and in its journal `exchanges`, bytes kept of each, and of all.
    """

    limit: Limit
    exchanges: int
    kept_bytes: int
    body_bytes: int = 1024 * 1024
    journal_bytes: int = 16 * 1024 * 1024


# No lesson, check or class comes near it; a loop that was left running meets it within the minute.
STANDARD = Tier(
    Limit(requests=10_000, per=60, tokens=2_000_000, streams=200, sockets=300),
    exchanges=300,
    kept_bytes=512 * 1024,
)
BENCH = Tier(
    Limit(requests=100_000_000, per=60, tokens=10_000_000_000, streams=20_000, sockets=20_000),
    exchanges=20_000,
    kept_bytes=16 * 1024,
    body_bytes=16 * 1024 * 1024,
)
CROWD = 10  # behind the one address of a hub or a proxy may be a whole class that sends no key


def tiers(requests: int | None = None, tokens: int | None = None) -> dict[str, Tier]:
    """Every tier by name, with an operator's own numbers for the standard one; the open sandbox has CROWD of those."""
    own = replace(STANDARD.limit, requests=requests or STANDARD.limit.requests, tokens=tokens or STANDARD.limit.tokens)
    crowd = Limit(own.requests * CROWD, own.per, own.tokens * CROWD, own.streams * CROWD, own.sockets * CROWD)
    return {"standard": replace(STANDARD, limit=own), "open": replace(STANDARD, limit=crowd), "bench": BENCH}


TIERS = tiers()
