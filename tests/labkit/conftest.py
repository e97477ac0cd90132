"""A lesson's lab as a notebook holds it, in a home of its own: one server a module, a fresh sandbox a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import labkit
from labkit import session
from labkit.notebook import Lab
from labkit.progress import Progress

Open = Callable[..., Lab]


@contextmanager
def living_in(folder: Path) -> Iterator[Path]:
    """labkit keeps its files there for a while; the server that it started ends with it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LABKIT_HOME", str(folder))
        environment.delenv("LABSERVER_TIME_SCALE", raising=False)
        yield folder
        session.stop()


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with living_in(tmp_path_factory.mktemp("home")) as folder:
        yield folder


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of this test's own, where no server has run yet; the folder itself is for labkit to make."""
    with living_in(tmp_path / "home") as folder:
        yield folder


@pytest.fixture
def opened(shared_home: Path) -> Iterator[Open]:
    """`labkit.open`; what it opened is closed after the test."""
    with ExitStack() as labs:

        def make(lesson: str = "00", **options: Any) -> Lab:
            lab = labkit.open(lesson, **options)
            labs.callback(lab.witness.close)
            return lab

        yield make


@pytest.fixture
def lab(opened: Open, tmp_path: Path) -> Lab:
    """A lab whose learner has tried nothing yet."""
    return replace(opened(), progress=Progress(tmp_path / "progress.jsonl"))
