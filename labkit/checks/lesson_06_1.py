"""Check of 06.1: one client of seven jobs, polled as the server asks and not beyond their ends. Knows no notebook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.checks.bench import Bench, Scene
from labkit.checks.polling import PENDING, Enough, Patience, exchanges, given_sleep, polls, retry_after_kept, submit
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1061
TEXT = "Green| tea| is| ready|."
QUESTION = {"model": "script", "prompt": TEXT}
SLOW = "ttft=1.5;tps=5000;jitter=0"
NEVER = "ttft=30"
LONG = 40.0  # seconds that the slow job takes on the check's clock, and how long the stalled one is waited for
MOST = 20  # polls in that time
NOBODYS = "00000000-0000-4000-8000-000000000000"
CLOSED = 2  # times that the counter is closed, for
PAUSE = 3  # seconds each
FEW = 5.0  # seconds: whoever waits as long as this each time bothers nobody
SLIPS = (NotImplementedError, TypeError, NameError, AttributeError, KeyError, IndexError, ValueError)  # never meant

HINTS = (
    "One loop, one poll in it, and behind the poll a question with five answers: done, not yet, closed for a moment, "
    "unknown, over without a result. Which of them lead back into the loop?",
    "Only 202 and 503 lead back. The wait is the larger of two: what `Retry-After` says (`response.headers.get("
    '"Retry-After", 0)`), and a pause of your own that doubles each time. Before you sleep, add it to what you have '
    "slept so far, and compare the sum with `deadline`.",
    "Almost the code: `while True:` one `requests.get(…)`; 200: `return`; 404: `raise LookupError(…)`; not in "
    '(202, 503): `raise RuntimeError(response.json()["error"]["message"])`; then `wait = max(pause, '
    'float(response.headers.get("Retry-After", 0)))`, the deadline, `sleep(wait)`, `pause = min(2 * pause, 8)`.',
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one job: what the answer returned or raised, and the requests that it made."""

    scene: Scene
    value: Any
    sleep: Patience
    seen: list[Exchange]

    @property
    def polls(self) -> list[Exchange]:
        return polls(self.seen)


def wait_for(bench: Bench, answer: Callable[..., Any]) -> str:
    """A quick job, a slow one; a failed, a cancelled, an unknown one; one at a closed counter, one that stalls."""
    _quick(_tried(bench, answer, "instant"))
    _slow(_tried(bench, answer, SLOW, due=LONG))
    _over(_tried(bench, answer, "instant", fault="late_error;after=0"), RuntimeError, "failed", "stopped working")
    _over(_tried(bench, answer, NEVER, cancelled=True), RuntimeError, "called off", "cancelled")
    _over(_tried(bench, answer, ""), LookupError, "unknown", "")
    _closed(_tried(bench, answer, "instant", closed=True))
    _stalled(_tried(bench, answer, NEVER, deadline=LONG))
    return "Seven jobs: the slow one was asked less and less often, none too early, and none after its end."


def _tried(
    bench: Bench,
    answer: Callable[..., Any],
    pace: str,
    *,
    fault: str = "",
    due: float = 0.0,
    closed: bool = False,
    cancelled: bool = False,
    deadline: float = 120.0,
) -> Tried:
    """One job of the check's own, waited for; it ends when the waits are `due`. Without a `pace` there is none."""
    scene = bench.scene(SEED)
    job = submit(scene, pace, fault, **QUESTION) if pace else NOBODYS
    if cancelled:
        scene.ask("POST", f"/api/v1/cancel/{job}")
    if closed:
        scene.witness.add_fault(f"status;code=503;retry_after={PAUSE}", path="/api/v1/*", first=CLOSED)
    sleep = Patience(scene, due=due or float("inf"), most=deadline)

    def guarded(*args: Any, **options: Any) -> Any:
        try:
            return answer(*args, **options)
        except SLIPS:
            raise
        except (Exception, Enough) as error:
            return error

    value = bench.call(scene, guarded, scene.base_url, scene.key, job, deadline=deadline, sleep=sleep)
    return Tried(scene, value, sleep, exchanges(scene))


def _quick(tried: Tried) -> None:
    if not tried.polls:
        raise Wrong(
            "No poll with this key reached the server.",
            expected="GET /api/v1/result/… with the header `Authorization: Bearer …`",
            seen=_shown(tried.value),
            look="the address: base_url, /api/v1/result/, the request_id; and the header with the key",
        )
    _judge_value(tried, "a job that was done before you asked")
    _no_more_after(tried, tried.polls[0])


def _slow(tried: Tried) -> None:
    """The text, and nothing for it. How its polls lie in time is judged where the job cannot end by itself."""
    _not_taken_for_result(tried)
    right = tried.value == _text()
    given_sleep(tried.sleep, tried.polls, right=right)
    retry_after_kept(tried.sleep, tried.seen, right=right)
    _judge_value(tried, "a slow job")


def _not_taken_for_result(tried: Tried) -> None:
    if not _raised(tried) and tried.value != _text() and len(tried.polls) == 1 and tried.polls[0].status == PENDING:
        raise Wrong(
            "The first answer was taken for the result.",
            expected=quoted(_text()),
            seen=_shown(tried.value),
            proof=brief(tried.polls[0]) + f"\n← … {tried.polls[0].body[-50:].decode('utf-8', 'replace')}",
            look="which status had this answer? It is a success, and what is in the body?",
            belief="any-success-is-the-result",
        )


