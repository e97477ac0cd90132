"""Who may come into one sandbox: by its own key, by issued keys, by tokens. Knows these; knows no header."""

import math
import time

from labserver.bell import Bell
from labserver.caller import SANDBOX_KEY, Caller
from labserver.denials import InvalidToken
from labserver.grants import Family, Grants
from labserver.keys import IssuedKey, Keys
from labserver.mint import Mint

REVOKED = "This token was taken back. Ask /auth/token for a new one."


class Access:
    """`names` is shared by all sandboxes: the hash of an issued key, or a mint's `kid` -> the sandbox's id."""

    def __init__(self, names: dict[str, str] | None = None, sandbox: str = "") -> None:
        self._names = {} if names is None else names
        self.owner = Caller(SANDBOX_KEY, sandbox)
        self.mint = Mint()
        self.keys = Keys(self._names, sandbox)
        self.grants = Grants(self._names, sandbox)
        self.changed = Bell()  # rings, and is replaced, whenever somebody may have lost a right
        self._names[self.mint.kid] = sandbox

    def bearer(self, token: str) -> Caller:
        """Who holds this access token. Raises InvalidToken, also where its client's key was revoked."""
        caller = self.mint.caller(token)
        if not self.knows(caller.id):
            who = caller.id, caller.token
            raise InvalidToken(f"This token's client {caller.id} is no more: its key was revoked.", who)
        return caller

    def holder(self, key_hash: str) -> Caller:
        """Who holds this issued key. Raises InvalidToken for one that opens nothing any more."""
        key = self.keys.find(key_hash)
        if key is None:
            raise InvalidToken("This is a refresh token. It is for /auth/token only: get an access token for it there.")
        key.check(time.time())
        return key.caller()

    def revoke(self, key: IssuedKey) -> list[IssuedKey]:
        """The key and all that was made with it. Returns the keys that are forgotten for it."""
        for family in self.grants.of(key.id):
            self.end(family)
        forgotten = self.keys.revoke(key)
        self._ring()
        return forgotten

    def expire_tokens(self) -> int:
        """Every access token that is out ends now, as if its time had come; returns how many those are."""
        count = self.mint.expire_all()
        self._ring()
        return count

    def end(self, family: Family) -> None:
        """Its refresh tokens and its access tokens."""
        self.grants.end(family)
        self.mint.end(family.issued, REVOKED)
        self._ring()

    def is_over(self, caller: Caller) -> bool:
        """Whether a caller who was let in earlier would be sent away now, uses aside."""
        if caller.expires_at is not None and caller.expires_at <= time.time():
            return True
        if caller.kind == SANDBOX_KEY:
            return False
        return not self.knows(caller.id) or self.mint.is_over(caller)

    def knows(self, key_id: str | None) -> bool:
        """Whether this is the sandbox's own key or one that was not revoked."""
        return key_id == self.owner.id or any(key.id == key_id for key in self.keys)

    def is_live(self, key_id: str) -> bool:
        left = self.seconds_left(key_id, time.time())
        return self.knows(key_id) and (left is None or left > 0)

    def seconds_left(self, key_id: str, now: float) -> int | None:
        """How long a key still lives, rounded up; None without an end."""
        ends = next((key.expires for key in self.keys if key.id == key_id), None)
        return None if ends is None else max(0, math.ceil(ends - now))

    def clear(self) -> None:
        self.keys.clear()
        self.grants.clear()
        self.mint.clear()
        self._ring()

    def close(self) -> None:
        """The sandbox is gone, and its names with it."""
        self.clear()
        self._names.pop(self.mint.kid, None)

    def _ring(self) -> None:
        self.changed, bell = Bell(), self.changed
        bell.ring()
