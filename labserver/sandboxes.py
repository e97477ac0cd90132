"""A learner's isolated world: its key, seed, clock, limits, faults and journal. Knows nothing of HTTP.

A seeded sandbox is reproducible: the n-th thing it stamps has the same id and the same time in every run, because ids
come from (seed, what was asked, how often it was asked before) and time from a logical clock that ticks once a stamp.
"""

import asyncio
import hashlib
import json
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from labserver.access import Access
from labserver.barrier import Barrier
from labserver.caller import API_KEY, Caller
from labserver.denials import UNKNOWN, InvalidToken
from labserver.doors import Doors, port_of
from labserver.fault_rules import Rules
from labserver.jobs import Jobs
from labserver.journal import Journal
from labserver.keys import IssuedKey, hashed
from labserver.limits import Limit, Limits
from labserver.logs import log
from labserver.responses import Responses
from labserver.rooms import Rooms
from labserver.slots import Slots
from labserver.store import Store, api_keys
from labserver.store.tables import ApiKey, Named
from labserver.stranger import Stranger
from labserver.tail import Tail

NOTICES = 200  # how far back the shop's notifications can be replayed
EPOCH = 1_704_067_200  # 2024-01-01T00:00:00Z, the time in seed 001's example
OPEN_ID = "open"


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


@dataclass(frozen=True, slots=True)
class Stamp:
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
    _asked: Counter[str] = field(default_factory=Counter)
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
        if self.seed is None:
            return secrets.token_hex(32)
        question = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        self._asked[question] += 1
        return hashlib.sha256(f"{self.seed}\n{question}\n{self._asked[question]}".encode()).hexdigest()

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


class Sandboxes:
    """All worlds of one server by key, least recently used first, and the open one for requests without a key."""

    def __init__(self, most: int, store: Store | None = None, tiers: Mapping[str, Tier] = TIERS) -> None:
        self._most = most
        self._tiers = tiers
        self._store = store or Store()
        self._worlds: OrderedDict[str, Sandbox] = OrderedDict()
        self._by_port: dict[int, Sandbox] = {}
        self._strangers: dict[int, Stranger] = {}
        self.evicted = 0
        self._names: dict[str, str] = {}  # hash of an issued key, or kid of a token -> id
        self._by_id: dict[str, Sandbox] = {}
        self.open = self._furnish(Named(id=OPEN_ID, key_hash="", name=OPEN_ID, seed=None, tier="open"), "")
        for row in self._store.named(always=OPEN_ID):
            self._worlds[row.key_hash] = self._furnish(row, "")
        none: list[ApiKey] = []
        for issued in self._store.kept(api_keys.everyone, none):
            self._by_id[issued.sandbox].access.keys.add(IssuedKey.of(issued))  # others' rows are gone by now

    def _furnish(self, row: Named, key: str) -> Sandbox:
        room = self._tiers[row.tier]
        journal, access = Journal(room.exchanges, room.journal_bytes), Access(self._names, row.id)
        sandbox = Sandbox(
            row.id, key, row.seed, row.name, room, journal, Limits(room.limit), store=self._store, access=access
        )
        sandbox.key_hash = row.key_hash
        self._by_id[row.id] = sandbox
        return sandbox

    def make(self, name: str = "", seed: int | None = None, tier: str = "standard") -> Sandbox:
        """A new world; one with a name outlives the server where the store does."""
        key = f"lab-{secrets.token_urlsafe(24)}"
        row = Named(id=f"sb_{secrets.token_hex(6)}", key_hash=hashed(key), name=name, seed=seed, tier=tier)
        sandbox = self._worlds[row.key_hash] = self._furnish(row, key)
        if name:
            self._store.remember(row)
        while len(self._worlds) > self._most:
            _, unused = self._worlds.popitem(last=False)
            self._close(unused)
            self.evicted += 1
            log.info("sandbox evicted", sandbox=unused.id, most=self._most)
        return sandbox

    async def open_door(self, sandbox: Sandbox, doors: Doors) -> int:
        """A port for this sandbox alone: requests without a key that come in there are its own."""
        if sandbox.door is None:
            sandbox.door = await doors.open(sandbox.last_port)
            self._forget_port(sandbox)
            sandbox.last_port = port_of(sandbox.door)
            self._by_port[sandbox.last_port] = sandbox
            self._strangers.pop(sandbox.last_port, None)  # a stranger had this port before, and has it no more
        return sandbox.last_port

    async def open_stranger(self, sandbox: Sandbox, doors: Doors) -> str:
        """The address of this sandbox's second origin, opened if need be. Raises Unavailable outside a real server."""
        stranger = sandbox.stranger
        if stranger.door is None:
            door = await doors.open(stranger.port)
            if stranger.door is not None:  # another request was quicker
                door.close()
                return _local(stranger.port)
            stranger.door = door
            self._forget_stranger(stranger)
            stranger.port = port_of(stranger.door)
            self._strangers[stranger.port] = stranger
        return _local(stranger.port)

    def stranger_at(self, port: int) -> Stranger | None:
        return self._strangers.get(port)

    def _forget_stranger(self, stranger: Stranger) -> None:
        if self._strangers.get(stranger.port) is stranger:
            del self._strangers[stranger.port]

    def _close(self, sandbox: Sandbox) -> None:
        sandbox.hang_up()
        sandbox.shut()
        sandbox.jobs.clear()
        sandbox.responses.clear()
        self._forget_stranger(sandbox.stranger)
        self._forget_port(sandbox)
        if sandbox is not self.open:
            sandbox.journal.tail.close()
            sandbox.notices.close()
            sandbox.access.close()
            self._by_id.pop(sandbox.id, None)
            self._store.disown(sandbox.id)

    def _forget_port(self, sandbox: Sandbox) -> None:
        if self._by_port.get(sandbox.last_port) is sandbox:  # by now another sandbox may have it
            del self._by_port[sandbox.last_port]

    def find(self, key: str | None, port: int = 0) -> Sandbox:
        """The sandbox of a key; without one, that of the door at this port, else the open one.

        Raises InvalidToken for a key that nobody was given.
        """
        if key is None:
            return self._by_port.get(port, self.open)
        sandbox = self.owned_by(key)
        if sandbox is None:
            raise InvalidToken(UNKNOWN)
        return sandbox

    def owned_by(self, key: str) -> Sandbox | None:
        """The sandbox whose own key this is; it counts as used."""
        locked = hashed(key)
        sandbox = self._worlds.get(locked)
        if sandbox is not None:
            sandbox.key = key  # after a restart only the hash is known
            self._worlds.move_to_end(locked)
        return sandbox

    def whose(self, name: str) -> Sandbox | None:
        """The sandbox that issued the key with this hash, or signs tokens under this kid; it counts as used."""
        sandbox = self._by_id.get(self._names.get(name, ""))
        if sandbox is not None and sandbox is not self.open:
            self._worlds.move_to_end(sandbox.key_hash)
        return sandbox

    def end(self, sandbox: Sandbox) -> None:
        """Forget a sandbox and close what it still holds open. The open one is only reset."""
        self._close(sandbox)
        if self._worlds.pop(sandbox.key_hash, None) is None:
            sandbox.reset()

    def __iter__(self) -> Iterator[Sandbox]:
        yield self.open
        yield from self._worlds.values()


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"
