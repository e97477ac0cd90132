"""`wirelab dev …`: the author's verbs. Knows words and exit codes; each verb calls one function.

What a verb needs is imported inside it, so that `wirelab --help` answers at once.
"""
# ruff: noqa: PLC0415 - imports inside functions, for the reason above

from pathlib import Path
from typing import Annotated

import typer

from labkit.author.problem import Refused
from labkit.manifest import ManifestError
from labkit.workspace import CourseNotFound, course_root

app = typer.Typer(
    name="dev", help="For authors: build the exercises, run the notebooks, prove the course.", no_args_is_help=True
)

new = typer.Typer(help="Scaffolds: a lesson, an exercise, with everything that belongs to it.", no_args_is_help=True)
app.add_typer(new, name="new")

Course = Annotated[Path | None, typer.Option("--course", help="The folder of course.toml. Default: this project.")]
Lessons = Annotated[list[str] | None, typer.Argument(metavar="[LESSON]...", help="Ids such as 10. Default: all.")]
Home = Annotated[Path | None, typer.Option(help="A LABKIT_HOME to use, its server included. Default: one of its own.")]


@app.command()
def build(course: Course = None) -> None:
    """Generate exercises/ from solutions/, leafkettle/ (the pieces of the shop), the glossary and the cheat sheet."""
    from labkit.author import leaflets, pieces
    from labkit.author.build import build as build_exercises

    try:
        root = course_root(course)
        changed, built = build_exercises(root), [*pieces.build(root), *leaflets.build(root)]
    except (Refused, ManifestError, CourseNotFound) as error:
        raise _stopped(error) from None
    for path in built:
        typer.echo(f"{'wrote' if path.exists() else 'removed'} {path.parent.name}/{path.name}")
    for path in changed:
        typer.echo(f"wrote {path.parent.name}/{path.name}")
    typer.echo(f"{len(changed)} exercise notebook{'' if len(changed) == 1 else 's'} changed.")


@app.command()
def run(lessons: Lessons = None, course: Course = None, home: Home = None) -> None:
    """Execute lessons and solutions in place and store them in their one normal form."""
    from labkit import runtime
    from labkit.author.run import run as run_notebooks

    variables = runtime.environment().variables
    try:
        changed = run_notebooks(course_root(course), lessons or (), variables=variables, home=home, say=typer.echo)
    except (Refused, ManifestError, CourseNotFound) as error:
        raise _stopped(error) from None
    for path in changed:
        typer.echo(f"changed {path.parent.name}/{path.name}")
    typer.echo(f"{len(changed)} notebook{'' if len(changed) == 1 else 's'} changed.")


@app.command()
def check(
    lessons: Lessons = None,
    course: Course = None,
    fast: Annotated[bool, typer.Option("--fast", help="Without a lab server: no answer is tried.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Prove the course: every gate, every answer tried. Each finding has its cure. Exit code 1 if there is any."""
    from rich.console import Console

    from labkit import runtime
    from labkit.author import report
    from labkit.author.check import check as prove
    from labkit.author.telling import teller
    from labkit.author.witness_server import NotServed

    variables = None if fast else runtime.environment().variables
    try:
        verdict = prove(course_root(course), lessons or (), variables=variables, teller=teller(Console(stderr=True)))
    except (CourseNotFound, ManifestError, NotServed) as error:
        raise _stopped(error) from None
    typer.echo(report.as_json(verdict) if as_json else report.as_text(verdict))
    raise typer.Exit(1 if verdict.findings else 0)


Title = Annotated[str, typer.Option(help="As learners read it.")]
Minutes = Annotated[int, typer.Option(min=1, max=120, help="Your estimate, until it is measured.")]


@new.command()
def lesson(
    lesson_id: Annotated[str, typer.Argument(metavar="ID", help="Two digits, such as 08.")],
    slug: Annotated[str, typer.Argument(help="Of the file: small letters and underscores.")],
    title: Title,
    minutes: Minutes = 45,
    course: Course = None,
) -> None:
    """A lesson's row, its notebook with the cells of the anatomy, its instructor's note."""
    from labkit.author.new.lesson import new_lesson

    try:
        lines = new_lesson(course_root(course), lesson_id, slug, title, minutes)
    except (Refused, ManifestError, CourseNotFound) as error:
        raise _stopped(error) from None
    typer.echo("\n".join(lines))


@new.command()
def exercise(
    exercise_id: Annotated[str, typer.Argument(metavar="ID", help="The lesson and a number, such as 08.1.")],
    title: Title,
    minutes: Minutes = 10,
    function: Annotated[str, typer.Option(help="What the learner writes. Default: from the title.")] = "",
    course: Course = None,
) -> None:
    """An exercise's row, solution, check with hints, answers to try it with, beliefs; and its stub, built."""
    from labkit.author.build import build as build_exercises
    from labkit.author.new.exercise import new_exercise

    try:
        root = course_root(course)
        lines = new_exercise(root, exercise_id, title, minutes, function)
        built = [f"wrote {path.parent.name}/{path.name}" for path in build_exercises(root)]
    except (Refused, ManifestError, CourseNotFound) as error:
        raise _stopped(error) from None
    typer.echo("\n".join([*built, *lines]))


def _stopped(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)
