"""Access tokens of one sandbox: JWTs (RFC 7519) signed with its own secret. Knows claims; knows no HTTP.

A JWT stands for itself: whoever has the secret can make one and whoever has it can check one. What no signature can
say, that a token is used up or was taken back, the mint remembers until the token would have ended anyway.
The claim `exp` is a whole second, rounded up, so that a token never dies earlier than was promised. Time is real.
"""

import math
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt

from labserver import scopes
from labserver.caller import TOKEN, Caller, Purse
from labserver.denials import InvalidToken

ALGORITHM, ISSUER, AUDIENCE = "HS256", "wirelab", "leaf-and-kettle"
CLAIMS = ("iss", "sub", "aud", "iat", "exp", "jti", "scope")
MOST = 5_000  # tokens remembered; past that the oldest is forgotten, and only its own `exp` ends it
LONGEST = 4_096  # characters of a token that is looked at

REASONS: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.ExpiredSignatureError, "This token has expired. Ask /auth/token for a new one."),
    (jwt.ImmatureSignatureError, "This token is not valid yet: look at its iat and nbf, and at your clock."),
    (jwt.InvalidAudienceError, f"This token is for somebody else: its aud is not {AUDIENCE}."),
    (jwt.InvalidIssuerError, f"This token was issued by somebody else: its iss is not {ISSUER}."),
    (jwt.MissingRequiredClaimError, f"This token lacks a claim. It needs {', '.join(CLAIMS)}."),
    (jwt.InvalidAlgorithmError, f"This token is not signed with {ALGORITHM}, the only algorithm that is taken here."),
    (jwt.InvalidSignatureError, "This token's signature does not fit: its content was changed, or another signed it."),
)
USED_UP = "This token has been used up: it was good for so many requests only. Ask /auth/token for a new one."
BROKEN = "This is no token that can be read. Send it as it was given to you."
SIGNATURE_ONLY: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


@dataclass(frozen=True, slots=True)
class Policy:
    """How long tokens live here (seconds), and how often they may be used, unless less is asked for.

    `required`: whoever comes without a credential is sent away with 401, instead of being let in.
    """

    expires_in: int = 900
    uses: int | None = None
    required: bool = False


@dataclass(slots=True)
class Life:
    """What is remembered of a token; `over` is why it opens nothing any more, if so."""

    expires: int
    purse: Purse | None = None
    over: str = ""


class Mint:
    """`kid` names the secret in a token's header and is known to nobody who has no token of this sandbox."""

    def __init__(self) -> None:
        self.kid = f"kid_{secrets.token_hex(8)}"
        self.secret = secrets.token_urlsafe(32)
        self.policy = Policy()
        self._lives: OrderedDict[str, Life] = OrderedDict()

    def token(
        self, name: str, subject: str, granted: frozenset[str], expires_in: int, uses: int | None
    ) -> tuple[str, dict[str, Any]]:
        """A new token with this `jti`, and its claims."""
        now = time.time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": int(now),
            "exp": math.ceil(now + expires_in),
            "jti": name,
            "scope": scopes.spell(granted),
        }
        self._remember(name, Life(claims["exp"], None if uses is None else Purse(uses)))
        return jwt.encode(claims, self.secret, ALGORITHM, headers={"kid": self.kid}), claims

    def caller(self, token: str) -> Caller:
        """Who holds this token. Its signature is checked before any claim is believed. Raises InvalidToken."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": list(CLAIMS)},
            )
        except jwt.InvalidTokenError as error:
            reason = next((reason for kind, reason in REASONS if isinstance(error, kind)), BROKEN)
            raise InvalidToken(reason, self._who(token)) from error
        who = claims["sub"], claims["jti"]
        life = self._lives.get(claims["jti"]) or Life(int(claims["exp"]))
        if life.over:
            raise InvalidToken(life.over, who)
        if life.purse is not None and life.purse.left <= 0:
            raise InvalidToken(USED_UP, who)
        granted = frozenset(str(claims["scope"]).split(" ")) & scopes.ALL
        return Caller(
            TOKEN,
            claims["sub"],
            granted,
            token=claims["jti"],
            expires_at=int(claims["exp"]),
            purse=life.purse,
        )

    def _who(self, token: str) -> tuple[str | None, str | None]:
        """(sub, jti) of a token that is refused, if its signature fits all the same."""
        try:
            claims = jwt.decode(token, self.secret, algorithms=[ALGORITHM], options=SIGNATURE_ONLY)
        except jwt.InvalidTokenError:
            return None, None
        sub, name = claims.get("sub"), claims.get("jti")
        return sub if isinstance(sub, str) else None, name if isinstance(name, str) else None

    def end(self, names: list[str], why: str) -> None:
        """These tokens open nothing from now on."""
        for name in names:
            if name in self._lives:
                self._lives[name].over = why

    def expire_all(self) -> int:
        """Every token that is out ends now, as if its time had come; returns how many those are."""
        now = time.time()
        alive = [name for name, life in self._lives.items() if not life.over and life.expires > now]
        self.end(alive, REASONS[0][1])
        return len(alive)

    def is_over(self, caller: Caller) -> bool:
        life = self._lives.get(caller.token or "")
        return life is not None and bool(life.over)

    def clear(self) -> None:
        """Another secret, so that no token made before fits any more, and the policy of a new sandbox."""
        self.end(list(self._lives), "This token was forgotten with the sandbox's reset.")
        self.secret = secrets.token_urlsafe(32)
        self.policy = Policy()

    def _remember(self, name: str, life: Life) -> None:
        now = time.time()
        while self._lives and (len(self._lives) >= MOST or next(iter(self._lives.values())).expires <= now):
            self._lives.popitem(last=False)
        self._lives[name] = life


def kid_of(token: str) -> str | None:
    """Which secret a token says it was signed with; anybody may say so, the signature proves it."""
    if token.count(".") != 2 or len(token) > LONGEST:
        return None
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        return None
    return kid if isinstance(kid, str) else None
