"""`wirelab check` as a process: what it runs, what it says, how it ends, and what a kill leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
import pytest
from pupil import COMMAND, EXERCISES, RIGHT, WRONG, Pupil

HELPED = "def find_nothing(base_url):\n    requests.get(base_url + path())"
HELPER = "def path():\n    return '/no-such-tea'"
PATIENCE = 60.0  # seconds until something that must happen has happened

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def looked_at(terminal: int) -> Iterator[str]:
    """All that a terminal shows until nobody holds its other end."""
    with suppress(OSError):  # which is how Linux says so
        while data := os.read(terminal, 4096):
            yield data.decode(errors="replace")


def statuses(pupil: Pupil) -> list[str]:
    return [str(entry["status"]) for entry in pupil.log.read("00.2")]


def test_a_helper_below_passes_plainly_and_fails_after_a_restart(desk: Pupil) -> None:
    desk.types(HELPED)
    desk.adds(HELPER)
    desk.said_in_the_kernel("passed")
    plain = desk.wirelab("check", "00.2")
    assert plain.code == 0 and plain.out.startswith("00.2  PASSED")
    fresh = desk.wirelab("check", "00.2", "--fresh")
    assert fresh.code == 1 and fresh.out.startswith("00.2  CRASHED")
    assert "Passes in your kernel, fails after a restart" in fresh.out
    assert "`path` is defined in cell 8 (`def path():`), below the cell that needs it." in fresh.out
    assert "Restart and run all stops at cell 6 (`find_nothing(lab.url)`): NameError" in fresh.out


def test_a_helper_whose_cell_was_deleted_is_named_by_both(desk: Pupil) -> None:
    desk.types(HELPED)
    desk.said_in_the_kernel("passed")
    for words in (["check", "00.2"], ["check", "00.2", "--fresh"]):
        said = desk.wirelab(*words)
        assert said.code == 1 and "No cell defines `path`" in said.out
        assert ("fails after a restart" in said.out) is ("--fresh" in words)
    assert statuses(desk) == ["passed", "crashed", "crashed"]


def test_the_answer_is_run_in_the_folder_of_its_notebook_and_beside_a_broken_neighbour(desk: Pupil) -> None:
    desk.types("from tea_shop import find_nothing")
    (desk.work / "exercises" / "tea_shop.py").write_text(f"import requests\n{RIGHT}\n", encoding="utf-8")
    desk.adds("this is not python", before="e2-try-text")
    desk.adds("raise SystemExit", before="e2-try-text")
    assert desk.wirelab("check", "00.2").code == 0


def test_json_holds_what_the_card_says_and_no_key(desk: Pupil) -> None:
    desk.types(WRONG)
    said = desk.wirelab("check", "00.2", "--json")
    [result] = json.loads(said.out)
    assert (said.code, result["exercise"], result["status"], result["file"]) == (1, "00.2", "wrong", EXERCISES)
    outcome = result["outcome"]
    assert outcome["status"] == "wrong" and "404" in outcome["expected"] and "GET /health" in outcome["proof"]
    assert outcome["summary"] in result["card"]
    assert "Bearer " not in said.out


@pytest.mark.parametrize(
    ("source", "error"),
    [("def find_nothing(base_url:", "SyntaxError"), ("1 / 0", "NameError")],
    ids=["no Python", "no answer"],
)
def test_what_never_reaches_its_check_could_not_run(desk: Pupil, source: str, error: str) -> None:
    desk.types(source)
    said = desk.wirelab("check", "00.2")
    assert said.code == 2 and said.out.startswith("00.2  COULD NOT RUN")
    assert f"raised {error}: " in said.lines[0]
    assert ("No cell defines `find_nothing`" in said.out) is (error == "NameError")
    assert statuses(desk) == [], "that is no attempt"


def test_a_notebook_that_cannot_be_read_and_an_exercise_that_does_not_exist(desk: Pupil) -> None:
    (desk.work / EXERCISES).write_text("{", encoding="utf-8")
    said = desk.wirelab("check", "00.2")
    assert said.code == 2 and "cannot be read as a notebook" in said.out and "wirelab reset" in said.out
    said = desk.wirelab("check", "00.7")
    assert said.code == 2 and "There are: 00.1, 00.2" in said.err
    assert desk.wirelab("check", "77").code == 2


def test_a_lesson_is_checked_whole_and_stubs_are_not_run(desk: Pupil) -> None:
    said = desk.wirelab("check", "10")
    assert said.code == 1 and said.lines[-1] == "0 of 4 passed."
    assert [line[:18] for line in said.lines[:4]] == [f"10.{number}  NOT STARTED " for number in (1, 2, 3, 4)]
    assert list(desk.log.read()) == []
    said = desk.wirelab("check", "00")
    assert [line.split("  ")[1] for line in said.lines[:2]] == ["PASSED", "NOT STARTED"]


def test_the_learners_notebook_is_only_read(desk: Pupil) -> None:
    desk.types(RIGHT)
    before = (desk.work / EXERCISES).read_bytes()
    assert desk.wirelab("check", "00.2", "--fresh").code == 0
    assert (desk.work / EXERCISES).read_bytes() == before
    assert list((desk.home / "checks").iterdir()) == []


def test_two_checks_at_once_are_both_noted(desk: Pupil) -> None:
    desk.types(RIGHT)
    pair = [subprocess.Popen([*COMMAND, "check", "00.2"], cwd=desk.work, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(100) for process in pair] == [0, 0]
    assert statuses(desk) == ["passed", "passed"]


@posix
def test_a_kill_in_the_middle_loses_that_attempt_and_nothing_else(desk: Pupil, tmp_path: Path) -> None:
    desk.types(WRONG)
    assert desk.wirelab("check", "00.2").code == 1
    log = desk.log.path.read_bytes()
    begun = tmp_path / "begun"
    desk.types(
        "import os, pathlib, time\n"
        "def find_nothing(base_url):\n"
        f"    pathlib.Path({str(begun)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(600)"
    )
    saved = (desk.work / EXERCISES).read_bytes()
    with subprocess.Popen([*COMMAND, "check", "00.2"], cwd=desk.work, stdout=subprocess.DEVNULL) as process:
        until(lambda: begun.exists() and begun.read_text(encoding="utf-8") != "", "the answer was not called")
        kernel = psutil.Process(int(begun.read_text(encoding="utf-8")))
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE, "the kernel outlived us")
    assert desk.log.path.read_bytes() == log
    assert (desk.work / EXERCISES).read_bytes() == saved
    assert len(list((desk.home / "checks").iterdir())) == 1
    desk.types(RIGHT)
    assert desk.wirelab("check", "00.2").code == 0
    assert statuses(desk) == ["wrong", "passed"]
    assert list((desk.home / "checks").iterdir()) == [], "what the killed one left is gone"


@posix
def test_on_a_terminal_a_bar_moves_beside_the_cards(desk: Pupil) -> None:
    ours, theirs = os.openpty()
    words = [*COMMAND, "check", "10"]
    plain = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(words, cwd=desk.work, stdout=subprocess.PIPE, stderr=theirs, env=plain, text=True) as process:
        os.close(theirs)
        shown = "".join(looked_at(ours))
        assert process.stdout is not None
        cards = process.stdout.read()
    os.close(ours)
    assert "10.4 not started" in shown, "a bar, on stderr"
    assert cards.splitlines()[-1] == "0 of 4 passed." and "\x1b" not in cards
