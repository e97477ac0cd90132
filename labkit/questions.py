"""questions/NN.toml as frozen questions: what a lesson asks, its options, and why each is tempting. A leaf."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

FOLDER = "questions"
Kind = Literal["predict", "quiz"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `says` is what a learner chooses, `why` what makes it tempting and what is wrong, or right, in it."""

    name: str
    says: str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `ask`, and an option's `says` and `why`, are Markdown; `answer` is the right option's name.

    A prediction is settled by the cell that comes after it, a quiz by what the learner has read.
    """

    id: str
    kind: Kind
    ask: str
    answer: str
    options: tuple[Option, ...]

    def letter(self, name: str) -> str:
        """`a` for the first option; options have letters on paper and names in files, so that they may move."""
        return "abcdefghij"[[option.name for option in self.options].index(name)]

    def named(self, choice: str) -> str:
        """The option's name, from its letter or its name. Raises LookupError saying which letters there are."""
        for option in self.options:
            if choice.strip().lower() in (option.name, self.letter(option.name)):
                return option.name
        letters = ", ".join(f'"{self.letter(option.name)}"' for option in self.options)
        raise LookupError(f"Question {self.id} has no option {choice!r}. There are: {letters}.")


def load(root: Path, lesson: str) -> dict[str, Question]:
    """A lesson's questions by their ids, `10.p1`; none without a file. Raises ValueError naming what does not fit."""
    path = root / FOLDER / f"{lesson}.toml"
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {f"{lesson}.{name}": _question(f"{lesson}.{name}", table) for name, table in tables.items()}
    except ValueError as error:
        raise ValueError(f"{FOLDER}/{path.name}: {error}") from None


def find(root: Path, question: str) -> Question:
    """The question with this id. Raises LookupError naming those of its lesson."""
    known = load(root, question.partition(".")[0])
    if question not in known:
        there = ", ".join(known) or "none"
        raise LookupError(f"There is no question {question!r}. In its lesson there are: {there}.")
    return known[question]


def _question(name: str, table: Any) -> Question:
    try:
        options = tuple(Option(option, **fields) for option, fields in table.pop("options").items())
        question = Question(name, options=options, **table)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{name} does not fit: {error}. It has kind, ask, answer and options.") from None
    if question.kind not in get_args(Kind):
        raise ValueError(f"{name} is of the kind {question.kind!r}. There are: {', '.join(get_args(Kind))}.")
    if question.answer not in [option.name for option in options]:
        raise ValueError(f"{name} has the answer {question.answer!r}, which is none of its options.")
    return question
