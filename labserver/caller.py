"""Who is calling: one without a credential, a sandbox's own key, an issued key, or a token. Knows no header.

`id` is what may be shown of it: the sandbox's, the key's, or that of the client whom a token was given to. A token also
has a name of its own (`token`, the claim `jti`), so that a witness can tell one from another without seeing either.
"""

from dataclasses import dataclass
from typing import Any

from labserver.scopes import ALL, spell

NO_CREDENTIAL, SANDBOX_KEY, API_KEY, TOKEN = "none", "sandbox key", "api key", "token"


@dataclass(slots=True)
class Purse:
    """How often a credential may still be used. One purse for each, whoever looks at it."""

    left: int


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """`expires_at` is in seconds since 1970, None for never."""

    kind: str
    id: str | None
    scopes: frozenset[str] = ALL
    name: str = ""
    token: str | None = None
    expires_at: float | None = None
    purse: Purse | None = None

    @property
    def uses_left(self) -> int | None:
        return None if self.purse is None else self.purse.left

    def shown(self) -> dict[str, Any]:
        """What `/auth/me` says: never a secret."""
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "token": self.token,
            "scopes": spell(self.scopes).split(),
            "expires_at": self.expires_at,
            "uses_left": self.uses_left,
        }


NOBODY = Caller(NO_CREDENTIAL, None)
