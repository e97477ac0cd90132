"""Check of 07.2: the first good answer of five, and the others told that nobody waits any more. Knows no notebook."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import connection
from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1721
# Each supplier is a product of the sandbox; what its answer suffers, in the order in which they are given.
SUPPLIERS = {
    101: "status;code=503",
    102: "drip;bytes=20;seconds=0.5",
    103: "lose_reply",
    104: "latency;seconds=0.5",
    105: "latency;seconds=6",
}
BEST, LOSERS = 104, (102, 105)
CLOSED = {101: "status;code=503", 9999: "", 103: "lose_reply"}

HINTS = (
    "Three questions, one after the other: who is done first? Was it a good answer? And who tells the others that "
    "nobody waits for them any more?",
    "`asyncio.create_task(…)` starts a call at once. `for call in asyncio.as_completed(tasks): answer = await call` "
    "gives them in the order in which they are done; a broken line raises there. A task that is not needed has "
    "`.cancel()`.",
    "Almost the code: inside the client's block, one task for each url. In a `try`, the loop over `as_completed`, "
    "with a `try … except httpx2.TransportError: continue` around its `await`, and `return answer.json()` at the "
    "first 200. `finally`: `for task in tasks: task.cancel()`. After the loop nobody was good: `return None`.",
)


def fastest(bench: Bench, answer: Callable[..., Any]) -> str:
    """Five suppliers: refused, slow to tell, broken, good, slow to begin. Then three of which none is good."""
    scene, urls = _suppliers(bench, SEED, SUPPLIERS)
    value = bench.call(scene, answer, list(urls.values()), scene.key)
    seen = scene.exchanges()
    scene.witness.clear_faults()
    _first_good(value, scene, urls, seen)
    _each_once(seen, urls)
    for number in LOSERS:
        loser = next(one for one in seen if one.path == _path(number))
        connection.left(
            loser,
            right=True,
            look="you have what you wanted: which line cancels the tasks that are still under way?",
            belief="first-one-stops-the-rest",
        )
    scene, urls = _suppliers(bench, SEED + 1, CLOSED)
    value = bench.call(scene, answer, list(urls.values()), scene.key)
    if value is not None:
        raise Wrong(
            "Nobody had a good answer, and your function found one.",
            expected="None",
            seen=quoted(value),
            proof=each(scene.exchanges()),
            look="what makes an answer a good one? Its status says so",
        )
    return "Five asked at once, the first good answer taken, two slow ones left; and None where nobody had one."


def _suppliers(bench: Bench, seed: int, faults: dict[int, str]) -> tuple[Scene, dict[int, str]]:
    scene = bench.scene(seed)
    for number, plan in faults.items():
        if plan:
            scene.witness.add_fault(plan, path=_path(number), first=100)
    return scene, {number: scene.base_url + _path(number) for number in faults}


def _path(number: int) -> str:
    return f"/shop/products/{number}"


def _first_good(value: Any, scene: Scene, urls: dict[int, str], seen: Sequence[Exchange]) -> None:
    due = scene.ask("GET", _path(BEST)).json()
    if value == due:
        return
    whose = value.get("id") if isinstance(value, dict) else None
    refused = isinstance(value, dict) and "error" in value
    raise Wrong(
        "That is the first answer, and it is a refusal."
        if refused
        else "That is a good answer, and not the first good one."
        if whose in SUPPLIERS
        else "Your function does not return what the fastest good supplier said.",
        expected=f"the JSON of {_path(BEST)}, as a dict: {quoted(due)}",
        seen=f"that of {_path(whose)}" if whose in SUPPLIERS else quoted(value),
        proof=each(seen, most=5),
        look="done is not good: what does your code look at before it takes an answer?"
        if refused
        else "are all of them under way before you wait for one? `as_completed` gives them as they are done"
        if whose in SUPPLIERS
        else "what does your function `return`?",
    )


def _each_once(seen: Sequence[Exchange], urls: dict[int, str]) -> None:
    asked = Counter(one.path for one in seen if one.method == "GET")
    if asked != Counter(map(_path, urls)) or len(seen) != len(urls):
        raise Wrong(
            verdict(True, f"{counted(len(asked), 'supplier')} of {len(urls)} got {counted(len(seen), 'request')}."),
            expected="each of the five asked once, all of them at the same time",
            seen=", ".join(f"{path} x {number}" for path, number in asked.items()) or "no request with your key",
            proof=each(seen, most=5),
            look="which line starts a request, and how often does it run for each url?",
        )
