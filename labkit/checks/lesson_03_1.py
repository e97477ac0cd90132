"""Check of 03.1: work goes on when its token dies, twice; and a 403 is no dead token. Knows no notebook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from labkit.checks import traffic
from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1031
USES = 3
BOTH, READING = "shop:read shop:write", "shop:read"
TOKEN = "POST /auth/token"
SHOP = "/shop/*"
PATCH = ("PATCH", "/shop/products/101", {"stock": 1})
SHUT = 6  # how often a door that stays shut says 401

ORDER = {"product_id": 123, "quantity": 1}
WORK: tuple[tuple[str, str, Any, int], ...] = (  # method, path, body, and the status that is due in the end
    ("GET", "/shop/products/101", None, 200),
    ("GET", "/shop/products/102", None, 200),
    ("GET", "/shop/products/103", None, 200),
    ("POST", "/shop/orders", ORDER, 201),  # meets the first dead token
    ("GET", "/shop/products/104", None, 200),
    ("GET", "/shop/products/105", None, 200),
    ("GET", "/shop/products/106", None, 200),  # meets the second
)
TOKENS = 3

HINTS = (
    "The object remembers one thing: the token that is good now. Two methods change or use it: one fetches the next, "
    "the other asks the shop. Which answer of the shop, and only which, says that it is time for the first?",
    "Build the header `Authorization` anew for each request, from `self.token` as it is then. After a 401: fetch, and "
    "send the same method, path and body once more. An `if` does that; a `while` may never end.",
    "Almost the code: in `fetch`, `made = requests.post(…/auth/token, auth=(client_id, key), data={…})` and "
    '`self.token = made.json()["access_token"]`. In `call`, `response = requests.request(method, …, headers=…, '
    "json=json)`; `if response.status_code == 401:` fetch, and the same line again; `return response`.",
)


@dataclass(frozen=True, slots=True)
class Work:
    """A scene, and what the answer made of its class."""

    bench: Bench
    scene: Scene
    made: Any

    def call(self, method: str, path: str, body: Any = None) -> Any:
        more = {} if body is None else {"json": dict(body)}
        return self.bench.call(self.scene, self.made.call, method, path, **more)


def token_auth(bench: Bench, answer: Callable[..., Any]) -> str:
    """Seven requests over three tokens; one that may not; one whose door stays shut."""
    _judge_work(bench, answer)
    _judge_forbidden(bench, answer)
    _judge_shut(bench, answer)
    return (
        f"{len(WORK)} questions, {TOKENS} tokens, one order; a 403 was handed on, and a door that stays shut was "
        "tried twice."
    )


def _begun(bench: Bench, answer: Callable[..., Any], scope: str, **policy: Any) -> Work:
    scene = bench.scene(SEED, door=True)
    client_id = scene.witness.auth(required=True, **policy)["client_id"]
    made = bench.call(scene, answer, scene.base_url, client_id, scene.key, scope)
    if not callable(getattr(made, "call", None)):
        raise Wrong(
            "What you handed over makes nothing that has a `call`.",
            expected="a class TokenAuth with the method call(method, path, json=None)",
            seen=quoted(made),
            look="the cell's `class` line, and the indentation of `def call` below it",
        )
    return Work(bench, scene, made)


def _judge_work(bench: Bench, answer: Callable[..., Any]) -> None:
    work = _begun(bench, answer, BOTH, uses=USES)
    for method, path, body, due in WORK:
        before = len(work.scene.exchanges())
        value = work.call(method, path, body)
        seen = work.scene.exchanges()
        _judge_value(value, seen, before)
        if value.status_code != due:
            raise _refused(value, seen, before, f"{method} {path}", due)
    _judge_traffic(work.scene.exchanges())


def _judge_value(value: Any, seen: Sequence[Exchange], before: int) -> None:
    if not hasattr(value, "status_code"):
        raise Wrong(
            "`call` gives back something else than the shop's answer.",
            expected="the response, so that who called can look at its status and its JSON",
            seen=quoted(value),
            proof=each(seen[before:]),
            look="the `return` line of `call`: the response itself, and what is in it is the caller's business",
        )


def _refused(value: Any, seen: Sequence[Exchange], before: int, asked: str, due: int) -> Wrong:
    """Why this call did not bring what was due."""
    new = seen[before:]
    if not traffic.named(seen, TOKEN):
        return Wrong(
            "Nobody has asked for a token.",
            expected=f"{TOKEN}, with the id and the key by Basic",
            seen=f"{counted(len(new), 'request')} without one",
            proof=each(new),
            look="`requests.post` of /auth/token with `auth=(client_id, key)`: which line does that, and when?",
        )
    dead = next((one for one in new if one.status == 401 and one.path != "/auth/token"), None)
    if dead is None or value.status_code != 401:
        last = (new or list(seen))[-1]
        return Wrong(
            f"{asked} was answered {value.status_code}.",
            expected=f"{due}, after the new token too: the same method, path and body",
            seen=f"{value.status_code}",
            proof=each(new, most=4) + "\n" + brief(last),
            look="what the shop says in the body of that answer. What had the first attempt that the second lacks?",
        )
    later = [one for one in new if one.number > dead.number]
    fetched, again = traffic.named(later, TOKEN), traffic.named(later, SHOP)
    if not fetched:
        return Wrong(
            "The token died, and your code took that for the answer.",
            expected=f"after the 401 a new token, and {asked} once more",
            seen="401, handed on as it was",
            proof=brief(dead),
            look="which line of `call` looks at `status_code`? (The clock does not help: this token was used up early)",
            belief="unauthorized-is-final",
        )
    if (fetched[-1].status or 0) >= 400:
        return Wrong(
            "The shop gives no new token.",
            expected="an answer 200 with an access_token",
            seen=fetched[-1].body.decode("utf-8", "replace"),
            proof=brief(fetched[-1]),
            look="a refresh token is good for one use. Which one did you send: the first ever, or the newest?",
        )
    if again and _token(again[-1]) == _token(dead):
        return Wrong(
            "You have a new token, and asked with the dead one again.",
            expected=f"{asked} with the new token",
            seen="the same token as before, refused again",
            proof=each(new, most=4),
            look="when is the header `Authorization` built: once, at the beginning, or for each request?",
        )
    return Wrong(
        "You have a new token, and nobody has asked the question again.",
        expected=f"{asked} once more, with the new token",
        seen="the 401, handed on; the new token waits for the next call",
        proof=each(new, most=4),
        look="the line after the one that fetches: who answers the caller, who wanted a tea and not a token?",
    )


def _judge_traffic(seen: Sequence[Exchange]) -> None:
    shop = traffic.named(seen, SHOP)
    for one in shop:
        shown = next((how for how in one.credentials if how["kind"] == "sandbox key"), None)
        if shown:
            raise Wrong(
                verdict(True, "the shop was shown your key."),
                expected="the key at /auth/token alone, a token everywhere else",
                seen=f"the key, at {one.method} {one.path}",
                proof=brief(one, one.carried),
                look="which of the two secrets goes into the header `Authorization: Bearer`?",
            )
        if not one.request.get("authorization").startswith("Bearer "):
            raise Wrong(
                verdict(True, "the word Bearer is missing."),
                expected="Authorization: Bearer, a space, and the token",
                seen="the token alone. This shop is lenient; nearly all others say 401 to that",
                proof=brief(one, ["Authorization"]),
                look="the line that builds the header",
            )
    refused: set[str | None] = set()
    for one in shop:
        if _token(one) in refused:
            raise Wrong(
                verdict(True, "a token that the shop had refused was sent again."),
                expected="no second use of a dead token",
                seen=f"{one.method} {one.path} with a token that had its 401 already",
                proof=each(seen, most=6),
                look="after a 401 comes a new token, and only then the question again",
            )
        refused |= {_token(one)} if one.status == 401 else set()
    fetched = traffic.named(seen, TOKEN)
    if len(fetched) > TOKENS:
        raise Wrong(
            verdict(True, f"it took {counted(len(fetched), 'token')} for {len(WORK)} questions."),
            expected=f"{TOKENS}: the first, and one for each that died",
            seen=f"{counted(len(fetched), 'request')} for a token, and the key on the wire each time",
            proof=each(seen, most=6),
            look="the shop says when a token is dead. What does your code do with one that is still good?",
        )
    deaths = sum(one.status == 401 for one in shop)
    if len(shop) - deaths > len(WORK):
        raise Wrong(
            verdict(True, f"it asked the shop {len(shop)} times for {len(WORK)} answers."),
            expected="each question once, and once more after a 401",
            seen=counted(len(shop), "request"),
            proof=each(shop, most=8),
            look="which line sends a request whose answer nobody reads?",
        )


def _token(one: Exchange) -> str | None:
    """The name of the token that came with it: its `jti`, never the token."""
    return next((how["token"] for how in one.credentials if how["token"]), None)


def _judge_forbidden(bench: Bench, answer: Callable[..., Any]) -> None:
    work = _begun(bench, answer, READING)
    value = work.call(*PATCH)
    seen = work.scene.exchanges()
    _judge_value(value, seen, 0)
    patches, fetched = traffic.named(seen, f"{PATCH[0]} {PATCH[1]}"), traffic.named(seen, TOKEN)
    if value.status_code == 200:
        form = parse_qs(fetched[0].request_body.decode()) if fetched else {}
        raise Wrong(
            "Your token opens more than it should.",
            expected=f"a token for the scope that TokenAuth was given, {READING!r}: the shop then says 403 to a PATCH",
            seen=f"a token request with the scope {form['scope'][0]!r}"
            if "scope" in form
            else "a token request without a scope, which means: everything",
            proof=brief(fetched[0]) if fetched else "",
            look="what becomes of the parameter `scope`?",
        )
    if len(patches) > 1 or len(fetched) > 1:
        raise Wrong(
            verdict(value.status_code == 403, "a 403 was answered with a new token."),
            expected="one PATCH, one 403, and no further request: the shop knows who asks, and says no",
            seen=f"{counted(len(patches), 'PATCH attempt')}, {counted(len(fetched), 'token')}",
            proof=each(seen, most=6),
            look="which statuses does your `if` take for a dead token? What would a second card change at a door that "
            "is not yours?",
            belief="forbidden-is-expired",
        )
    if value.status_code != 403:
        raise Wrong(
            f"The PATCH was answered {value.status_code}.",
            expected="403, handed on",
            seen=f"{value.status_code}",
            proof=brief(patches[-1]) if patches else each(seen),
            look="is the header `Authorization` the same for every method?",
        )


def _judge_shut(bench: Bench, answer: Callable[..., Any]) -> None:
    """Every token is refused: the second 401 is the answer."""
    work = _begun(bench, answer, READING)
    work.scene.witness.add_fault("status;code=401", path=SHOP, first=SHUT)
    value = work.call("GET", "/shop/products/101")
    seen = work.scene.exchanges()
    asked = traffic.named(seen, SHOP)
    if len(asked) > 2:
        raise Wrong(
            "A brand-new token was refused too, and your code goes on asking.",
            expected="two attempts: the second 401 is the answer, and is handed on",
            seen=f"{counted(len(asked), 'attempt')}, {counted(len(traffic.named(seen, TOKEN)), 'token')}; "
            "with a door that stays shut it would never end",
            proof=each(seen, most=6),
            look="is there a `while`, or a method that calls itself? Once is enough",
        )
    _judge_value(value, seen, 0)
    if value.status_code != 401:
        raise Wrong(
            "A door that stays shut was reported as something else.",
            expected="401, handed on",
            seen=f"{value.status_code}",
            proof=each(seen, most=6),
            look="the `return` line after the second attempt",
        )
