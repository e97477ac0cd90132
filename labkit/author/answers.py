"""Answers to an exercise as people really write them, each with what its card must say. Knows files; judges nothing.

`answers/exercise_10_1.py` holds those of exercise 10.1: functions under `@right` or `@wrong(…)`, and what they share.
The tests and `wirelab dev check` read them from there. A file may set TIME_SCALE, the factor on the lab server's own
waits while it judges them: a tenth, unless the check judges a moment.
"""

import importlib.util
import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from labkit.author.problem import Problem, Refused

FOLDER = "answers"
TIME_SCALE = 0.1
NOT_THE_WAY = "The way to it is not:"  # on the card of a right value with the wrong traffic

A = TypeVar("A")
Status = Literal["wrong", "crashed"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be met with: a status, words on its card, the belief that it is taken for."""

    status: Literal["passed", "wrong", "crashed"]
    words: tuple[str, ...] = ()
    belief: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `give` is what a learner would hand to `lab.check`."""

    name: str
    give: Any
    expected: Expected

    @property
    def right(self) -> bool:
        return self.expected.status == "passed"


@dataclass(frozen=True, slots=True)
class Answers:
    """Those of one exercise, in the order of their file."""

    file: str
    time_scale: float = TIME_SCALE
    all: tuple[Answer, ...] = ()

    @property
    def wrong(self) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.all if not answer.right)

    @property
    def right(self) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.all if answer.right)

    def named(self, name: str) -> Answer:
        return next(answer for answer in self.all if answer.name == name)


def right(answer: A) -> A:
    """Mark a right answer that is written differently from the stored solution."""
    return _marked(answer, Expected("passed"))


def wrong(*words: str, belief: str = "", status: Status = "wrong") -> Callable[[A], A]:
    """Mark a wrong answer: the words that its card must hold, and the id in misconceptions.toml that it embodies."""
    return lambda answer: _marked(answer, Expected(status, words, belief))


def file_of(exercise: str) -> str:
    """Where the answers to this exercise stand, relative to the course's folder."""
    return f"{FOLDER}/exercise_{exercise.replace('.', '_')}.py"


def read(root: Path, exercise: str) -> Answers:
    """The answers to this exercise; none where the file is missing. Raises Refused for a file that does not run."""
    file = file_of(exercise)
    path = root / file
    if not path.is_file():
        return Answers(file)
    stamp = path.stat()
    known = _read.get(path)
    if known is None or known[0] != (stamp.st_mtime_ns, stamp.st_size):
        known = _read[path] = ((stamp.st_mtime_ns, stamp.st_size), _load(path, file))
    return known[1]


_MARK = "wirelab_expects"
_read: dict[Path, tuple[tuple[int, int], Answers]] = {}


def _marked(answer: A, expected: Expected) -> A:
    setattr(answer, _MARK, expected)
    return answer


def _load(path: Path, file: str) -> Answers:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(str(path))
    keeps, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the course's folders hold what people wrote
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        what = f"it cannot be read: {type(error).__name__}: {error}."
        raise Refused(Problem(file, None, what, "Mend it: `python` over this file says where.")) from None
    finally:
        sys.dont_write_bytecode = keeps
    marked = {id(thing): (name, thing) for name, thing in reversed(vars(module).items()) if hasattr(thing, _MARK)}
    found = [Answer(name, thing, getattr(thing, _MARK)) for name, thing in reversed(marked.values())]
    return Answers(file, float(getattr(module, "TIME_SCALE", TIME_SCALE)), tuple(found))
