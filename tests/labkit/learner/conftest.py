"""A learner with a work folder of the real course, in a home of its own."""

from pathlib import Path

import pytest
from pupil import ROOT, Pupil

from labkit import workspace


@pytest.fixture
def pupil(tmp_path: Path, home: Path) -> Pupil:
    """Nothing tried, no server started."""
    workspace.create(ROOT, tmp_path / "work")
    return Pupil(tmp_path / "work", home)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory, shared_home: Path) -> Pupil:
    """The same for a whole module, whose tests share one lab server; `desk` empties the log between them."""
    return Pupil(tmp_path_factory.mktemp("settled") / "work", shared_home)


@pytest.fixture
def desk(settled: Pupil, tmp_path: Path) -> Pupil:
    """A work folder of this test's own in the module's home, with nothing tried."""
    settled.log.path.unlink(missing_ok=True)
    workspace.create(ROOT, tmp_path / "work")
    return Pupil(tmp_path / "work", settled.home)
