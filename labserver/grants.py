"""Refresh tokens of one sandbox, each good for one use. Knows families and clients; knows no JWT and no HTTP.

Every use gives the next one (RFC 6749, section 6). One that comes back after its use was copied, nobody can say by
whom, so the whole family ends, with the access tokens that were made from it (RFC 9700, section 4.14.2).
"""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from labserver.denials import OAuthError
from labserver.keys import hashed

LIFETIME = 24 * 3600.0  # seconds, real
MOST = 1_000  # families; past that the oldest ends
MOST_USED = 1_000  # refresh tokens of one family that are still known after their use


@dataclass(slots=True, eq=False)
class Family:
    """All tokens that came of one login. `client` may refresh them (None: whoever has the token), `subject` is acted
    for, `issued` names its access tokens."""

    client: str | None
    subject: str
    scopes: frozenset[str]
    expires_in: int | None
    uses: int | None
    until: float
    current: str = ""
    used: list[str] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)


class Grants:
    """`names` says which sandbox a refresh token's hash belongs to."""

    def __init__(self, names: dict[str, str], sandbox: str) -> None:
        self._names = names
        self._sandbox = sandbox
        self._families: OrderedDict[int, Family] = OrderedDict()
        self._by_hash: dict[str, Family] = {}

    def begin(
        self, client: str | None, subject: str, granted: frozenset[str], expires_in: int | None, uses: int | None
    ) -> Family:
        while len(self._families) >= MOST:
            self.end(next(iter(self._families.values())))
        family = Family(client, subject, granted, expires_in, uses, time.time() + LIFETIME)
        self._families[id(family)] = family
        return family

    def next(self, family: Family) -> str:
        """The family's new refresh token; the one before it is used."""
        if family.current:
            family.used.append(family.current)
        while len(family.used) > MOST_USED:
            self._forget(family.used.pop(0))
        token = f"lab-refresh-{secrets.token_urlsafe(24)}"
        family.current = hashed(token)
        self._by_hash[family.current] = family
        self._names[family.current] = self._sandbox
        return token

    def find(self, token: str, client: str | None) -> Family:
        """Raises OAuthError: unknown, too old, another client's."""
        family = self._by_hash.get(hashed(token))
        if family is None or family.until <= time.time():
            raise OAuthError("invalid_grant", "This refresh token opens nothing: unknown, too old, or taken back.")
        if family.client != client:
            raise OAuthError("invalid_grant", "This refresh token was given to another client.")
        return family

    def is_used(self, family: Family, token: str) -> bool:
        return family.current != hashed(token)

    def end(self, family: Family) -> None:
        """No refresh token of it is known any more."""
        self._families.pop(id(family), None)
        for known in (*family.used, family.current):
            self._forget(known)

    def of(self, client: str) -> list[Family]:
        return [family for family in self._families.values() if client in (family.client, family.subject)]

    def clear(self) -> None:
        self._families.clear()
        for known in tuple(self._by_hash):
            self._forget(known)

    def _forget(self, known: str) -> None:
        self._by_hash.pop(known, None)
        self._names.pop(known, None)
