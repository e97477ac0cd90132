"""Check of 01.4: one field changed, all others untouched, and a 404 told. Knows the journal; knows no notebook."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import traffic
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import brief, counted, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1014
DELIVERIES = ((108, 24), (153, 12))  # a product, and how many came; the second one was sold out
NOBODY = 999
OURS = {"stock", "updated"}  # what may differ afterwards
TOLD = "LookupError"

HINTS = (
    "Two requests: one to learn how many there are, one to say how many there are now. The second says nothing else.",
    "PUT replaces the whole product, so what you leave out is gone. PATCH changes what you name. And no status makes "
    "`requests` raise: look at `status_code` before you look into the JSON.",
    "Almost the code: `response = requests.get(url)`; `if response.status_code == 404: raise LookupError(…)`; then "
    '`requests.patch(url, json={"stock": …})`, and the new stock stands in its answer.',
)


def restock(bench: Bench, answer: Callable[..., Any]) -> str:
    """Adds to the stock of two products by GET and PATCH, and raises LookupError for one that is not there."""
    for product, came in DELIVERIES:
        _judge_delivery(bench, answer, product, came)
    _judge_nobody(bench, answer)
    return "Two deliveries counted in, every other field as it was, and a product that is not there was told as that."


def _path(product: int) -> str:
    return f"/shop/products/{product}"


def _judge_delivery(bench: Bench, answer: Callable[..., Any], product: int, came: int) -> None:
    scene = bench.scene(SEED, door=True)
    value = bench.call(scene, answer, scene.base_url, product, came)
    seen = scene.exchanges()
    before = bench.scene(SEED).ask("GET", _path(product)).json()
    after = scene.ask("GET", _path(product)).json()
    due = before["stock"] + came
    right = value == due and after.get("stock") == due
    _judge_put(seen, before, after, right)
    if after.get("stock") != due:
        raise _not_counted_in(seen, before, after, due)
    traffic.in_order(
        seen, f"GET {_path(product)}", f"PATCH {_path(product)}", right=right, look="how does your code know the stock?"
    )
    (change,) = traffic.times(seen, f"PATCH {_path(product)}", 1, right=right)
    if set(_body(change)) != {"stock"}:
        raise Wrong(
            verdict(right, "you also said what you did not want to change."),
            expected=f'{{"stock": {due}}} and nothing else: another program may have changed the price meanwhile',
            seen=", ".join(_body(change)),
            proof=brief(change),
            look="the dict in your PATCH: which entry is your business?",
        )
    if len(seen) != 2:
        raise Wrong(
            verdict(right, f"it took {counted(len(seen), 'request')}."),
            expected=f"GET {_path(product)}, then PATCH {_path(product)}",
            seen=", ".join(f"{one.method} {one.path}" for one in seen),
            proof=brief(seen[-1]),
            look="the answer to a PATCH is the product as it is now: which request asks what you know already?",
        )
    if value != due:
        raise Wrong(
            "The shop is right, but your function returns something else.",
            expected=f"{due}, the new stock",
            seen=quoted(value),
            proof=brief(change),
            look="the `return` line: one number, from the answer to the PATCH",
        )


def _judge_put(seen: Sequence[Exchange], before: dict[str, Any], after: dict[str, Any], right: bool) -> None:
    puts = traffic.named(seen, "PUT /shop/products/*")
    if not puts:
        return
    whole = "a PUT replaces the whole product."
    if puts[0].status == 422:
        whole = "the shop refused the PUT, for a PUT says the whole product."
    lost = [name for name in before if name not in OURS and after.get(name) != before[name]]
    raise Wrong(
        verdict(right, f"PUT took {', '.join(lost)} away." if lost else whole),
        expected="a request that changes the stock and leaves everything else as it is",
        seen=f"PUT {puts[0].path}, answered {puts[0].status}",
        proof=brief(puts[0]),
        look="what becomes of a field that a PUT does not name? Which method changes only what it names?"
        if lost or puts[0].status != 200
        else "a price that somebody changed after your GET: what does your PUT write over it?",
        belief="put-changes-what-i-send",
    )


def _not_counted_in(seen: Sequence[Exchange], before: dict[str, Any], after: dict[str, Any], due: int) -> Wrong:
    changes = traffic.named(seen, "PATCH *")
    return Wrong(
        "The stock is not what it should be.",
        expected=f"{due}: {before['stock']} were there, {due - before['stock']} came",
        seen=f"{after.get('stock')} in the shop",
        proof=brief((changes or seen)[-1]) if seen else "",
        look="which line adds the two numbers?" if changes else "which request of yours tells the shop about it?",
    )


def _body(exchange: Exchange) -> dict[str, Any]:
    try:
        found = json.loads(exchange.request_body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _judge_nobody(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED, door=True)
    expected = f"{TOLD}, raised by your function: the shop answered 404"
    try:
        value = bench.call(scene, answer, scene.base_url, NOBODY, 5)
    except Crashed as crash:
        if str(crash).startswith(f"{TOLD}:"):
            _judge_quiet(scene)
            return
        raise _another_error(scene, crash, expected) from None
    handed = isinstance(value, Exception)
    raise Wrong(
        f"There is no product {NOBODY}, and your function {'returns the error' if handed else 'does not say so'}.",
        expected=expected,
        seen=f"it returned {quoted(value)}",
        proof=_last(scene),
        look="`return` hands an error over like any other value: whose `try` would notice? Which word throws it?"
        if handed
        else "who looks at `status_code`? A 404 raises nothing by itself",
        belief="" if handed else "error-status-is-my-crash",
    )


def _another_error(scene: Scene, crash: Crashed, expected: str) -> Wrong:
    return Wrong(
        "The 404 went unnoticed, and something else broke later."
        if "KeyError" in str(crash)
        else "Another error came.",
        expected=expected,
        seen=str(crash),
        proof=_last(scene),
        look="the line before the one that broke: what was the status then?",
        belief="error-status-is-my-crash" if "KeyError" in str(crash) else "",
    )


def _judge_quiet(scene: Scene) -> None:
    """A 404 to the GET: then there is nothing to change."""
    seen = scene.exchanges()
    (first,) = traffic.in_order(seen, f"GET {_path(NOBODY)}", right=True)
    traffic.nothing_after(seen, first, right=True)


def _last(scene: Scene) -> str:
    seen = scene.exchanges()
    return brief(seen[-1]) if seen else ""
