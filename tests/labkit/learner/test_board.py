"""A standing as a learner reads it: words beside every sign, and the same facts as JSON."""

import json
from dataclasses import replace
from pathlib import Path

from pupil import ROOT

from labkit.learner import board
from labkit.learner.standing import Standing, next_step, standings
from labkit.manifest import load

WHOLE = load(ROOT / "course.toml")
COURSE = replace(WHOLE, lessons=tuple(WHOLE.lesson(name) for name in ("00", "10")))  # whatever else is added
WORK = Path("work")


def stand(*notes: str) -> tuple[Standing, ...]:
    """`00.1 passed`, and so on; `00.1 hint` is a hint taken."""
    entries = []
    for note in notes:
        exercise, _, what = note.partition(" ")
        entries.append({"kind": "hint" if what == "hint" else "attempt", "exercise": exercise, "status": what})
    return standings(COURSE, entries)


def up(*notes: str, file: str = "exercises/x.ipynb") -> list[str]:
    there = stand(*notes)
    return board.next_up(next_step(there), there, WORK, file).splitlines()


def test_the_list_says_every_status_in_words_and_by_a_sign() -> None:
    lines = board.listed(stand("00.1 passed", "00.2 wrong", "00.2 crashed", "10.1 passed", "10.1 wrong")).splitlines()
    assert lines[0] == "00  Welcome to the lab  (1 of 2 passed)"
    assert lines[1:3] == [
        "  [x] 00.1  Say hello: passed",
        "  [~] 00.2  Ask for nothing: tried twice, not passed yet",
    ]
    assert "  [x] 10.1  The whole stream, by hand: passed; the latest attempt: wrong" in lines
    assert "  [ ] 10.4  Not before it is whole: not started" in lines
    assert lines[-1] == "What to do now: wirelab next"


def test_next_names_the_file_the_check_and_what_to_read_first() -> None:
    assert up()[1:3] == [
        "  open:        " + str(WORK / "exercises/x.ipynb"),
        "               it is solved together, inside the lesson",
    ]
    lines = up("00.1 passed", "00.2 passed")
    assert lines[0] == "Next: 10.1  The whole stream, by hand  (about 15 minutes)"
    assert lines[1].startswith("  read first:  " + str(WORK / "notebooks" / "10_streaming_a_language_model.ipynb"))
    assert "wirelab check 10.1" in lines[4]
    assert not any("hint" in line for line in lines)


def test_next_offers_a_hint_to_whoever_has_tried() -> None:
    assert up("00.1 passed", "00.2 wrong")[-1] == "  stuck?       wirelab hint 00.2"


def test_there_is_an_end() -> None:
    notes = [f"{exercise.id} passed" for exercise in COURSE.exercises]
    assert up(*notes) == ["All 6 exercises are passed. Well done."]


def test_progress_has_a_bar_the_minutes_and_the_row() -> None:
    lines = board.progress(stand("10.1 passed", "10.2 passed"), 2).splitlines()
    assert lines[0].endswith("[--------------------]  0 of 2 passed, 0 of 10 minutes")
    assert lines[1].endswith("[##########----------]  2 of 4 passed, 25 of 50 minutes")
    assert lines[-1] == "All in all: 2 of 6 exercises; the last 2 passed in a row."
    assert board.progress(stand(), 0).endswith("no streak yet.")
    assert board.progress(stand("00.1 passed"), 1).endswith("the last one passed.")


def test_json_holds_the_same() -> None:
    there = stand("10.1 passed", "10.2 wrong", "10.2 hint")
    told = json.loads(board.progress_as_json(there, 0))
    assert (told["passed"], told["exercises"], told["minutes_passed"], told["minutes"]) == (1, 6, 15, 60)
    second = told["lessons"][1]["exercises"][1]
    assert second == {
        "id": "10.2",
        "title": "One sentence is enough",
        "status": "tried",
        "tries": 1,
        "hints": 1,
        "minutes": 10,
    }
    assert json.loads(board.listed_as_json(there)) == told["lessons"]
