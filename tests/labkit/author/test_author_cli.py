"""`wirelab dev …`: what an author reads, and the exit codes that CI reads."""

import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from labkit.author.cli import app
from labkit.author.gates import GATES


def dev(course: Any, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments, "--course", str(course.root)])
    return result.exit_code, result.output


def test_check_says_how_many_gates_hold(course: Any) -> None:
    assert dev(course, "check", "--fast") == (0, f"All {len(GATES)} gates hold.\n")


def test_check_prints_each_finding_with_its_cure_and_fails(course: Any) -> None:
    course.change("notebooks/00_tea.ipynb", 2, execution_count=None)
    code, output = dev(course, "check", "--fast")
    assert code == 1
    assert output == (
        "notebooks/00_tea.ipynb, cell 2: it was never run (its execution count is null).\n"
        "    cure: Run it anew with `wirelab dev run`.\n"
        "\n1 finding.\n"
    )


def test_build_says_what_it_wrote(course: Any) -> None:
    (course.root / "exercises/00_tea.ipynb").unlink()
    assert dev(course, "build") == (0, "wrote exercises/00_tea.ipynb\n1 exercise notebook changed.\n")
    assert dev(course, "build") == (0, "0 exercise notebooks changed.\n")


def test_build_writes_the_leaflets_too(course: Any) -> None:
    course.rewrite("glossary.toml", "ask another pot", "ask another cup")
    assert dev(course, "build") == (0, "wrote docs/cheatsheet.md\n0 exercise notebooks changed.\n")
    course.rewrite("glossary.toml", "[retry]", "[again]")
    code, output = dev(course, "build")
    assert (code, "glossary.toml: it cannot be read: it has an unknown key 'again'." in output) == (1, True)


def test_build_fails_on_a_refused_solution(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 3, metadata={})
    code, output = dev(course, "build")
    assert (code, "solutions/00_tea.ipynb, cell 3" in output) == (1, True)


def test_run_stops_at_a_failing_cell_and_fails(course: Any) -> None:
    course.change("notebooks/00_tea.ipynb", 2, source="1 / 0")
    code, output = dev(course, "run", "00")
    assert (code, "cell 2: it raised ZeroDivisionError" in output) == (1, True)


def test_run_writes_and_names_what_changed(course: Any) -> None:
    course.change("notebooks/01_milk.ipynb", 2, source="print('milk')")
    code, output = dev(course, "run", "01")
    assert (code, output) == (
        0,
        "running notebooks/01_milk.ipynb\nchanged notebooks/01_milk.ipynb\n1 notebook changed.\n",
    )
    assert dev(course, "run", "01")[1].endswith("0 notebooks changed.\n")


@pytest.mark.parametrize("verb", ["build", "run", "check"])
def test_a_folder_without_a_course_is_named_and_fails(bench: Any, verb: str) -> None:
    bench.root.mkdir()
    code, output = dev(bench, verb)
    assert (code, "No course.toml in" in output) == (1, True)


def test_help_imports_neither_kernels_nor_parsers() -> None:
    program = (
        "import sys, labkit.author.cli\n"
        "print(sorted({'nbformat', 'nbclient', 'markdown_it', 'jupyter_client'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
