"""A learner's whole way with one exercise, every step a process, in a home and a folder of their own."""

import json
import re

import pytest
from pupil import ANSWER, EXERCISES, RIGHT, ROOT, WRONG, Pupil

from labkit.manifest import load


@pytest.mark.timeout(300)  # eighteen commands, five kernels
def test_from_a_wrong_answer_to_a_pass_and_back(pupil: Pupil) -> None:
    nowhere = pupil.wirelab("next", "--work", str(pupil.home))
    assert nowhere.code == 0 and "It is not there yet" in nowhere.out
    first = pupil.wirelab("list")
    assert first.code == 0 and "[ ] 00.2  Ask for nothing: not started" in first.out

    pupil.types(WRONG)
    tried = pupil.wirelab("check", "00.2")
    assert tried.code == 1
    assert tried.lines[0].startswith("00.2  NOT YET") and "GET /health" in tried.out and "next:" in tried.out
    assert "[~] 00.2  Ask for nothing: tried once, not passed yet" in pupil.wirelab("list").out

    hint = pupil.wirelab("hint", "00.2")
    assert hint.code == 0 and hint.out.startswith("00.2  ")
    gate = pupil.wirelab("solution", "00.2")
    assert gate.code == 0 and "2 more attempts first" in gate.out and "--insist" in gate.out
    shown = pupil.wirelab("solution", "00.2", "--insist")
    assert (
        "you have | " in shown.out and "requests.get(base_url + '/health')" in shown.out and "solution | " in shown.out
    )

    pupil.types(RIGHT)
    passed = pupil.wirelab("check", "00.2")
    assert (passed.code, passed.lines[0][:13]) == (0, "00.2  PASSED ")
    assert "[x] 00.2  Ask for nothing: passed" in pupil.wirelab("list").out
    told = json.loads(pupil.wirelab("progress", "--json").out)
    assert (told["passed"], told["streak"], told["minutes_passed"]) == (1, 1, 5)
    assert pupil.wirelab("next").lines[0].startswith("Next: 00.1")
    pupil.log.note("attempt", "00.1", status="passed")
    step = pupil.wirelab("next")
    lesson = load(ROOT / "course.toml").lessons[1]  # the one after 00, whichever it is
    assert step.lines[0].startswith(f"Next: {lesson.exercises[0].id}") and "read first" in step.out
    assert str(pupil.work / "exercises" / f"{lesson.id}_{lesson.slug}.ipynb") in step.out

    mine = (pupil.work / EXERCISES).read_bytes()
    reset = pupil.wirelab("reset", "00.2")
    assert reset.code == 0 and "JupyterLab" in reset.out
    backup = re.search(r"wirelab restore (\S+)", reset.out)[1]
    answer = next(cell for cell in pupil.notebook().cells if cell.id == ANSWER)
    assert "NotImplementedError" in answer.source
    assert (pupil.work / "backups" / backup / EXERCISES).read_bytes() == mine
    assert pupil.wirelab("check", "00.2").out.startswith("00.2  NOT STARTED")
    assert "[x] 00.2" in pupil.wirelab("list").out, "a pass is kept"

    back = pupil.wirelab("restore", backup)
    assert back.code == 0 and EXERCISES in back.out
    assert (pupil.work / EXERCISES).read_bytes() == mine
    assert pupil.wirelab("check", "00.2", "--fresh").code == 0
