"""A learner's isolated world: its seed, clock, limits, faults, shop and journal. Knows nothing of HTTP.

A seeded sandbox is reproducible: the n-th thing it stamps has the same id and the same time in every run, because ids
come from (seed, what was asked, how often it was asked before) and time from a logical clock that ticks once a stamp.
"""

import asyncio
import hashlib
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labserver.access import Access
from labserver.barrier import Barrier
from labserver.caller import API_KEY, Caller
from labserver.fault_rules import Rules
from labserver.jobs import Jobs
from labserver.journal import Journal
from labserver.keys import IssuedKey
from labserver.limits import Limits
from labserver.responses import Responses
from labserver.rooms import Rooms
from labserver.slots import Slots
from labserver.store import Store, api_keys
from labserver.stranger import Stranger
from labserver.tail import Tail
from labserver.tiers import Tier

NOTICES = 200  # how far back the shop's notifications can be replayed
ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False
).encode  # one for all: making it takes longer than using it
EPOCH = 1_704_067_200  # 2024-01-01T00:00:00Z, the time in seed 001's example


def question(*asked: Any) -> str:
    """Any JSON-ready values as the one text that names what was asked."""
    return ENCODE(asked)


class Stamp(NamedTuple):
    """When and under which name something was made. `digest` is 64 hex digits to cut ids from."""

    time: float
    digest: str

    @property
    def seconds(self) -> int:
        return int(self.time)

    @property
    def dice(self) -> int:
        return int(self.digest[:8], 16)


@dataclass(slots=True, eq=False)
class Sandbox:
    """One world. `seed` is None for one that lives in real time with random ids."""

    id: str
    key: str
    seed: int | None
    name: str
    tier: Tier
    journal: Journal
    limits: Limits
    rules: Rules = field(default_factory=Rules)
    barrier: Barrier = field(default_factory=Barrier)
    slots: Slots = field(default_factory=Slots)
    store: Store = field(default_factory=Store)
    jobs: Jobs = field(default_factory=Jobs)
    responses: Responses = field(default_factory=Responses)
    rooms: Rooms = field(default_factory=Rooms)
    access: Access = field(default_factory=Access)
    key_hash: str = ""
    callback_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_urlsafe(24)}")
    door: asyncio.Server | None = None
    last_port: int = 0
    stranger: Stranger = field(init=False)
    notices: Tail = field(default_factory=lambda: Tail(NOTICES))
    _asked: Counter[int] = field(default_factory=Counter)
    _ticks: int = 0

    def __post_init__(self) -> None:
        self.stranger = Stranger(Journal(self.tier.exchanges), self.tier.kept_bytes)

    def stamp(self, *asked: Any) -> Stamp:
        """The next stamp for this request (any JSON-ready values); the clock ticks."""
        if self.seed is None:
            return Stamp(time.time(), self.digest(*asked))
        self._ticks += 1
        return Stamp(EPOCH + self._ticks + 0.123, self.digest(*asked))

    def digest(self, *asked: Any) -> str:
        """64 hex digits from (seed, what was asked, how often it was asked before); random without a seed."""
        return self.digest_of("" if self.seed is None else question(*asked))

    def digest_of(self, asked: str) -> str:
        """The same for a `question` that is put together already."""
        if self.seed is None:
            return secrets.token_hex(32)
        self._asked[hash(asked)] += 1  # counted by its hash: the questions themselves may be long
        return hashlib.sha256(f"{self.seed}\n{asked}\n{self._asked[hash(asked)]}".encode()).hexdigest()

    @property
    def words_seed(self) -> int:
        """What the mock model rolls with: the sandbox's seed, or 0."""
        return self.seed or 0

    def reset(self) -> None:
        """As new: empty journal, no rules, jobs or issued keys, empty rooms; limits, shop and clock as at first."""
        self.store.forget(self.id)
        self.access.clear()
        self.journal.clear()
        self.stranger.journal.clear()
        self.notices.clear()
        self.rules.clear()
        self.limits.restore()
        self.jobs.clear()
        self.responses.clear()
        self.rooms.clear()
        self._asked.clear()
        self._ticks = 0

    def keep_uses(self, caller: Caller) -> None:
        """Write down how often an issued key may still be used, where the store outlives us. Blocks for a moment."""
        for key in tuple(self.access.keys):
            if caller.kind == API_KEY and key.id == caller.id:
                self.keep_key(key, [])

    def keep_key(self, key: IssuedKey, forgotten: list[IssuedKey]) -> None:
        """Write a key down, new or changed, and let go of others, where the store outlives us. Blocks for a moment."""
        row, ids = key.row(self.id), [other.id for other in forgotten]
        self.store.kept(lambda session: api_keys.keep(session, row, ids), None)

    def hang_up(self) -> int:
        """Close every connection that an open exchange holds, at the stranger's too; returns how many."""
        still = self.journal.still_open() + self.stranger.journal.still_open()
        for exchange in still:
            exchange.cut("the lab hung up")
        return len(still)

    def close_door(self) -> None:
        """Stop listening on the sandbox's own port, if it has one: the next caller is refused."""
        if self.door is not None:
            self.door.close()
            self.door = None

    def shut(self) -> None:
        """Stop listening on every port that is this sandbox's."""
        self.close_door()
        self.stranger.close()
