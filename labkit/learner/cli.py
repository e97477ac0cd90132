"""A learner's verbs as they are typed. Knows words, options and exit codes; each verb calls one function.

What a verb needs is imported inside it, so that `wirelab --help` and `wirelab list` answer at once.
"""
# ruff: noqa: PLC0415 - imports inside functions, for the reason above

from pathlib import Path
from typing import Annotated

import typer

from labkit.learner.place import Unknown, found, troubles

app = typer.Typer()

Course = Annotated[Path | None, typer.Option(help="The folder of course.toml. Default: the one of this install.")]
Work = Annotated[
    Path | None, typer.Option(help="The folder of your copies. Default: the one you are in, else `work` of the course.")
]
Json = Annotated[bool, typer.Option("--json", help="The same as JSON.")]
One = Annotated[str, typer.Argument(metavar="EXERCISE", help="An exercise such as 10.2.")]
Which = Annotated[str | None, typer.Argument(metavar="[EXERCISE|LESSON]", help="10.2 or 10. Default: the next one.")]


@app.command("list")
def list_lessons(course: Course = None, as_json: Json = False) -> None:
    """Every lesson and exercise, with where you stand."""
    from labkit.learner import board

    with troubles():
        standings = found(course).standings
    typer.echo(board.listed_as_json(standings) if as_json else board.listed(standings))


@app.command("next")
def what_next(course: Course = None, work: Work = None) -> None:
    """What to do now, where it stands, and which file to open."""
    from labkit.learner import board, copybook, standing

    with troubles():
        place = found(course, work)
        standings = place.standings
        step = standing.next_step(standings)
        file = copybook.file_of(place.course, step.mark.exercise) if step else ""
    typer.echo(board.next_up(step, standings, place.work, file))
    if step and not (place.work / file).exists():
        typer.echo("  It is not there yet: `wirelab up` opens everything, `wirelab update` only makes your copies.")


@app.command()
def progress(course: Course = None, as_json: Json = False) -> None:
    """How far you are: a bar for each lesson, minutes, and the passes in a row."""
    from labkit.learner import board, standing

    with troubles():
        place = found(course)
        standings, row = place.standings, standing.streak(place.log.read())
    typer.echo(board.progress_as_json(standings, row) if as_json else board.progress(standings, row))


@app.command()
def schedule(  # noqa: PLR0917 - typer reads options from parameters
    start: Annotated[str, typer.Option(help="When a day begins.", metavar="HH:MM")] = "09:00",
    lessons: Annotated[str, typer.Option(help="Such as 0-7 or 0,1,2,10. Default: all.")] = "",
    route: Annotated[str, typer.Option(help="A route of course.toml, such as fast.")] = "",
    until: Annotated[str, typer.Option(help="When a day ends; the rest is for the next.", metavar="HH:MM")] = "18:00",
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The same as a handout.")] = False,
    course: Course = None,
) -> None:
    """A day by the clock, from the minutes in course.toml: lessons, exercises, breaks, lunch, the end."""
    from labkit.learner import route as ways
    from labkit.learner import timetable
    from labkit.schedule import moment
    from labkit.schedule import schedule as planned

    with troubles():
        if as_json and as_markdown:
            raise Unknown("Give --json or --markdown, not both.")
        place = found(course)
        chosen = ways.chosen(place.course, lessons, route)
        plan = planned(chosen.lessons, moment("--start", start), moment("--until", until))
    if as_json:
        typer.echo(timetable.as_json(plan, chosen))
    else:
        typer.echo(
            timetable.markdown(plan, chosen, place.course.title) if as_markdown else timetable.text(plan, chosen)
        )


