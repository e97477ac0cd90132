"""All learners' worlds of one server: made, found by key or port, evicted, ended. Knows nothing of HTTP."""

import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from labserver.access import Access
from labserver.denials import UNKNOWN, InvalidToken
from labserver.doors import Doors, port_of
from labserver.journal import Journal
from labserver.keys import IssuedKey, hashed
from labserver.limits import Limits
from labserver.logs import log
from labserver.sandbox import Sandbox
from labserver.store import Store, api_keys
from labserver.store.tables import ApiKey, Named
from labserver.stranger import Stranger
from labserver.tiers import TIERS, Tier

OPEN_ID = "open"


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
