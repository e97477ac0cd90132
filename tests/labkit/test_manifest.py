"""course.toml as the course reads it: what it gives, and what each mistake in it is answered with."""

from pathlib import Path

import pytest

from labkit.manifest import Course, Exercise, ManifestError, load, parse

GOOD = """
[course]
title = "Wirelab"

[[lesson]]
id = "00"
slug = "welcome"
title = "Welcome to the lab"
minutes = { teaching = 30 }
introduces = ["f-string"]

[[lesson]]
id = "10"
slug = "streaming_a_language_model"
title = "Streaming a language model"
promise = "You hold a stream open."
minutes = { teaching = 50, exercises = 25 }
requires = ["00"]
introduces = ["with", "generator"]
exercises = [
    { id = "10.1", title = "By hand", minutes = 12 },
    { id = "10.2", title = "Cut short", minutes = 13 },
    { id = "10.3", title = "Together", minutes = 5, guided = true },
]
"""


@pytest.fixture
def course() -> Course:
    return parse(GOOD)


def test_lessons_come_in_the_order_of_the_file(course: Course) -> None:
    assert course.title == "Wirelab"
    assert [lesson.id for lesson in course.lessons] == ["00", "10"]


def test_a_lesson_carries_everything_that_the_manifest_says(course: Course) -> None:
    lesson = course.lesson("10")
    assert lesson.notebook == "10_streaming_a_language_model.ipynb"
    assert (lesson.minutes_teaching, lesson.minutes_exercises) == (50, 25)
    assert (lesson.requires, lesson.introduces) == (("00",), ("with", "generator"))
    assert lesson.promise == "You hold a stream open."
    assert lesson.exercises[0] == Exercise("10.1", "By hand", 12, guided=False)


def test_guided_exercises_are_not_homework_and_do_not_count_as_its_minutes(course: Course) -> None:
    assert [exercise.id for exercise in course.lesson("10").homework] == ["10.1", "10.2"]
    assert [exercise.id for exercise in course.exercises] == ["10.1", "10.2", "10.3"]


def test_the_minutes_of_the_exercises_are_their_sum_where_none_are_given(course: Course) -> None:
    assert parse(GOOD.replace(", exercises = 25 }", " }")) == course


def test_until_gives_the_lessons_so_far_and_this_one(course: Course) -> None:
    assert [lesson.id for lesson in course.until("00")] == ["00"]
    assert [lesson.id for lesson in course.until("10")] == ["00", "10"]


def test_an_exercise_may_build_on_earlier_ones() -> None:
    text = GOOD.replace('title = "Together", minutes = 5', 'title = "Together", requires = ["10.1"], minutes = 5')
    assert [exercise.requires for exercise in parse(text).exercises] == [(), (), ("10.1",)]


def test_an_exercise_is_found_by_its_id(course: Course) -> None:
    assert course.exercise("10.2").title == "Cut short"


def test_it_is_read_from_a_file(tmp_path: Path, course: Course) -> None:
    (tmp_path / "course.toml").write_text(GOOD, encoding="utf-8")
    assert load(tmp_path / "course.toml") == course


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="does not exist"):
        load(tmp_path / "course.toml")


@pytest.mark.parametrize("ask", [lambda course: course.lesson("99"), lambda course: course.exercise("99.1")])
def test_an_unknown_id_is_answered_with_the_known_ones(course: Course, ask) -> None:
    with pytest.raises(ManifestError, match=r"99.*Use one of: .*10"):
        ask(course)


MISTAKES = {
    "no TOML": ("[course]", "[course", "not TOML"),
    "a missing title": ('title = "Wirelab"', "", "[course] lacks 'title'. Cure: Add title (a string)"),
    "a blank title": ('title = "Wirelab"', 'title = " "', "[course] 'title' is ' '"),
    "no course table": ('[course]\ntitle = "Wirelab"', "", "lacks 'course'"),
    "an unknown key": ('slug = "welcome"', 'slug = "welcome"\nlevel = 3', "unknown key 'level'. Cure: Known: id, slug"),
    "an unknown table": ("[course]", "[corse]\n[course]", "unknown key 'corse'"),
    "an id that is a number": ('id = "00"', "id = 0", "number 1 'id' is 0. Cure: Make it a string"),
    "an id of one digit": ('id = "00"', 'id = "0"', "number 1 'id' is '0'. Cure: Write two digits"),
    "a slug with capitals": ('slug = "welcome"', 'slug = "Welcome"', "lesson 00 'slug' is 'Welcome'"),
    "two lessons of one id": ('id = "00"', 'id = "10"', "two lessons have the id '10'"),
    "an exercise that requires a later one": (
        'title = "By hand"',
        'title = "By hand", requires = ["10.2"]',
        "exercise 10.1 'requires' '10.2'",
    ),
    "an exercise that requires itself": (
        'title = "By hand"',
        'title = "By hand", requires = ["10.1"]',
        "exercise 10.1 'requires' '10.1'. Cure: Name only exercises that stand earlier",
    ),
    "a lesson that requires a later one": (
        'introduces = ["f-string"]',
        'requires = ["10"]',
        "lesson 00 'requires' '10'",
    ),
    "a string where a list belongs": (
        'requires = ["00"]',
        'requires = "00"',
        "'requires' is '00'. Cure: Make it a list",
    ),
    "a doubled introduction": ('["with", "generator"]', '["with", "with"]', "'introduces' is ['with', 'with']"),
    "minutes as a number": ("minutes = { teaching = 30 }", "minutes = 30", "'minutes' is 30. Cure: Make it a table"),
    "minutes without teaching": ("teaching = 30", "exercises = 0", "'minutes' lacks 'teaching'"),
    "minutes of a bool": ("teaching = 30", "teaching = true", "'teaching' is True"),
    "minutes past all patience": ("teaching = 30", "teaching = 601", "Give minutes between 0 and 600"),
    "a sum that does not add up": ("exercises = 25 }", "exercises = 30 }", "add up to 25: make the two agree"),
    "an exercise of another lesson": ('id = "10.1"', 'id = "11.1"', """'id' is '11.1'. Cure: Write "10.1"."""),
    "exercise ids that do not rise": ('id = "10.2"', 'id = "10.1"', "'10.1', which does not rise"),
    "an exercise that is no table": ("exercises = [\n", 'exercises = [ "10.0",\n', "exercise number 1 is not a table"),
    "guided as a word": ("guided = true", 'guided = "yes"', "'guided' is 'yes'. Cure: Make it true or false"),
}


@pytest.mark.parametrize(("old", "new", "answer"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_its_key_and_its_cure(old: str, new: str, answer: str) -> None:
    assert old in GOOD
    with pytest.raises(ManifestError) as caught:
        parse(GOOD.replace(old, new, 1))
    assert answer in str(caught.value)
    assert "Cure: " in str(caught.value)


def test_a_manifest_without_lessons_is_refused() -> None:
    for text in ('lesson = []\n[course]\ntitle = "W"', '[course]\ntitle = "W"'):
        with pytest.raises(ManifestError, match="lesson"):
            parse(text)
