"""What an answer prints is the card's; what others print stays where it was; what comes late lands nowhere."""

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from labkit import checks
from labkit.checks.calling import in_loop, in_thread
from labkit.checks.prints import MOST, Prints
from labkit.outcome import Outcome
from labkit.render import card

Judge = Callable[..., Outcome]


def run(work: Callable[[], Any], prints: Prints) -> None:
    assert in_thread(work, "answer", 5, lambda: None, prints).error is None


def test_prints_of_an_answer_are_kept_by_stream_and_the_cell_sees_none(capsys: pytest.CaptureFixture[str]) -> None:
    def answer() -> None:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        sys.stdout.writelines(["a", "b"])
        sys.stdout.flush()

    prints = Prints()
    run(answer, prints)
    print("the cell's own")
    assert (prints.stdout, prints.stderr) == ("to stdout\nab", "to stderr\n")
    assert capsys.readouterr() == ("the cell's own\n", "")


def test_somebody_else_who_prints_meanwhile_is_not_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    begun, done = threading.Event(), threading.Event()

    def background() -> None:
        begun.wait(5)
        print("from an earlier cell")
        done.set()

    thread = threading.Thread(target=background)
    thread.start()
    prints = Prints()
    run(lambda: (begun.set(), done.wait(5)), prints)
    thread.join()
    assert prints.stdout == "" and capsys.readouterr().out == "from an earlier cell\n"


def test_threads_of_the_answer_are_the_answers_also_after_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()

    def late() -> None:
        print("in time")
        over.wait(5)
        print("too late")

    threads: list[threading.Thread] = []

    def answer() -> None:
        threads.append(threading.Thread(target=late))
        threads[0].start()

    prints = Prints()
    run(answer, prints)
    over.set()
    threads[0].join()
    assert prints.stdout == "in time\ntoo late\n"
    assert capsys.readouterr().out == ""


async def test_tasks_of_an_async_answer_are_the_answers_and_the_loops_others_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def part() -> None:
        await asyncio.sleep(0)
        print("a part")

    async def answer() -> None:
        await asyncio.gather(part(), part())

    async def somebody() -> None:
        print("somebody else")

    prints, loop = Prints(), asyncio.get_running_loop()
    other = asyncio.create_task(somebody())
    await asyncio.to_thread(in_loop, loop, answer, 5, lambda: None, prints)
    await other
    assert prints.stdout == "a part\na part\n" and capsys.readouterr().out == "somebody else\n"


def test_what_is_kept_is_bounded_and_says_how_much_more_there_was() -> None:
    prints = Prints()
    run(lambda: [print("x" * 99) for _ in range(1000)], prints)
    assert prints.stdout.endswith(f"\n… and {100_000 - MOST} more characters")
    assert len(prints.stdout) < MOST + 50


def prints_a_lot(base_url: str, name: str) -> Any:
    for number in range(40):
        print(f"line {number}\x1b[31m")
    print("careful", file=sys.stderr)
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


def prints_a_key(base_url: str, key: str, prompt: str) -> Any:
    print(f"my key is {key}")
    raise RuntimeError("no")


def test_a_card_shows_the_first_lines_without_what_moves_a_cursor(
    judge: Judge, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = judge("00.1", prints_a_lot)
    lines = card(outcome).split("\n")
    assert outcome.passed
    assert lines[1:3] == ["  your code printed:", "    line 0\\x1b[31m"]
    assert "    … and 68 more lines" in lines, "two calls of forty lines, twelve of them shown"
    assert lines[-3:] == ["  your code printed to stderr:", "    careful", "    careful"]


def test_a_card_shows_no_key_that_was_printed(judge: Judge) -> None:
    assert judge("10.1", prints_a_key).printed == "my key is [key]\n"


def test_no_prints_no_section() -> None:
    assert "printed" not in card(checks.run("00.1", None, "http://127.0.0.1:9"))
