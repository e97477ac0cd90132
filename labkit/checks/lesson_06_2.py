"""Check of 06.2: who gives up, cancels, and nobody else does. Knows the journal; knows no notebook."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import traffic, waits
from labkit.checks.bench import Bench, Scene
from labkit.checks.polling import Enough, Patience, exchanges, given_sleep, polls, retry_after_kept, submitted
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1062
SHORT = {"model": "script", "prompt": "Yes|,| we| do|.", "metadata": {"page": "opening hours"}}
TEXT = "Yes, we do."
LONG = {"model": "script", "prompt": "and| so| on| " * 400, "metadata": {"page": "history of tea"}}
DEADLINE = 5.0  # seconds, for the long one
GENEROUS = 60.0
DUE = 3.0  # seconds that the short one takes on the check's clock
CANCEL = "POST /api/v1/cancel/*"

HINTS = (
    "The server works for whoever has ordered, present or not. So giving up is two acts: to stop waiting, and to tell "
    "the server. Which of your lines does the second?",
    "Three requests: `POST /api/v1/infer` with the question as `json=`, then the polls, and only where the time is up "
    "`POST /api/v1/cancel/{request_id}`. `wait_for` tells you that the time is up: it raises TimeoutError.",
    "Almost the code: the POST, its `request_id`; `try: return wait_for(base_url, key, request_id, deadline, sleep)`; "
    "`except TimeoutError:` the cancel, and its answer's `result`.",
)


def run_or_cancel(bench: Bench, answer: Callable[..., Any]) -> str:
    """A short answer is returned and nothing is cancelled; a long one is given up, and its job is dead."""
    _in_time(bench, answer)
    asked, scene = _too_late(bench, answer)
    status = scene.ask("GET", f"/api/v1/status/{submitted(asked)}").json()["status"]
    if status != "cancelled":
        raise Wrong(
            verdict(True, f"a cancel was sent, and the job is still {status}."),
            expected="the job that you handed in, cancelled",
            seen=quoted(traffic.named(asked, CANCEL)[0].path),
            proof=brief(traffic.named(asked, CANCEL)[0]),
            look="which id stands in the address of your cancel?",
        )
    return f"A text in time, and a job called off after {counted(len(polls(asked)), 'poll')}: nobody works for nobody."


def _called(
    bench: Bench,
    scene: Scene,
    answer: Callable[..., Any],
    question: dict[str, Any],
    deadline: float,
    *,
    sleep: Patience,
) -> Any:
    def guarded(*args: Any, **options: Any) -> Any:
        try:
            return answer(*args, **options)
        except Enough as error:
            return error

    return bench.call(scene, guarded, scene.base_url, scene.key, dict(question), deadline, sleep=sleep)


def _in_time(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    sleep = Patience(scene, due=DUE, most=GENEROUS)
    value = _called(bench, scene, answer, SHORT, GENEROUS, sleep=sleep)
    seen = exchanges(scene)
    right = value == TEXT
    _ordered(seen, SHORT, right=right)
    given_sleep(sleep, polls(seen), right=right)
    if not right:
        raise Wrong(
            "Not the text of a short answer that was there in time.",
            expected=quoted(TEXT),
            seen="a loop that does not end" if isinstance(value, Enough) else quoted(value),
            proof=each(seen, most=5),
            look="what does your function return after the 200?",
        )
    retry_after_kept(sleep, seen, right=True)
    for one in traffic.named(seen, CANCEL):
        raise Wrong(
            verdict(True, "the job was done, and you called it off."),
            expected="a cancel only where the time is up",
            seen=f"{one.method} {one.path} after the result",
            proof=each(seen, most=6),
            look="in which cases does your code reach the line that cancels? `finally` is all of them",
        )


def _too_late(bench: Bench, answer: Callable[..., Any]) -> tuple[list[Exchange], Scene]:
    scene = bench.scene(SEED)
    sleep = Patience(scene, most=2 * GENEROUS)
    value = _called(bench, scene, answer, LONG, DEADLINE, sleep=sleep)
    seen = exchanges(scene)
    right = value is None
    _ordered(seen, LONG, right=right)
    given_sleep(sleep, polls(seen), right=right)
    waits.within(sleep, DEADLINE, right=right)
    cancels = traffic.named(seen, CANCEL)
    if not cancels:
        raise Wrong(
            verdict(right, "you have gone, and the job runs on."),
            expected=f"POST /api/v1/cancel/… after {DEADLINE:g} seconds without a text",
            seen=f"{counted(len(polls(seen)), 'poll')}, then nothing more; the server works on, and somebody pays",
            proof=each(seen, most=6),
            look="who tells the server that nobody wants the text any more?",
            belief="leaving-stops-the-job",
        )
    if not right:
        raise Wrong(
            "The time was up, and your function does not return None.",
            expected="None",
            seen=quoted(value),
            proof=each(seen, most=6),
            look="what does your function return after the cancel?",
        )
    later = [one for one in polls(seen) if one.number > cancels[0].number]
    if later or len(cancels) > 1:
        raise Wrong(
            verdict(True, "after the cancel there was nothing left to ask."),
            expected="the cancel as the last request: its answer says what became of the job",
            seen=f"{counted(len(later) + len(cancels) - 1, 'more request')}",
            proof=each(seen[-4:]),
            look="what does the answer to the cancel say?",
        )
    retry_after_kept(sleep, seen, right=True)
    return seen, scene


def _ordered(seen: Sequence[Exchange], question: dict[str, Any], *, right: bool) -> None:
    """The question was handed in once, as it was given."""
    orders = traffic.named(seen, "POST /api/v1/infer")
    if len(orders) != 1:
        raise Wrong(
            verdict(right, f"the question was handed in {counted(len(orders), 'time')}."),
            expected="POST /api/v1/infer, once, with the header `Authorization: Bearer …`",
            seen=", ".join(f"{one.method} {one.path}" for one in seen[:4]) or "no request with this key",
            proof=each(seen, most=5),
            look="each POST is one more job, and one more bill" if orders else "which line hands the question in?",
        )
    if _body(orders[0]) != question or orders[0].status != 200:
        raise Wrong(
            "The server has not got the question as it was given.",
            expected=f"the dictionary as JSON: {json.dumps(question)[:60]} …",
            seen=f"{orders[0].request_body[:60].decode('utf-8', 'replace')} …, answered {orders[0].status}",
            proof=brief(orders[0], ["Content-Type"]),
            look="`json=question`: the whole dictionary, and nothing around it",
        )


def _body(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.request_body)
    except ValueError:
        return None
