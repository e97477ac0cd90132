"""Every test run, notebooks included, lives in a home of its own. Knows the environment; knows no test."""

import os
import sys
import tempfile
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


def pytest_unconfigure(config: pytest.Config) -> None:
    if HOME not in config.stash:
        return
    session.stop()
    config.stash[HOME].cleanup()