def _closed(tried: Tried) -> None:
    if isinstance(tried.value, Exception):
        raise Wrong(
            "The counter was closed for a moment, and your function gave the job up.",
            expected=f"to come back after the {PAUSE} seconds that the 503 asks for, and to return {quoted(_text())}",
            seen=_shown(tried.value),
            proof=each(tried.polls, most=4) + f"\n← retry-after: {PAUSE}",
            look="a 503 speaks of the server, not of the job: may the job be fine?",
        )
    right = tried.value == _text()
    given_sleep(tried.sleep, tried.polls, right=right)
    retry_after_kept(tried.sleep, tried.seen, right=right)
    _judge_value(tried, "a job behind a counter that was closed twice")


def _over(tried: Tried, due: type[Exception], what: str, words: str) -> None:
    """The job is over, and there is no result: one poll, one exception with the server's words."""
    end = tried.polls[0] if tried.polls else None
    if end is None:
        raise Wrong(
            "Your function did not ask for this job.", expected="one poll", seen="no request", look="its request_id"
        )
    if len(tried.polls) > 2 or isinstance(tried.value, Enough | TimeoutError):
        raise Wrong(
            f"The job is {what}, and your code goes on asking.",
            expected=f"one poll, then {due.__name__}",
            seen=counted(len(tried.polls), "poll"),
            proof=brief(end) + "\n" + each(tried.polls[1:]),
            look="which answers keep your loop going? Say those, and let every other answer end it",
            belief="over-means-completed",
        )
    named = type(tried.value).__name__
    if not isinstance(tried.value, due):
        raise Wrong(
            f"The job is {what}, and your function {'raises ' + named if _raised(tried) else 'returns a value'}.",
            expected=f"{due.__name__}, so that nobody takes it for a text",
            seen=_shown(tried.value),
            proof=brief(end),
            look="which line raises this, and does it know the words in the server's body?"
            if _raised(tried)
            else f"what does your function do with a {end.status}, before it reads the body?",
            belief="" if _raised(tried) else "over-means-completed",
        )
    if words not in str(tried.value):
        raise Wrong(
            "The exception does not say why there is no text.",
            expected="the server's own words: they stand in the body of its answer",
            seen=_shown(tried.value),
            proof=brief(end),
            look='`response.json()["error"]["message"]`',
        )
    _no_more_after(tried, end)


def _stalled(tried: Tried) -> None:
    """A job that never ends: the polls grow rare, and the deadline ends them. The texts were right until here."""
    _not_taken_for_result(tried)
    given_sleep(tried.sleep, tried.polls, right=True)
    retry_after_kept(tried.sleep, tried.seen, right=True)
    number, pauses = len(tried.polls), tried.sleep.waits
    if number > MOST or (len(pauses) >= 4 and max(pauses) == min(pauses) < FEW):
        raise Wrong(
            verdict(True, f"{counted(number, 'poll')} for one job, and your waits do not grow."),
            expected=f"waits that grow, so that {LONG:g} seconds take {MOST} polls at the most",
            seen=", ".join(f"{wait:g}" for wait in pauses[:6]) + " … seconds",
            proof=each(tried.polls, most=4),
            look="`Retry-After` is the earliest moment, not the best one. Which line makes the next pause longer?",
        )
    if sum(pauses) > LONG:
        raise Wrong(
            f"Your function has waited {sum(pauses):g} s where {LONG:g} s were all it had.",
            expected=f"TimeoutError instead of a wait that goes beyond {LONG:g} s in all",
            seen=", ".join(f"{wait:g}" for wait in pauses[:8]) + " seconds",
            look="who adds up what was slept, and compares before the next sleep? A clock on the wall does not see "
            "the waits of this check: it only counts them",
        )
    if not isinstance(tried.value, TimeoutError):
        raise Wrong(
            "The deadline is over, and nobody is told.",
            expected="TimeoutError",
            seen=_shown(tried.value),
            proof=each(tried.polls, most=4),
            look="what leaves your loop when the deadline is over?",
        )


def _judge_value(tried: Tried, what: str) -> None:
    if tried.value == _text():
        return
    if _raised(tried):
        raise Wrong(
            f"Your function raises {type(tried.value).__name__} for {what}.",
            expected=quoted(_text()),
            seen=_shown(tried.value),
            proof=brief(tried.polls[-1]),
            look="what does this answer say, and what does your code make of it?",
        )
    raise Wrong(
        f"Not the text of {what}.",
        expected=quoted(_text()),
        seen=_shown(tried.value),
        proof=brief(tried.polls[-1]),
        look='the field `result` of the body: `response.json()["result"]`',
    )


def _no_more_after(tried: Tried, end: Exchange) -> None:
    """After the end nothing is asked, but the result of what a status has called completed."""
    more = [one for one in tried.polls if one.number > end.number]
    if any(one.path == end.path for one in more) or len(more) > 1:
        raise Wrong(
            verdict(True, f"the job was over with the first answer, and it took {len(tried.polls)} polls."),
            expected="no poll after the end",
            seen=counted(len(tried.polls), "poll"),
            proof=each(tried.polls),
            look="which line sends the second one? Keep the response in a variable, and look at it twice",
        )


def _raised(tried: Tried) -> bool:
    return isinstance(tried.value, BaseException)


def _shown(value: Any) -> str:
    return f"{type(value).__name__}: {value}"[:160] if isinstance(value, BaseException) else quoted(value)


def _text() -> str:
    return TEXT.replace("|", "")
