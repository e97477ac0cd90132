"""leafkettle: each piece that a later lesson imports does what its exercise asks, and needs no lab to do it."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit import checks
from labkit.manifest import load

ROOT = Path(__file__).parents[3]
PIECES = [exercise for exercise in load(ROOT / "course.toml").exercises if exercise.piece]
LOADED = "import leafkettle, sys; print([name for name in sys.modules if name.startswith(('labkit', 'labserver'))])"


@pytest.mark.parametrize("exercise", PIECES, ids=lambda exercise: exercise.piece)
def test_a_piece_of_the_shop_passes_its_own_check(server: Any, taught: Callable[[str], Any], exercise: Any) -> None:
    piece = getattr(importlib.import_module("leafkettle"), taught(exercise.id).name)
    assert piece.__module__ == f"leafkettle.{exercise.piece}"
    assert checks.run_alone(exercise.id, piece, server.url).passed


def test_the_shops_client_is_among_them() -> None:
    assert "shop_client" in [exercise.piece for exercise in PIECES]


def test_the_shops_pieces_load_no_lab() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
