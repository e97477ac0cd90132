"""Check of 07.1: prices side by side, never more than eight at once, over one client. Knows no notebook."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import overlap
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import counted, each, quoted, verdict
from labkit.checks.pulse import Pulse
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1701
IDS = (113, 101, 142, 123, 105, 9999, 110, 131, 137, 144, 150, 102, 147, 118, 126, 109)
PATHS = "/shop/products/*"
TOGETHER, MOST = 5, 8
BARRIER = f"barrier;n={TOGETHER};seconds=2"
BREW = "latency;seconds=1"
BARRIER_TTL, BREW_TTL = 3.0, 6.0  # seconds: who comes alone shall not wait in vain sixteen times

HINTS = (
    "Three things have to come together: something that starts all of them, an `await` at every place that waits, "
    "and one valve that all of them pass. Which of the three does your function lack?",
    "Write a small `async def` for one price, inside your function, so that it sees the client and the semaphore. In "
    "it, `async with` the semaphore around the request. Then hand all of them to `asyncio.gather`, which keeps their "
    "order.",
    "Almost the code: `cups = asyncio.Semaphore(8)`, then `async with httpx2.AsyncClient(base_url=…, headers=…) as "
    "client:`. In `async def one(number):` stands `async with cups:` and the `await client.get(…)`; the last line is "
    "`return await asyncio.gather(*[one(number) for number in ids])`, still inside the client's block.",
)


def prices(bench: Bench, answer: Callable[..., Any]) -> str:
    """Five at a barrier, then eleven that take their time: the journal counts who was open beside whom."""
    scene = bench.scene(SEED)
    scene.witness.add_fault(BARRIER, path=PATHS, first=TOGETHER, ttl=BARRIER_TTL)
    scene.witness.add_fault(BREW, path=PATHS, first=len(IDS) - TOGETHER, ttl=BREW_TTL)
    crash: Crashed | None = None
    value: Any = None
    with Pulse(bench.loop) as pulse:
        try:
            value = bench.call(scene, answer, scene.base_url, scene.key, list(IDS))
        except Crashed as error:
            crash = error
    seen = scene.exchanges()
    if crash is not None and not any(one.status == 408 for one in seen):
        raise crash
    if asyncio.isfuture(value):
        value.cancel()
        raise Wrong(
            "Your function came back before its work was done.",
            expected=f"a list of {len(IDS)} prices",
            seen="a future: work under way, which somebody still has to await",
            proof=each(seen),
            look="the line with `return`: is there an `await` in it, and is the client still open there?",
        )
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=f"GET /shop/products/{IDS[0]} and fifteen more",
            seen=f"no request; your function returned {quoted(value)}",
            look="the header `Authorization: Bearer …` with the key that your function is given, and base_url",
        )
    _side_by_side(seen, pulse)
    if crash is not None:
        raise crash
    scene.witness.clear_faults()
    _right_prices(value, _due(scene), seen)
    _once_each(seen)
    overlap.at_most(seen, MOST, right=True)
    lines = len({one.connection for one in seen})
    if lines > MOST:
        raise Wrong(
            verdict(True, f"{counted(len(seen), 'request')} took {counted(lines, 'connection')}."),
            expected=f"{MOST} connections at the most, each used again",
            seen=f"{lines}",
            proof=each(seen, most=4),
            look="how many clients does your function make? A client keeps its lines and lends them out; a new one "
            "has none",
        )
    lanes = counted(lines, "connection")
    return f"{len(IDS)} prices in their order, {overlap.peak(seen)} at once, over {lanes}."


def _side_by_side(seen: Sequence[Exchange], pulse: Pulse) -> None:
    alone = max((one.seconds or 0.0 for one in seen if one.status == 408), default=0.0)
    in_turn = overlap.peak(seen) < 2
    frozen = in_turn and pulse.longest > alone / 2
    overlap.together(
        seen,
        TOGETHER,
        look="your event loop stood still while a request waited: which call in your function waits without `await`?"
        if frozen
        else ""
        if in_turn
        else "how many may pass your valve? Eight may be open at once, and eight should be",
        belief="async-def-is-enough" if frozen else "await-starts-them-all" if in_turn else "",
    )


def _due(scene: Scene) -> list[Any]:
    found = [scene.ask("GET", f"/shop/products/{number}") for number in IDS]
    return [answer.json()["price"] if answer.status_code == 200 else None for answer in found]


def _right_prices(value: Any, due: list[Any], seen: Sequence[Exchange]) -> None:
    if value == due:
        return
    if not isinstance(value, list) or len(value) != len(due):
        length = f" of {len(value)}" if isinstance(value, list) else ""
        raise Wrong(
            "Your function does not return a price for each number.",
            expected=f"a list of {len(due)}: prices, and None for the missing product",
            seen=f"a {type(value).__name__}{length}: {quoted(value)}",
            proof=each(seen),
            look="what does your function `return`? What becomes of the product that does not exist?",
        )
    mixed = Counter(map(repr, value)) == Counter(map(repr, due))
    place = next(place for place, price in enumerate(due) if value[place] != price)
    raise Wrong(
        "All prices are there, and not in the order of `ids`."
        if mixed
        else f"Not the price of product {IDS[place]} in its place.",
        expected=f"{quoted(due[place])} at place {place}",
        seen=quoted(value[place]),
        proof=each(seen),
        look="gather gives its results in the order of what it was handed, whoever came first"
        if mixed
        else "the field `price` of a 200, and None for a 404",
    )


def _once_each(seen: Sequence[Exchange]) -> None:
    wanted = Counter(f"/shop/products/{number}" for number in IDS)
    if Counter(one.target for one in seen) != wanted:
        raise Wrong(
            verdict(True, f"it took {counted(len(seen), 'request')}, and not one for each number."),
            expected="each product once",
            seen=f"{counted(len(seen), 'request')}, {len({one.target for one in seen})} of them different",
            proof=each(seen),
            look="which line of yours sends a request that nobody asked for?",
        )
