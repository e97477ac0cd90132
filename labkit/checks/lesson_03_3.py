"""Check of 03.3: one request refused in three ways and taken once, by the least that will do. Knows no notebook."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from labkit.checks import traffic
from labkit.checks.bench import Bench
from labkit.checks.proof import brief, counted, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1033
PRODUCT, STOCK = 110, 12
PATH = f"/shop/products/{PRODUCT}"
PATCH, TOKEN = f"PATCH {PATH}", "POST /auth/token"
LEAST = "shop:write"
CHANGED = "signature"  # stands in what the shop says of a token that somebody has changed

HINTS = (
    "The request is the same each time; only the proof differs. For each of the four ask: does the shop know who I am? "
    "And if it does, may I?",
    "Without a header: 401. With a token whose claims were changed behind the signature's back: 401, whatever they "
    "say. With an honest token for another purpose: 403. With one for this purpose alone: 200. Two tokens are enough.",
    'Almost the code: `requests.post(…/auth/token, auth=(client_id, key), data={"grant_type": "client_credentials", '
    '"scope": "shop:read"})`, and the same for `shop:write`. A forgery of the first: `head, claims, signature = '
    'token.split(".")`, and in the middle the claims of the lesson\'s cell, with another scope.',
)
WANTED = {
    "nobody": "401 without any proof",
    "forged": "401 for a token that was changed",
    "other": "403 for an honest token of another scope",
    "yes": "200 for a token that may do this",
}
LOOKS = {
    "nobody": "a PATCH without any header of yours: who is asking then?",
    "forged": "the lesson's cell that puts another scope into the claims and leaves the signature. Change a genuine "
    "token: a made-up one is nobody's, so it is not in your journal",
    "other": "a token that is genuine and good for something else: which scope does a PATCH not need?",
    "yes": "who can make a token that the shop believes? Ask it for one, with the scope that its 403 names",
}


def answers(bench: Bench, answer: Callable[..., Any]) -> str:
    """401, 401, 403 and 200 to one PATCH, each for its own reason; no value counts."""
    scene = bench.scene(SEED, door=True)
    client_id = scene.witness.auth(required=True)["client_id"]
    bench.call(scene, answer, scene.base_url, client_id, scene.key)
    seen = scene.exchanges()
    patches = traffic.named(seen, PATCH)
    if not patches:
        raise Wrong(
            "The shop has not seen the request.",
            expected=f'{PATCH} with the JSON {{"stock": {STOCK}}}, four times',
            seen=counted(len(seen), "other request") if seen else "an empty journal",
            proof=each(seen),
            look=f"`requests.patch` of base_url + {PATH!r}",
        )
    _judge_body(patches)
    found = [_kind(one) for one in patches]
    missing = [kind for kind in WANTED if kind not in found]
    if missing:
        raise _missing(missing, found, patches)
    _judge_way(seen, patches)
    return "One PATCH, four answers: nobody, a forger, somebody else, and one who may do this and nothing more."


def _judge_body(patches: Sequence[Exchange]) -> None:
    for one in patches:
        if _body(one) != {"stock": STOCK}:
            raise Wrong(
                "This is another request.",
                expected=f'{PATCH} with {{"stock": {STOCK}}}: the same each time, and only the proof differs',
                seen=repr(one.request_body.decode("utf-8", "replace")),
                proof=brief(one),
                look="the argument `json=` of your PATCH",
            )


def _body(one: Exchange) -> Any:
    try:
        return json.loads(one.request_body)
    except ValueError:
        return None


def _kind(one: Exchange) -> str:
    """Which of the four this is, or what it is instead."""
    if one.status == 200:
        return "yes"
    if one.status == 403:
        return "other"
    if one.status == 401 and not one.carried:
        return "nobody"
    if one.status == 401 and CHANGED.encode() in one.body:
        return "forged"
    return "odd"


def _missing(missing: Sequence[str], found: Sequence[str], patches: Sequence[Exchange]) -> Wrong:
    believed = missing[0] == "yes" and "forged" in found
    last = patches[found.index("forged")] if believed else patches[-1]
    return Wrong(
        "The shop did not believe the token that you wrote yourself."
        if believed
        else f"One is missing: {WANTED[missing[0]]}.",
        expected="; ".join(WANTED.values()),
        seen=", ".join(str(one.status) for one in patches),
        proof=brief(last, ["Authorization"]),
        look=LOOKS[missing[0]],
        belief="decoded-is-verified" if believed else "",
    )


def _judge_way(seen: Sequence[Exchange], patches: Sequence[Exchange]) -> None:
    """All four answers are there: now by what they were got."""
    for one in seen:
        if "?key" in one.carried:
            raise Wrong(
                verdict(True, "a key stands in an address."),
                expected="credentials in headers, where no log and no error message repeats them",
                seen=f"{one.method} {one.target}",
                proof=brief(one),
                look="`params=`, or a `?` in the address",
            )
    yes = next(one for one in patches if one.status == 200)
    if any(how["kind"] == "sandbox key" for how in yes.credentials):
        raise Wrong(
            verdict(True, "the yes was said to your key, which opens everything."),
            expected=f"a token for {LEAST!r} and nothing else",
            seen="the key itself, at the shop's door",
            proof=brief(yes, yes.carried),
            look="where does the key go, and what does one get for it there?",
        )
    wide = next((one for one in traffic.named(seen, TOKEN) if len(_scopes(one)) != 1), None)
    if wide is not None:
        raise Wrong(
            verdict(True, "a token opens more than it has to."),
            expected=f"one scope a token; for the PATCH {LEAST!r} alone",
            seen=f"the scopes {', '.join(_scopes(wide))}" if _scopes(wide) else "no scope, which means: all of them",
            proof=brief(wide),
            look="what does whoever finds this token in a log get with it?",
        )
    if len(patches) > len(WANTED):
        raise Wrong(
            verdict(True, f"it took {counted(len(patches), 'PATCH request')}."),
            expected="four, one for each answer",
            seen=", ".join(str(one.status) for one in patches),
            proof=each(patches, most=6),
            look="which of them brings an answer that you have already?",
        )


def _scopes(one: Exchange) -> list[str]:
    """The scopes that a token request asks for."""
    form = parse_qs(one.request_body.decode("utf-8", "replace"))
    return " ".join(form.get("scope", [])).split()
