"""What every exercise's check must do with every kind of answer: stub, solution, hang, crash, no function at all."""

import json
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from labkit import checks, shelf
from labkit.checks import CHECKS
from labkit.manifest import MANIFEST, load
from labkit.outcome import Outcome
from labkit.render import card

pytestmark = pytest.mark.long

Judge = Callable[..., Outcome]
ROOT = Path(__file__).parents[3]
PATIENCE = 1.5
SILENCE = 30  # seconds that the model says nothing, where an answer waits for it
HOMEWORK = [exercise.id for exercise in load(ROOT / MANIFEST).exercises if not exercise.guided]
every_exercise = pytest.mark.parametrize("exercise", CHECKS)
AWAITED = [exercise for exercise, check in CHECKS.items() if check.awaited]
CLASSES = {"07.3", "07.4"}  # given one to make, whose methods are awaited
NO_ADDRESS = {"06.3"}  # judges what was delivered to it, and is given nothing that it could ask


def ask(base_url: str, *rest: str, **headers: str) -> requests.Response:
    """A question to the model: the exercise's own, with its key, where it has both."""
    body = {"model": "tea-small", "messages": [{"role": "user", "content": rest[-1] if rest else "Hi"}], "stream": True}
    headers |= {"Authorization": f"Bearer {rest[0]}"} if len(rest) > 1 else {}
    return requests.post(f"{base_url}/v1/chat/completions", json=body, headers=headers)


def waits_for_ever(first: Any, *rest: Any, **_: Any) -> Any:
    """For a silent model, at what the exercise hands over: an address, a line, or a request's headers."""
    slow = {"x-lab-pace": f"ttft={SILENCE}"}
    if isinstance(first, socket.socket):
        body = b'{"model": "tea-small", "messages": [{"role": "user", "content": "Hi"}], "stream": true}'
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {rest[0]}\r\nx-lab-pace: ttft={SILENCE}\r\n"
        first.settimeout(None)
        first.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return first.makefile("rb").read()
    if "://" not in first:
        return ask(f"http://{rest[1]['Host']}", **slow)
    first = "/".join(first.split("/")[:3])
    slow |= next((one for one in rest if isinstance(one, dict) and "Authorization" in one), {})
    keys = [at for at, one in enumerate(rest) if str(one).startswith("lab-")]  # some lessons have a door, and no key
    given = [*rest[keys[0] :], "Hi"][: max(2, len(rest) - keys[0])] if keys else []
    for _ in range(8):  # the scene may have faults of its own, which answer at once
        began = time.monotonic()
        try:
            ask(first, *(one if isinstance(one, str) else "Hi" for one in given), **slow)
        except requests.RequestException:
            if time.monotonic() - began > PATIENCE / 2:
                raise


def reads_what_is_no_json(*_: Any, **__: Any) -> Any:
    return json.loads("tea")


async def awaits_what_is_no_json(*_: Any, **__: Any) -> Any:
    return json.loads("tea")


class HoldsNoJson:
    """For an exercise that wants a class with one method, `call`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    async def call(self, send: Any) -> Any:
        return json.loads("tea")


def leaves_the_kernel(*_: Any, **__: Any) -> Any:
    sys.exit(3)


def raises_the_key(base_url: str, *rest: str, **_: Any) -> Any:
    raise ValueError(f"I sent {rest[0]}")


def returns_the_key(base_url: str, *rest: str, **_: Any) -> Any:
    ask(base_url, *rest).close()
    return f"The key is {rest[0]}", 1


def returns_a_list_with_the_key(base_url: str, *rest: str, **_: Any) -> Any:
    ask(base_url, *rest).close()
    return ["a long beginning that must be shortened somewhere in the middle", rest[0]]


def test_the_stub_is_not_started_in_words(judge: Judge, taught: Any) -> None:
    outcome = judge("00.2", taught("00.2").stub)
    assert (outcome.status, outcome.belief) == ("not started", "")
    assert "The stub is still in place" in outcome.summary


@every_exercise
def test_the_solution_can_be_read_without_its_marks(exercise: str) -> None:
    told = shelf.solution(ROOT, exercise)
    assert "def " in told and "SOLUTION" not in told
    assert exercise not in HOMEWORK or "### Why" in told


def test_every_exercise_of_the_course_has_a_check_and_every_check_an_exercise() -> None:
    assert list(CHECKS) == [exercise.id for exercise in load(ROOT / MANIFEST).exercises]


@pytest.mark.parametrize("exercise", [one for one in CHECKS if one not in {*AWAITED, *NO_ADDRESS}])
def test_an_answer_that_hangs_is_ended_in_words(judge: Judge, exercise: str) -> None:
    began = time.monotonic()
    outcome = judge(exercise, waits_for_ever, patience=PATIENCE)
    assert time.monotonic() - began < SILENCE / 2
    assert outcome.status == "wrong"
    assert "did not come back within 1.5 seconds" in outcome.summary
    assert "still runs" not in outcome.summary
    assert "which line waits?" in outcome.look


@every_exercise
def test_a_crash_names_the_learners_own_line(judge: Judge, exercise: str) -> None:
    answer = awaits_what_is_no_json if exercise in AWAITED else reads_what_is_no_json
    outcome = judge(exercise, HoldsNoJson if exercise in CLASSES else answer)
    assert outcome.status == "crashed"
    name = "call" if exercise in CLASSES else answer.__name__
    assert f'the line `return json.loads("tea")` of {name}' in outcome.summary
    assert "Traceback" not in card(outcome) and "File " not in card(outcome)


def test_an_answer_that_wants_to_end_the_kernel_has_crashed(judge: Judge) -> None:
    assert "SystemExit" in judge("00.2", leaves_the_kernel).summary


@pytest.mark.parametrize(
    ("answer", "said"), [(None, "no function"), ("tea", "a function (str)"), (("tea", 3), "(tuple)")]
)
@every_exercise
def test_what_is_no_function_is_not_started(judge: Judge, exercise: str, answer: Any, said: str) -> None:
    outcome = judge(exercise, answer)
    assert outcome.status == "not started" and said in outcome.summary
    assert f'lab.check("{exercise}", your_function)' in outcome.look


WIRE_FIRST = {"10.4"}  # what was sent is judged before what was returned, so the value stands on no card


@pytest.mark.parametrize("answer", [raises_the_key, returns_the_key, returns_a_list_with_the_key])
@pytest.mark.parametrize("exercise", [exercise for exercise in CHECKS if exercise.startswith("10")])
def test_no_card_shows_a_key(judge_fast: Judge, exercise: str, answer: Callable[..., Any]) -> None:
    outcome = judge_fast(exercise, answer)  # which looks for the key itself
    assert outcome.status in ("wrong", "crashed")
    assert "[key]" in card(outcome) or (exercise in WIRE_FIRST and outcome.status == "wrong")


def test_without_a_server_the_check_is_blocked_and_says_what_to_do() -> None:
    outcome = checks.run("00.2", waits_for_ever, "http://127.0.0.1:9")
    assert outcome.status == "blocked"
    assert "wirelab doctor" in outcome.look


def test_a_server_that_dies_under_the_check_blocks_it(start_server: Any) -> None:
    server = start_server("--solo")

    def kill(base_url: str) -> None:
        server.stop()

    assert checks.run("00.2", kill, server.url).status == "blocked"


@every_exercise
def test_hints_are_a_ladder_of_three_that_ends_almost_in_code(exercise: str) -> None:
    ladder = CHECKS[exercise].hints
    assert len(ladder) >= 3 and len(set(ladder)) == len(ladder)
    assert ladder[-1].startswith("Almost the code:")
