"""Check of 04.2: one order through a very bad Friday, and not a request more than it needs. Knows no notebook."""

from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import header, traffic, waits
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1042
FRIDAY = ("status;code=429;retry_after=2", "status;code=429;retry_after=1", "lose_reply", "status;code=503")
PRODUCT, QUANTITY, NOBODYS = 123, 1, 999
PATH = "/shop/orders"
POST = f"POST {PATH}"
KEY = "Idempotency-Key"
ATTEMPTS = 6  # at the most
LONG = 15  # times that a shop which stays closed says so
SLIPS = ("KeyError", "TypeError", "AttributeError", "UnboundLocalError", "NameError", "IndexError", "ValueError")

HINTS = (
    "Two questions, and each has its place in the code. *Which wish is this?* is answered once, before the first "
    "attempt. *What happened this time?* is answered after each attempt.",
    "After an attempt there are three ways on. No answer, 429 or a 5xx: wait, then the same again. Another 4xx: raise. "
    "Else: return. Where the answer has a Retry-After, wait that long at least; where not, longer each time, with "
    "chance.",
    'Almost the code: `headers = {…, "Idempotency-Key": str(uuid.uuid4())}`, then `for attempt in range(6):` with a '
    "`try` around nothing but `requests.post(…)`. In `except requests.RequestException`, `raise` if it was the last "
    "attempt. In `else`, if the status is one to repeat and attempts are left, add `int(answer.headers.get("
    "'Retry-After', 0))` to the pause; else `answer.raise_for_status()` and return its JSON. Last line of the loop: "
    "`sleep(pause)`.",
)


def place_order(bench: Bench, answer: Callable[..., Any]) -> str:
    """One order through 429, 429, a lost reply and a 503; a second one with a key of its own; no retry of a 422."""
    before = _orders(bench.scene(SEED))
    scene = bench.scene(SEED, *FRIDAY)
    sleep = waits.Sleep(scene)
    first = _attempts(scene, *_given(bench, scene, answer, PRODUCT, sleep))
    scene.witness.clear_faults()
    _judge_friday(scene, first, before, sleep)
    _judge_the_next_wish(bench, scene, answer, before)
    _judge_a_clear_no(bench, answer)
    _judge_the_last_attempt(bench, answer)
    return (
        f"{counted(len(first[0]), 'attempt')} and one parcel; the next wish had a key of its own, and a 422 was a no."
    )


Tried = tuple[list[Exchange], Any, str]  # the POSTs, what came back, what was raised


def _given(bench: Bench, scene: Scene, answer: Callable[..., Any], product: int, sleep: waits.Sleep) -> tuple[Any, str]:
    """(what the answer returned, what it raised)."""
    try:
        return bench.call(scene, answer, scene.base_url, scene.key, product, QUANTITY, sleep=sleep), ""
    except Crashed as crash:
        if _kind(str(crash)) in SLIPS or not scene.exchanges():
            waits.unsaid(scene, crash)
            raise
        return None, str(crash)


def _attempts(scene: Scene, value: Any, raised: str) -> Tried:
    seen = scene.exchanges()
    posts = traffic.named(seen, POST)
    if not posts:
        raise Wrong(
            "No order with this key reached the shop.",
            expected=f"{POST}, with the header Authorization: Bearer …",
            seen=raised or f"no such request; your function returned {quoted(value)}",
            proof=each(seen),
            look="base_url and the path, and the header with the key that your function is given",
        )
    return posts, value, raised


def _judge_friday(scene: Scene, tried: Tried, before: int, sleep: waits.Sleep) -> None:
    posts, value, raised = tried
    placed = _orders(scene) - before
    right = isinstance(value, dict) and posts[-1].status == 201
    if placed > 1:
        raise _too_many(posts, placed, right)
    if posts[-1].status != 201:
        raise Wrong(
            f"It gave up after {counted(len(posts), 'attempt')}.",
            expected="the same again after 429, after a 5xx, and after no answer at all: six attempts at the most",
            seen=raised or f"your function returned {quoted(value)}",
            proof=each(posts, most=6),
            look="what does your loop do with this last one?",
            belief="no-answer-is-a-no" if posts[-1].status is None else "",
        )
    header.same(posts, KEY, right=right)
    seen = scene.exchanges()[: len(posts)]
    if sleep.waits:
        look = "which header of the answer says when to come back? Chance comes on top of it, never off it"
        waits.retry_after_kept(sleep, seen, right=right, look=look, belief="retry-after-is-advice")
    waits.between(sleep, seen, right=right, belief="retry-after-is-advice")
    made = scene.ask("GET", f"{PATH}/{_latest(scene)}").json()
    if value != made:
        raise Wrong(
            "One parcel, and the way to it is fine. But your function returns something else.",
            expected=f"the order, as the shop gives it: {quoted(made)}",
            seen=raised or quoted(value),
            proof=brief(posts[-1]),
            look="the `return` line: what is in the answer, and how do you read it?",
        )


