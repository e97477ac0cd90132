"""The log of attempts: what it keeps when a line is torn and when two kernels write at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.outcome import Outcome
from labkit.progress import Progress

LINES = 1500

WRITER = """
import sys
from pathlib import Path
from labkit.progress import Progress
log, name = Progress(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for step in range(int(sys.argv[3])):
    log.note("hint", name, step=step, filler="🍵" * 40)
"""


@pytest.fixture
def log(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "home" / "progress.jsonl")


def entries(log: Progress) -> list[dict[str, object]]:
    return [{name: value for name, value in entry.items() if name != "at"} for entry in log.read()]


def lines(log: Progress) -> list[bytes]:
    return [line for line in log.path.read_bytes().split(b"\n") if line]


def test_a_log_that_was_never_written_is_empty_and_reading_it_makes_no_file(log: Progress) -> None:
    assert list(log.read()) == []
    assert (log.count("attempt", "10.1"), log.passed("10.1"), log.last_belief("10.1")) == (0, False, "")
    assert not log.path.parent.exists()


def test_entries_come_back_in_order_with_their_details_and_their_time(log: Progress) -> None:
    log.note("attempt", "10.1", status="wrong", belief="chunk-is-event")
    log.note("hint", "10.2", step=0)
    assert entries(log) == [
        {"kind": "attempt", "exercise": "10.1", "status": "wrong", "belief": "chunk-is-event"},
        {"kind": "hint", "exercise": "10.2", "step": 0},
    ]
    first, second = (entry["at"] for entry in log.read())
    assert 1_700_000_000 < first <= second


def test_notes_are_only_ever_appended(log: Progress) -> None:
    before = b""
    for step in range(3):
        log.note("hint", "10.1", step=step)
        now = log.path.read_bytes()
        assert now.startswith(before) and len(now) > len(before)
        before = now
    Progress(log.path).note("hint", "10.1", step=3)  # as after a kernel's restart
    assert log.path.read_bytes().startswith(before)
    assert [entry["step"] for entry in log.read()] == [0, 1, 2, 3]


def test_each_entry_is_one_line_of_json_whatever_is_in_it(log: Progress) -> None:
    log.note("attempt", "10.1", said="two\nlines\r\n, a \u2028 and a 🍵")
    [line] = lines(log)
    assert json.loads(line)["said"] == "two\nlines\r\n, a \u2028 and a 🍵"
    assert [entry["said"] for entry in log.read()] == ["two\nlines\r\n, a \u2028 and a 🍵"]


def test_one_exercise_can_be_read_by_itself(log: Progress) -> None:
    for exercise in ("10.1", "10.2", "10.1"):
        log.note("attempt", exercise, status="wrong")
    assert len(list(log.read("10.1"))) == 2
    assert list(log.read("00.1")) == []


def test_a_torn_last_line_is_passed_over_wherever_it_tore(log: Progress) -> None:
    log.note("attempt", "10.1", status="passed")
    whole = log.path.read_bytes()
    for length in range(1, len(whole) - 1):
        log.path.write_bytes(whole + whole[:length])
        assert log.count("attempt", "10.1") == 1
        assert log.passed("10.1")


def test_what_is_noted_after_a_torn_line_is_kept(log: Progress) -> None:
    log.note("attempt", "10.1", status="wrong")
    with log.path.open("ab") as file:
        file.write(b'{"at": 1704067200.1, "kind": "att')
    log.note("attempt", "10.1", status="passed")
    assert log.passed("10.1")


def test_two_processes_that_write_at_once_lose_nothing(log: Progress) -> None:
    command = [sys.executable, "-c", WRITER, str(log.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([*command, "10.1", str(LINES)], **pipes) as one,
        subprocess.Popen([*command, "10.2", str(LINES)], **pipes) as other,
    ):
        for writer in (one, other):
            assert writer.stdout.readline() == "ready\n"
        for writer in (one, other):
            writer.stdin.write("go\n")
            writer.stdin.flush()
    assert (one.returncode, other.returncode) == (0, 0)
    assert len(lines(log)) == 2 * LINES, "no line inside another"
    for exercise in ("10.1", "10.2"):
        assert [entry["step"] for entry in log.read(exercise)] == list(range(LINES))


def test_attempts_hints_and_solutions_are_counted_apart_and_by_exercise(log: Progress) -> None:
    notes = [("attempt", "10.1"), ("attempt", "10.1"), ("hint", "10.1"), ("attempt", "10.2"), ("solution", "10.2")]
    for kind, exercise in notes:
        log.note(kind, exercise)
    for kind, exercise in {*notes, ("solution", "10.1"), ("hint", "10.2")}:
        assert log.count(kind, exercise) == notes.count((kind, exercise))


def test_a_pass_is_kept_whatever_comes_after_it(log: Progress) -> None:
    assert not log.passed("10.1")
    for status in ("wrong", "passed", "crashed"):
        log.note("attempt", "10.1", status=status)
    assert log.passed("10.1")
    assert not log.passed("10.2")


def test_the_last_belief_is_that_of_the_latest_attempt(log: Progress) -> None:
    log.note("attempt", "10.1", status="wrong", belief="chunk-is-event")
    log.note("attempt", "10.2", status="wrong", belief="break-stops-the-model")
    log.note("hint", "10.1", step=0)
    assert log.last_belief("10.1") == "chunk-is-event", "hints and other exercises do not count"
    log.note("attempt", "10.1", status="wrong", belief="")
    assert log.last_belief("10.1") == ""


def test_the_stub_and_a_silent_server_are_no_tries(log: Progress) -> None:
    for status in ("not started", "wrong", "blocked", "crashed", "passed"):
        log.note("attempt", "10.1", status=status)
    log.note("hint", "10.1", step=0)
    assert log.tries("10.1") == 2


def test_an_attempt_is_told_whole_to_whoever_runs_the_notebook_and_shortly_to_the_log(log: Progress) -> None:
    outcome = Outcome("10.1", "wrong", "Not yet.", expected="tea", seen="milk", belief="milk-first")
    log.attempt(outcome)
    slip = log.path.parent / "slip.jsonl"
    Progress(log.path, slip).attempt(outcome)
    mine, theirs = entries(log)
    assert mine == {"kind": "attempt", "exercise": "10.1", "status": "wrong", "belief": "milk-first"}
    assert theirs == {**mine, "by": "wirelab check"}
    [told] = [json.loads(line) for line in slip.read_text(encoding="utf-8").splitlines() if line]
    assert (told["exercise"], told["summary"], told["expected"], told["seen"]) == ("10.1", "Not yet.", "tea", "milk")
