"""`labkit.grade`: passes quietly, fails by an error that is the card, and writes nothing into anybody's progress."""

from pathlib import Path
from typing import Any

import pytest
from learner import EXERCISE, asks_nobody, right

import labkit
from labkit.grading import NotPassed

pytestmark = pytest.mark.usefixtures("shared_home")


def test_a_right_answer_prints_its_card(capsys: pytest.CaptureFixture[str]) -> None:
    labkit.grade(EXERCISE, right)
    assert capsys.readouterr().out.startswith(f"{EXERCISE}  PASSED")


def test_a_wrong_answer_raises_its_card(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotPassed, match=rf"^{EXERCISE}  NOT YET  .*\n  expected: ") as caught:
        labkit.grade(EXERCISE, asks_nobody)

    shown: Any = caught.value._render_traceback_()
    assert shown[0].startswith(f"{EXERCISE}  NOT YET")
    assert not any("grading.py" in line for line in shown)
    assert capsys.readouterr().out == ""


def test_a_stub_raises_too() -> None:
    def stub(base_url: str, name: str) -> None:
        raise NotImplementedError("your code goes here")

    with pytest.raises(NotPassed, match="NOT STARTED"):
        labkit.grade(EXERCISE, stub)
    with pytest.raises(NotPassed, match="NOT STARTED"):
        labkit.grade(EXERCISE)


def test_an_exercise_that_does_not_exist_is_no_question_of_points() -> None:
    with pytest.raises(LookupError, match=r"no exercise '99.1'"):
        labkit.grade("99.1", right)


def test_grading_is_nobodys_attempt(shared_home: Path) -> None:
    labkit.grade(EXERCISE, right)
    assert not (shared_home / "progress.jsonl").exists()


async def test_an_async_answer_is_graded_where_it_is_awaited(capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(base_url: str, name: str) -> Any:
        return right(base_url, name)

    await labkit.grade(EXERCISE, answer)
    assert capsys.readouterr().out.startswith(f"{EXERCISE}  PASSED")

    async def idle(base_url: str, name: str) -> None:
        """Asks nobody."""

    with pytest.raises(NotPassed, match="NOT YET"):
        await labkit.grade(EXERCISE, idle)