def _too_many(posts: Sequence[Exchange], placed: int, right: bool) -> Wrong:
    keys = [one.request.get(KEY) for one in posts]
    bare = not any(keys)
    return Wrong(
        verdict(right, f"one customer, one kettle, and {placed} parcels."),
        expected="one order, however often you ask",
        seen="a reply was lost after the order had been taken, and the next attempt "
        + ("did not say that it is the same wish" if bare else f"came with another {KEY}"),
        proof="\n".join(brief(one, [KEY]) for one in posts[2:5:2]),
        look=f"which header says that a request is the same wish as the one before it? {KEY}"
        if bare
        else "where is the key made: inside the loop, or before it?",
        belief="no-answer-is-a-no" if bare else "new-key-each-attempt",
    )


def _judge_the_next_wish(bench: Bench, scene: Scene, answer: Callable[..., Any], before: int) -> None:
    sleep, earlier = waits.Sleep(scene), traffic.named(scene.exchanges(), POST)
    value, raised = _given(bench, scene, answer, PRODUCT, sleep)
    later = traffic.named(scene.exchanges(), POST)[len(earlier) :]
    if len(later) == 1 and _orders(scene) == before + 2:
        return
    keys = [one.request.get(KEY) for one in (*earlier[-1:], *later[:1])]
    if len(later) == 1 and keys[0] == keys[1]:
        raise Wrong(
            "The customer ordered the same a second time, and got the first receipt again.",
            expected=f"a new {KEY} for a new wish, and a second parcel",
            seen="the key of the order before it",
            proof=brief(later[0], [KEY]),
            look="what is your key made of? Two customers may want the same thing",
            belief="same-key-same-thing",
        )
    raise Wrong(
        "The second order went wrong, on a day without any fault.",
        expected="one request, one more parcel",
        seen=raised or f"{counted(len(later), 'request')}; your function returned {quoted(value)}",
        proof=each(later),
        look="what does your function remember from one call to the next?",
    )


def _judge_a_clear_no(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    posts, value, raised = _attempts(scene, *_given(bench, scene, answer, NOBODYS, waits.Sleep(scene)))
    if len(posts) > 1:
        raise Wrong(
            f"The shop said 422, and was asked {counted(len(posts) - 1, 'more time')}.",
            expected="one request: the same gets the same",
            seen=counted(len(posts), "request"),
            proof=brief(posts[0]) + "\n" + each(posts[1:], most=2),
            look="which statuses may change by waiting, and which one only by another request?",
            belief="try-everything-again",
        )
    if not raised:
        raise Wrong(
            "The shop said 422, and your function does not say so.",
            expected="an exception: requests.HTTPError, as raise_for_status() makes it",
            seen=f"it returned {quoted(value)}",
            proof=brief(posts[0]),
            look="who looks at the status before the JSON is returned?",
        )


def _judge_the_last_attempt(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    scene.witness.add_fault("status;code=503", first=LONG)
    posts, value, raised = _attempts(scene, *_given(bench, scene, answer, PRODUCT, waits.Sleep(scene)))
    if len(posts) > ATTEMPTS:
        raise Wrong(
            f"The shop stayed closed, and was asked {len(posts)} times.",
            expected=f"{ATTEMPTS} attempts at the most, then an exception",
            seen=counted(len(posts), "attempt"),
            proof=each(posts, most=3),
            look="what ends your loop when no attempt succeeds?",
        )
    if not raised:
        raise Wrong(
            "The shop stayed closed, and your function does not say so.",
            expected="an exception after the last attempt",
            seen=f"it returned {quoted(value)}",
            proof=each(posts, most=6),
            look="what stands behind your loop? A function that falls off its end returns None",
        )


def _orders(scene: Scene) -> int:
    return int(scene.ask("GET", PATH).json()["total"])


def _latest(scene: Scene) -> int:
    return int(scene.ask("GET", f"{PATH}?sort=-id&per_page=1").json()["orders"][0]["id"])


def _kind(crash: str) -> str:
    return crash.partition(":")[0]
