"""Every belief: an exercise, a wrong answer, a hint, a source, a line for the instructor."""

from collections.abc import Callable
from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates import believed

FILE, SENT = "misconceptions.toml", "answers/exercise_00_2.py"


def found(gate: Callable[..., Any], course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in gate(book.read(course.root))]


SPOILED = {
    ('exercise = "00.1"', 'exercise = "00.9"'): "[response-is-the-data] belongs to '00.9' of lesson '00'.",
    ('"Somebody knocked twice."', '"Somebody knocked twice"'): "[retries-happened] lacks a whole sentence or",
    ("Somebody knocked twice.", ""): "[retries-happened] lacks a whole sentence or its source.",
}


@pytest.mark.parametrize(("change", "what"), SPOILED.items())
def test_a_belief_that_is_not_told_whole_is_found(course: Any, change: tuple[str, str], what: str) -> None:
    course.rewrite(FILE, *change)
    assert any(one.startswith(f"{FILE}: {what}") for one in found(believed.embodied, course))


def test_a_hint_too_short_is_found(course: Any) -> None:
    course.rewrite(FILE, "Look at the leaf before you pour the water on it. ", "Look. ")
    assert len(found(believed.embodied, course)) == 3


def test_a_belief_that_no_wrong_answer_embodies_is_found(course: Any) -> None:
    course.rewrite(SENT, ', belief="retries-happened"', "")
    assert found(believed.embodied, course) == [f"{FILE}: no wrong answer to 00.2 embodies [retries-happened]."]


def test_an_answer_of_an_unknown_belief_is_found(course: Any) -> None:
    course.rewrite(SENT, '"answered 200, not 404"', '"answered 200, not 404", belief="tea-is-hot"')
    (what,) = found(believed.embodied, course)
    assert what.startswith(f"{SENT}: an answer to 00.2 is marked with the belief 'tea-is-hot', which")


def test_a_lesson_with_exercises_and_two_beliefs_is_found_and_one_without_exercises_is_not(course: Any) -> None:
    text = (course.root / FILE).read_text(encoding="utf-8")
    course.text_file(FILE, text[: text.index("[retries-happened]")])
    assert found(believed.enough, course) == [f"{FILE}: lesson 00 names 2 of 3 beliefs."]


def test_a_note_that_passes_over_a_belief_is_found_and_a_missing_note_is_not(course: Any) -> None:
    assert found(believed.noted, course) == []
    course.text_file("instructors/00.md", "- `response-is-the-data`: ask\n- `retries-happened`: ask")
    assert found(believed.noted, course) == [
        "instructors/00.md: the belief server-lives-in-the-notebook has no line in it."
    ]


def test_a_file_that_is_missing_or_misspelt_is_the_one_finding(course: Any) -> None:
    course.text_file(FILE, '[tea]\nlesson = "00"\n')
    assert "it cannot be read: misconceptions.toml: [tea] does not fit" in found(believed.readable, course)[0]
    (course.root / FILE).unlink()
    assert found(believed.readable, course) == [f"{FILE}: it does not exist."]
    assert found(believed.noted, course) == []
