"""API keys that a sandbox has issued: shown once, kept as a hash. Knows times and scopes; knows no HTTP and no SQL.

A revoked key is remembered for a while, so that its last uses are still refused by name, in its own sandbox's journal.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from labserver import scopes
from labserver.caller import API_KEY, Caller, Purse
from labserver.denials import InvalidToken
from labserver.errors import Conflict, NotFound
from labserver.store.tables import ApiKey

MOST = 50  # keys of one sandbox, revoked ones not counted
MOST_REVOKED = 50
MARK = "lab-"


def hashed(key: str) -> str:
    """Under which a key is kept: whoever reads the database cannot come in with it."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(slots=True, eq=False)
class IssuedKey:
    """`created` is the sandbox's time, `expires` real seconds since 1970. `prefix` is all that is shown of the key."""

    id: str
    key_hash: str
    prefix: str
    name: str
    scopes: frozenset[str]
    created: int
    expires: int | None = None
    purse: Purse | None = None
    revoked: bool = False

    @property
    def uses_left(self) -> int | None:
        return None if self.purse is None else self.purse.left

    def status(self, now: float) -> str:
        if self.revoked:
            return "revoked"
        if self.expires is not None and now >= self.expires:
            return "expired"
        return "used up" if self.purse is not None and self.purse.left <= 0 else "live"

    def caller(self) -> Caller:
        return Caller(API_KEY, self.id, self.scopes, self.name, expires_at=self.expires, purse=self.purse)

    def check(self, now: float) -> None:
        """Raises InvalidToken for a key that opens nothing any more."""
        status = self.status(now)
        if status != "live":
            told = {"revoked": "was revoked", "expired": "has expired", "used up": "has been used up"}[status]
            raise InvalidToken(f"This key ({self.id}) {told}. Issue another with POST /auth/keys.", (self.id, None))

    def row(self, sandbox: str) -> ApiKey:
        return ApiKey(
            sandbox=sandbox,
            id=self.id,
            key_hash=self.key_hash,
            prefix=self.prefix,
            name=self.name,
            scopes=scopes.spell(self.scopes),
            created=self.created,
            expires=self.expires,
            uses_left=self.uses_left,
            revoked=self.revoked,
        )

    @classmethod
    def of(cls, row: ApiKey) -> "IssuedKey":
        purse = None if row.uses_left is None else Purse(row.uses_left)
        known = frozenset(row.scopes.split()) & scopes.ALL
        told = (row.id, row.key_hash, row.prefix, row.name, known, row.created, row.expires, purse, row.revoked)
        return cls(*told)


class Keys:
    """One sandbox's keys in the order in which they were issued. `names` says which sandbox a hash belongs to."""

    def __init__(self, names: dict[str, str], sandbox: str) -> None:
        self._names = names
        self._sandbox = sandbox
        self._keys: dict[str, IssuedKey] = {}  # by hash

    def make_room(self, now: float) -> list[IssuedKey]:
        """Forget dead keys until one more fits; returns them. Raises Conflict where all are alive."""
        gone: list[IssuedKey] = []
        while sum(not key.revoked for key in self._keys.values()) >= MOST:
            dead = next((key for key in self if key.status(now) != "live"), None)
            if dead is None:
                raise Conflict(f"This sandbox has {MOST} keys already. Revoke one: DELETE /auth/keys/{{id}}.")
            gone.append(self._forget(dead))
        return gone

    def add(self, key: IssuedKey) -> None:
        self._keys[key.key_hash] = key
        self._names[key.key_hash] = self._sandbox

    def __iter__(self) -> Iterator[IssuedKey]:
        """Those that were not revoked."""
        return (key for key in self._keys.values() if not key.revoked)

    def find(self, key_hash: str) -> IssuedKey | None:
        """Revoked or not."""
        return self._keys.get(key_hash)

    def named(self, key_id: str) -> IssuedKey:
        """Raises NotFound, also for one that was revoked."""
        for key in self:
            if key.id == key_id:
                return key
        raise NotFound(f"There is no key {key_id!r} here. GET /auth/keys lists those that there are.")

    def revoke(self, key: IssuedKey) -> list[IssuedKey]:
        """It opens nothing from now on. Returns the keys that are forgotten for it."""
        key.revoked = True
        revoked = [other for other in self._keys.values() if other.revoked]
        return [self._forget(oldest) for oldest in revoked[: max(0, len(revoked) - MOST_REVOKED)]]

    def clear(self) -> None:
        for key in tuple(self._keys.values()):
            self._forget(key)

    def _forget(self, key: IssuedKey) -> IssuedKey:
        del self._keys[key.key_hash]
        self._names.pop(key.key_hash, None)
        return key


def drawn(digest: str) -> tuple[str, str, str]:
    """(id, prefix, key): the first two come from `digest`, so a seeded sandbox shows the same in every run."""
    prefix = f"{MARK}{digest[:6]}"  # shorter than what is blotted out of a journal
    return f"key_{digest[:12]}", prefix, f"{prefix}-{secrets.token_urlsafe(24)}"