@app.command()
def check(  # noqa: PLR0917 - typer reads options from parameters
    which: Which = None,
    everything: Annotated[bool, typer.Option("--all", help="Every exercise of the course.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Every cell from the top, as after a restart.")] = False,
    as_json: Json = False,
    course: Course = None,
    work: Work = None,
) -> None:
    """Try your answer, as you saved it, in a new kernel and a clean sandbox.

    Without --fresh only your answer's cell and the cells that it needs are run, wherever they stand; with --fresh every
    cell from the top down to the check, as after "Restart Kernel and Run All Cells" (other checks are left out, for
    they would count as attempts). Of a lesson or of all, exercises that are still the stub are not run.

    Exit code 0: passed, 1: not passed, 2: could not run.
    """
    with troubles(code=2):
        place = found(course, work)
        wanted = place.chosen(which, everything=everything)
        hurry = everything or len(wanted) > 1

        from labkit.learner import checking, showing

        with showing.bar(len(wanted)) as turn:
            results = []
            for result in checking.check(place.desk(turn.step), wanted, fresh=fresh, hurry=hurry):
                results.append(result)
                turn.done(result)
                if not as_json:
                    typer.echo(showing.text(result))
    if as_json:
        typer.echo(showing.as_json(results))
    elif len(results) > 1:
        typer.echo(showing.summary(results))
    raise typer.Exit(max(result.exit_code for result in results))


@app.command()
def hint(exercise: One, course: Course = None) -> None:
    """The next hint of this exercise; the first one speaks to what your last attempt looked like."""
    with troubles():
        from labkit import counsel

        place = found(course)
        typer.echo(counsel.hint(place.root, place.log, place.exercise(exercise).id))


@app.command()
def solution(
    exercise: One,
    insist: Annotated[bool, typer.Option("--insist", help="Now, before a pass or three attempts.")] = False,
    course: Course = None,
    work: Work = None,
) -> None:
    """A solution next to what you have: after a pass, after three attempts, or when you insist."""
    with troubles():
        from labkit import counsel

        place = found(course, work)
        wanted = place.exercise(exercise)
        have = place.answer(wanted)
        told = counsel.solution(place.root, place.log, wanted.id, insist=insist, have=have, terminal=True)
    typer.echo(told)


@app.command()
def reset(
    which: Annotated[str | None, typer.Argument(metavar="[EXERCISE|LESSON]", help="10.2 or 10.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every copy that the course gave you.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="All cells of the exercise, not only its answer's.")] = False,
    course: Course = None,
    work: Work = None,
) -> None:
    """Put back what the course gave you. What you have is kept first, and the way back is printed.

    `reset 10.2` puts back the cell of that answer and touches no other; `reset 10.2 --whole` also the task, the try and
    the check around it; `reset 10` both notebooks of the lesson; `reset --all` all of them.
    """
    from labkit.learner import resetting

    with troubles():
        place = found(course, work)
        if everything == (which is not None):
            raise Unknown("Say what to reset: `wirelab reset 10.2`, `wirelab reset 10`, or `wirelab reset --all`.")
        if which is not None and "." in which:
            done = resetting.exercise(place.course, place.root, place.work, place.exercise(which), whole=whole)
        else:
            lessons = place.course.lessons if which is None else (place.lesson(which),)
            done = resetting.files(place.root, place.work, [lesson.id for lesson in lessons])
    typer.echo("\n".join(done))


@app.command()
def restore(
    backup: Annotated[str | None, typer.Argument(help="Its name, or its folder. Without: which there are.")] = None,
    course: Course = None,
    work: Work = None,
) -> None:
    """Bring back what a reset or an update kept for you. What is there now is kept first."""
    from labkit.learner import backups

    with troubles():
        place = found(course, work)
        done = backups.listed(place.work) if backup is None else backups.restore(place.work, backup)
    typer.echo("\n".join(done))


@app.command()
def update(course: Course = None, work: Work = None) -> None:
    """Bring your copies up to the course's version. What you wrote stays; what changed is said."""
    from labkit.learner import updating

    with troubles():
        place = found(course, work)
        done = updating.update(place.root, place.work)
    typer.echo("\n".join(done))
