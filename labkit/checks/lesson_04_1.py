"""Check of 04.1: a call that says yes, no, or that nobody knows, and ends in time. Knows no notebook."""

import json
import threading
from collections.abc import Callable
from typing import Any

from labkit.checks import connection
from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1041
ORDERS, TEA = "/shop/orders", "/shop/products/101"
ORDER = {"product_id": 123, "quantity": 1}
DRIP = "drip;bytes=2;seconds=0.5"  # more than a minute for the whole page, and never a silence of a second
AMPLE, BUDGET = 10.0, 1.0  # seconds that an answer is given: for a server that is well, and for one that drips
MERCY = 4.0  # seconds after which one that does not leave is freed

# What befalls an order -> what nobody knows then, and where to look.
UNKNOWN = {
    "lose_reply": (
        "the reply was lost after the order had been taken",
        "whoever reads False will order again: how many parcels are that?",
    ),
    "status;code=500": (
        "the server broke, perhaps after it had done its work",
        "which statuses are a no for certain, and which one only says that something broke on the way?",
    ),
}

HINTS = (
    "For each way in which a call can end, ask: does my caller know now whether it was done? There are three answers: "
    "yes, no, and *nobody knows*. Which of them may say False?",
    "`timeout` is for the silences. For the whole: `stream=True`, then read piece by piece with `iter_content(1)`, and "
    "compare `time.monotonic()` with the moment at which it has to be over. `with` hangs up when you leave.",
    'Almost the code: `method = "GET" if data is None else "POST"`. Inside a `try` one `with requests.request(method, '
    "url, json=data, headers=headers, stream=True, timeout=seconds) as answer:`, and in its loop over the pieces raise "
    "`requests.Timeout` when it is too late. `except (requests.RequestException, ValueError)` returns success None. "
    'Below it: `answer.ok` is True; a status below 500 is False, with `json.loads(body)["error"]["message"]`; the rest '
    "is None.",
)


def safe_api_call(bench: Bench, answer: Callable[..., Any]) -> str:
    """A no with the server's words and its id, a yes with the data, and None where no whole answer came in time."""
    _judge_no(bench, answer)
    _judge_yes(bench, answer)
    for plan, (what, look) in UNKNOWN.items():
        _judge_unknown(bench, answer, plan, what, look)
    _judge_drip(bench, answer)
    return "A no in the server's own words, two times None where nobody knows, and gone before the drip was over."


def _called(bench: Bench, scene: Scene, answer: Callable[..., Any], path: str, data: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {scene.key}"}
    seconds = BUDGET if scene.fault == DRIP else AMPLE
    value = bench.call(scene, answer, scene.base_url + path, headers, data, seconds=seconds)
    if isinstance(value, dict) and "success" in value:
        return value
    raise Wrong(
        "Your function does not return one of the three dictionaries.",
        expected='a dict with "success" in it: True, False or None',
        seen=quoted(value),
        proof=_last(scene),
        look="every way out of your function: does each of them return?",
    )


def _the_one(scene: Scene, method: str, path: str) -> Exchange:
    seen = scene.exchanges()
    if len(seen) == 1 and (seen[0].method, seen[0].path) == (method, path):
        return seen[0]
    raise Wrong(
        f"An order was given, and it arrived as a {seen[0].method}."
        if len(seen) == 1 and method == "POST"
        else f"One call made {counted(len(seen), 'request')}.",
        expected=f"one {method} {path}",
        seen=", ".join(f"{one.method} {one.path}" for one in seen) or "no request with these headers",
        proof=each(seen),
        look="an empty dictionary is an order form too: does your code ask whether there is data, or what is in it?"
        if method == "POST"
        else "which line sends, and with which address and headers?",
        belief="empty-is-nothing" if len(seen) == 1 and method == "POST" else "",
    )


def _judge_no(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    value = _called(bench, scene, answer, ORDERS, {})
    one = _the_one(scene, "POST", ORDERS)
    said = json.loads(one.body)["error"]["message"]
    wanted = (False, said, one.response.get("X-Request-Id"))
    got = (value["success"], value.get("error"), value.get("request_id"))
    if got == wanted:
        return
    name = next(
        name for name, due, is_ in zip(("success", "error", "request_id"), wanted, got, strict=True) if due != is_
    )
    raise Wrong(
        "The server said a clear no, and your function does not hand it on."
        if name == "success"
        else f'Of the refusal, "{name}" is not what the server said.',
        expected=f'"{name}": {quoted(dict(zip(("success", "error", "request_id"), wanted, strict=True))[name], 120)}',
        seen=quoted(value, 160),
        proof=brief(one) + f"\n← X-Request-Id: {wanted[2]}",
        look={
            "success": "which statuses are a no for certain?",
            "error": "who wrote the text in `error`: the server, or the library? The body of a 422 is worth reading",
            "request_id": "the headers of the answer: one of them is its name",
        }[name],
    )


def _judge_yes(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    value = _called(bench, scene, answer, TEA)
    one = _the_one(scene, "GET", TEA)
    if (value["success"], value.get("data")) != (True, json.loads(one.body)):
        raise Wrong(
            "The server did what it was asked, and your function does not say so.",
            expected='"success": True, and the JSON of the answer as "data"',
            seen=quoted(value, 120),
            proof=brief(one),
            look="what stands in the body, and who reads it?",
        )


def _judge_unknown(bench: Bench, answer: Callable[..., Any], plan: str, what: str, look: str) -> None:
    scene = bench.scene(SEED, plan)
    value = _called(bench, scene, answer, ORDERS, dict(ORDER))
    one = _the_one(scene, "POST", ORDERS)
    if value["success"] is None and value.get("error"):
        return
    raise Wrong(
        f"success is {value['success']}, and nobody knows that."
        if value["success"] is not None
        else "Nobody knows, and your function has no words for it.",
        expected='"success": None, and an "error" that helps',
        seen=quoted(value, 120),
        proof=brief(one) + f"\n({what})",
        look=look,
        belief="no-answer-is-a-no" if value["success"] is False else "",
    )


def _judge_drip(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED, DRIP)
    mercy = threading.Timer(MERCY, scene.witness.hang_up)
    mercy.start()
    try:
        value = _called(bench, scene, answer, TEA)
    finally:
        mercy.cancel()
    one = _the_one(scene, "GET", TEA)
    right = value["success"] is None and bool(value.get("error"))
    connection.all_ended([one], right=right)
    if one.ended != connection.LEFT:
        raise Wrong(
            verdict(right, f"the answer dripped, and after {one.seconds or MERCY:.0f} s you were still reading."),
            expected=f"that you hang up after about {BUDGET:g} s: seconds={BUDGET:g} was all that you had",
            seen="a byte or two every now and then"
            + (", until the check hung up for you" if one.ended == "the lab hung up" else ", to the very last one"),
            proof=brief(one, chunks=4),
            look="which clock does `timeout` set, and when does it start again? What measures the whole? If something "
            "does: for how many bytes does it wait before it looks?",
            belief="timeout-is-the-total",
        )
    if not right:
        raise Wrong(
            "Half an answer came, and your function knows more than anybody can.",
            expected='"success": None, and an "error" that helps',
            seen=quoted(value, 120),
            proof=brief(one, chunks=4),
            look="what do you know for certain when you left before the end?",
            belief="no-answer-is-a-no",
        )


def _last(scene: Scene) -> str:
    seen = scene.exchanges()
    return brief(seen[-1]) if seen else ""
