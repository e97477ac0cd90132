"""Answers judged as a learner's would be, against a real server; solutions and stubs as the course stores them."""

import gc
import linecache
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit import checks
from labkit.author import build
from labkit.outcome import Outcome
from labkit.render import card

ROOT = Path(__file__).parents[3]
KEY = re.compile(r"lab-[A-Za-z0-9_-]{20,}")

Judge = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Taught:
    """An exercise as it is stored: the cell with its solution, and what its notebook imports."""

    exercise: str
    source: str
    imports: str

    @property
    def solution(self) -> Any:
        return self._made(self.source, "solution")

    @property
    def stub(self) -> Any:
        return self._made(build.cut(self.source, self.exercise), "stub")

    def _made(self, source: str, kind: str) -> Any:
        name = f"<{kind} of {self.exercise}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        space: dict[str, Any] = {}
        exec(self.imports, space)
        exec(compile(source, name, "exec"), space)
        return next(thing for thing in space.values() if getattr(thing, "__code__", None) and thing.__module__ is None)


@pytest.fixture(scope="session")
def taught() -> Callable[[str], Taught]:
    """The exercise with this id, from the solutions; a guided one from its lesson."""

    def find(exercise: str) -> Taught:
        for folder in ("solutions", "notebooks"):
            for path in (ROOT / folder).glob(f"{exercise[:2]}_*.ipynb"):
                cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
                code = [cell for cell in cells if cell.cell_type == "code"]
                imports = "\n".join(
                    re.findall(r"^(?:import|from) .*$", "\n".join(c.source for c in code), re.MULTILINE)
                )
                for cell in code:
                    about = cell.metadata.get("labkit", {})
                    solves = build.marked(cell.source) or about.get("role") == "solution"
                    if about.get("exercise") == exercise and solves:
                        return Taught(exercise, cell.source.partition("\nlab.check")[0], imports)
        raise AssertionError(f"no solution of {exercise} is stored")

    return find


@pytest.fixture
def judge(server: Any) -> Judge:
    """`lab.check` without the notebook. Every card is looked through for keys."""
    return judging(server.url)


@pytest.fixture(scope="session")
def hurried(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The url of a server whose model talks ten times as fast: for checks that judge no moment of leaving."""
    live = type(server)(tmp_path_factory.mktemp("hurried"), "--solo", "--time-scale", "0.1")
    yield live.url
    live.stop()


@pytest.fixture
def judge_fast(hurried: str) -> Judge:
    """The same against the hurried server."""
    return judging(hurried)


def judging(url: str) -> Judge:
    def judge(exercise: str, answer: Any, **options: Any) -> Outcome:
        with warnings.catch_warnings():  # many a wrong answer leaves its sockets open: let them go here and now
            warnings.simplefilter("ignore", ResourceWarning)
            outcome = checks.run(exercise, answer, url, **options)
            gc.collect()
        print(card(outcome))
        assert not KEY.search(card(outcome)), "the card shows a key"
        return outcome

    return judge
