"""Every test run, notebooks included, lives in a home of its own, and begins with what takes long. Knows no test."""

import gc
import os
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

import pytest

from labkit import session

PLACES = {
    "LABKIT_HOME": "labkit",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter-config",
    "JUPYTER_DATA_DIR": "jupyter-data",
    "JUPYTER_RUNTIME_DIR": "jupyter-runtime",
    "MPLCONFIGDIR": "matplotlib",
}
SPARED = Path(__file__).parent / "tests" / "spared"  # what no process of the tests shall spend its time on
HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # a worker of xdist has its environment from the process that started it
    home = tempfile.TemporaryDirectory(prefix="wirelab-tests-", ignore_cleanup_errors=True)
    config.stash[HOME] = home
    for place in PLACES.values():
        (Path(home.name) / place).mkdir()
    # The tests start hundreds of processes. What one has compiled, the others need not compile again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SPARED), os.environ.get("PYTHONPATH")]))
    os.environ.update({name: str(Path(home.name) / place) for name, place in PLACES.items()})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that at the end no worker is left alone with one; every second one has a browser.

    A JupyterLab with its page keeps a core busy: with as many of them at once as workers, each waits for the others.
    """
    long = {item.path: item for item in items if item.get_closest_marker("long")}
    browsers = [path for path, item in long.items() if item.get_closest_marker("browser")]
    others = [path for path in long if path not in browsers]
    order = [path for pair in zip_longest(others, browsers) for path in pair if path is not None]
    items.sort(key=lambda item: order.index(item.path) if item.path in long else len(order))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end, so the collector need not walk over it again at each of its rounds."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if HOME not in config.stash:
        return
    session.stop()
    config.stash[HOME].cleanup()
