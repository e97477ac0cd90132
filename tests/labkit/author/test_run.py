"""Notebooks executed in place, by real kernels: what they find around them, and what a failing cell leaves behind."""

import json
import os
from typing import Any

import psutil
import pytest

from labkit.author.problem import Refused
from labkit.author.run import execute, run
from labkit.manifest import ManifestError

SURROUNDINGS = """
import os, pathlib
home = pathlib.Path(os.environ["LABKIT_HOME"])
print(pathlib.Path.cwd().name, home.name, os.environ["LABKIT_HOME"] == "{home}", os.environ["MARK"])"""


@pytest.fixture
def kitchen(bench: Any) -> Any:
    """A course whose lesson 00 has been written and never run."""
    bench.manifest()
    return bench


def cells(bench: Any, file: str) -> list[dict[str, Any]]:
    return json.loads((bench.root / file).read_text(encoding="utf-8"))["cells"]


def test_a_lesson_and_its_solutions_are_run_in_their_folder_and_in_a_home_of_their_own(kitchen: Any) -> None:
    for folder in ("notebooks", "solutions"):
        kitchen.write(f"{folder}/00_tea.ipynb", kitchen.text("# Tea"), kitchen.code(SURROUNDINGS, None))
    untouched = kitchen.write("notebooks/01_milk.ipynb", kitchen.code("1 / 0", None)).read_bytes()
    said: list[str] = []

    changed = run(kitchen.root, ["00"], variables={**os.environ, "MARK": "mine"}, say=said.append)

    assert [f"{path.parent.name}/{path.name}" for path in changed] == [
        "notebooks/00_tea.ipynb",
        "solutions/00_tea.ipynb",
    ]
    assert said == ["running notebooks/00_tea.ipynb", "running solutions/00_tea.ipynb"]
    for folder in ("notebooks", "solutions"):
        cell = cells(kitchen, f"{folder}/00_tea.ipynb")[1]
        assert cell["execution_count"] == 1
        assert "".join(cell["outputs"][0]["text"]) == f"{folder} home False mine\n"
    assert (kitchen.root / "notebooks/01_milk.ipynb").read_bytes() == untouched


def test_a_second_run_of_the_same_notebook_changes_not_one_byte(kitchen: Any) -> None:
    source = "import sys\nprint('a')\nprint('b', file=sys.stderr)\ndisplay('c')\nprint('d')\n'last'"
    kitchen.write(
        "notebooks/00_tea.ipynb", kitchen.code(source, None), kitchen.code("1 / 0", tags=["raises-exception"])
    )
    path = kitchen.root / "notebooks/00_tea.ipynb"
    assert run(kitchen.root, variables=os.environ, say=lambda _: None) == [path]
    once = path.read_bytes()
    assert run(kitchen.root, variables=os.environ, say=lambda _: None) == []
    assert path.read_bytes() == once
    assert [cell["execution_count"] for cell in cells(kitchen, "notebooks/00_tea.ipynb")] == [1, 2]


def test_a_lab_server_that_a_lesson_started_is_ended(kitchen: Any) -> None:
    kitchen.write("notebooks/00_tea.ipynb", kitchen.code("from labkit import session\nsession.ensure().pid", None))
    run(kitchen.root, variables=os.environ, say=lambda _: None)
    (output,) = cells(kitchen, "notebooks/00_tea.ipynb")[0]["outputs"]
    pid = int("".join(output["data"]["text/plain"]))
    assert pid not in [process.pid for process in psutil.process_iter(["status"]) if process.info["status"] != "zombie"]


def test_an_authors_own_home_is_used_where_named_and_its_server_left_alone(kitchen: Any, tmp_path: Any) -> None:
    home = tmp_path / "mine"
    kitchen.write("notebooks/00_tea.ipynb", kitchen.code(SURROUNDINGS.replace("{home}", str(home)), None))
    run(kitchen.root, variables={**os.environ, "MARK": "m"}, home=home, say=lambda _: None)
    assert "notebooks mine True m" in str(cells(kitchen, "notebooks/00_tea.ipynb"))


def test_a_failing_cell_stops_with_file_cell_and_the_learners_error_and_writes_nothing(kitchen: Any) -> None:
    path = kitchen.write(
        "notebooks/00_tea.ipynb",
        kitchen.text("# Tea"),
        kitchen.code("print('fine')", None),
        kitchen.code("cups = {}\ncups['green']", None),
        kitchen.code("print('never')", None),
    )
    before = path.read_bytes()
    with pytest.raises(Refused) as caught:
        run(kitchen.root, variables=os.environ, say=lambda _: None)
    message = str(caught.value)
    assert message.startswith("notebooks/00_tea.ipynb, cell 3: it raised KeyError: 'green'")
    assert "----> 2 cups['green']" in message
    assert "\x1b" not in message
    assert "cure: Mend the cell" in message
    assert path.read_bytes() == before


def test_a_cell_that_hangs_is_ended_and_named(kitchen: Any) -> None:
    path = kitchen.write("notebooks/00_tea.ipynb", kitchen.code("1", None), kitchen.code("while True: pass", None))
    with pytest.raises(Refused, match="cell 2: it ran for more than 1 seconds"):
        execute(path, "notebooks/00_tea.ipynb", os.environ, cell_timeout=1)


def test_a_kernel_that_dies_is_named_with_its_last_words(kitchen: Any) -> None:
    dying = "import os, sys\nprint('farewell', file=sys.__stderr__, flush=True)\nos._exit(3)"
    path = kitchen.write("notebooks/00_tea.ipynb", kitchen.code(dying, None))
    with pytest.raises(Refused, match=r"(?s)cell 1: the kernel died.*farewell"):
        execute(path, "notebooks/00_tea.ipynb", os.environ)


def test_an_unknown_lesson_is_answered_with_the_known_ones(kitchen: Any) -> None:
    with pytest.raises(ManifestError, match=r"'07'.*Use one of: 00, 01"):
        run(kitchen.root, ["07"], variables=os.environ)


def test_a_lesson_that_is_not_written_yet_is_named_when_asked_for_and_passed_over_otherwise(kitchen: Any) -> None:
    with pytest.raises(Refused, match=r"notebooks/01_milk.ipynb: it does not exist"):
        run(kitchen.root, ["01"], variables=os.environ)
    assert run(kitchen.root, variables=os.environ) == []
