"""The real course, and a place where its notebooks can be proved without touching anybody's home."""

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of course.toml."""
    return ROOT


@pytest.fixture(scope="session")
def nbval() -> dict[str, Any]:
    """NBVAL_OPTIONS and NBVAL_PATHS, whichever way pytest imports test modules."""
    return runpy.run_path(str(Path(__file__).with_name("nbval_options.py")))


@pytest.fixture(scope="session")
def private_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment for kernels: no home of ours, IPython's or Jupyter's. A lab server started there is ended."""
    place = tmp_path_factory.mktemp("private")
    environment = {
        **os.environ,
        "LABKIT_HOME": str(place / "labkit"),
        "IPYTHONDIR": str(place / "ipython"),
        "JUPYTER_CONFIG_DIR": str(place / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(place / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(place / "jupyter-runtime"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]]),
        "PYTEST_ADDOPTS": "",
    }
    yield environment
    stop = [sys.executable, "-c", "from labkit import session; session.stop()"]
    subprocess.run(stop, env=environment, cwd=ROOT, check=True)
