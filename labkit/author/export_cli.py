"""`wirelab export …`: the course in a form that others' programs read. Knows words and exit codes."""
# ruff: noqa: PLC0415 - imports inside functions, so that `wirelab --help` answers at once

import sys
from pathlib import Path
from typing import Annotated

import typer

from labkit.author.problem import Refused
from labkit.manifest import ManifestError
from labkit.workspace import CourseNotFound, course_root

app = typer.Typer(name="export", help="The course for other programs: nbgrader.", no_args_is_help=True)


@app.callback()
def rooms() -> None:
    """The course for other programs."""


@app.command()
def nbgrader(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the nbgrader course goes.")],
    course: Annotated[Path | None, typer.Option("--course", help="The folder of course.toml.")] = None,
) -> None:
    """Write an nbgrader course: one assignment a lesson, graded by the lab's own checks."""
    from labkit.author.nbgrader import export

    try:
        written = export(course_root(course), folder, sys.executable)
    except (Refused, ManifestError, CourseNotFound) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for path in written:
        typer.echo(f"wrote {path.relative_to(folder).as_posix()}")
    assignments = [path.stem for path in written if path.suffix == ".ipynb"]
    typer.echo(f"\nNow, in {folder.name}: nbgrader generate_assignment {assignments[0]}")
