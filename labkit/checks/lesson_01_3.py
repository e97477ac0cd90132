"""Check of 01.3: four refusals on purpose, and a shop that is none the worse. Knows the journal; knows no notebook."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks.bench import Bench
from labkit.checks.proof import brief, counted, each
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1013
WANTED = (404, 405, 415, 422)
SHOP = ("/shop/", "/users")
ORDERED = ("/raw/",)  # says whatever it is asked to say
SAFE = ("GET", "HEAD", "OPTIONS")

HINTS = (
    "Four refusals, four places: 404 is about the address, 405 about the method, 415 about how the body is written, "
    "422 about what the body says.",
    "Each one needs everything before it to be right: a 415 needs an address and a method that the shop takes, and a "
    "422 also a body in JSON. Which two addresses of the shop do you know, and what does each of them not take?",
    "Almost the code: a GET of a product that does not exist; a DELETE of the whole list; a `requests.post` of an "
    "order with `data=`; the same with `json=`, and something missing in the dict.",
)
LOOKS = {
    404: "an address of the shop at which nothing stands; what has a body is read first, so ask without one",
    405: "an address that exists, and a method that it does not take: its Allow header names those that it takes",
    415: "a POST that the shop would take, with a body that is not written in JSON: who writes `Content-Type`?",
    422: "a POST in JSON which the shop can read, and which does not say all that an order needs",
}


def provoke(bench: Bench, answer: Callable[..., Any]) -> str:
    """404, 405, 415 and 422 once each from the shop's own routes; nothing is changed, no value counts."""
    scene = bench.scene(SEED, door=True)
    bench.call(scene, answer, scene.base_url)
    seen = scene.exchanges()
    if not seen:
        raise Wrong(
            "No request reached the shop.",
            expected="four requests at base_url",
            seen="an empty journal",
            look="only a request can get an answer: which address does your code ask?",
        )
    _judge_honest(seen)
    _judge_harmless(seen)
    _judge_bingo(seen)
    told = ", ".join(
        f"{one.status} for {one.method} {one.path}" for one in sorted(seen, key=lambda one: one.status or 0)
    )
    return f"Four refusals and nothing changed: {told}."


def _judge_honest(seen: Sequence[Exchange]) -> None:
    """The shop itself said no: neither a fault nor a route that says whatever it is asked to say."""
    for one in seen:
        if one.fault or not one.path.startswith(SHOP):
            raise Wrong(
                "This refusal was ordered, not earned." if one.fault else "This answer is not the shop's.",
                expected="requests for /shop/… or /users, which the shop refuses by itself",
                seen=f"{one.method} {one.target}" + (f", with the fault {one.fault}" if one.fault else ""),
                proof=brief(one),
                look=_at_home(one),
            )


def _at_home(one: Exchange) -> str:
    if one.fault or one.path.startswith(ORDERED):
        return "what would a real program do wrong to be told this?"
    return f"{one.path} is no address of the shop: what could be missing below `/shop/` or `/users`?"


def _judge_harmless(seen: Sequence[Exchange]) -> None:
    for one in seen:
        if one.method not in SAFE and one.status is not None and one.status < 400:
            full = {status for other in seen if (status := other.status) in WANTED} == set(WANTED)
            raise Wrong(
                f"{'Your four refusals are there. The way to it is not: the' if full else 'The'} shop said yes, "
                "and something has changed.",
                expected="four refusals, and a shop as it was before",
                seen=f"{one.method} {one.target} was answered {one.status}",
                proof=brief(one),
                look="what was so good about this request that the shop accepted it?",
            )


def _judge_bingo(seen: Sequence[Exchange]) -> None:
    found = Counter(one.status for one in seen)
    expected = "404, 405, 415 and 422, once each"
    missing = [status for status in WANTED if status not in found]
    if missing:
        raise Wrong(
            f"There is no {' and no '.join(map(str, missing))} yet.",
            expected=expected,
            seen=", ".join(str(one.status) for one in seen),
            proof=each(seen, most=6),
            look=LOOKS[missing[0]],
        )
    if len(seen) > len(WANTED):
        raise Wrong(
            f"Your four refusals are there. The way to it is not: it took {counted(len(seen), 'request')}.",
            expected=f"{expected}: four requests",
            seen=", ".join(str(one.status) for one in seen),
            proof=each(seen, most=6),
            look="which request brings a status that you have already, or none that you need?",
        )
