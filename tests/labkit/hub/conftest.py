"""One Jupyter for all tests of a file, with a lab server behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hubs import Hub, installed, started

from labkit import session


@pytest.fixture(scope="module")
def hub(shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    session.ensure()
    running = started(folder, installed(folder / "installed"))
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(20)
