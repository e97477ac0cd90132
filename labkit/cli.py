"""The `wirelab` command: names and options of its verbs. Knows which function each verb calls, and nothing else.

What a verb needs is imported inside it, so that `wirelab --help` answers at once.
"""
# ruff: noqa: PLC0415 - imports inside functions, for the reason above

from pathlib import Path
from typing import Annotated

import typer

from labkit.author.cli import app as author
from labkit.author.export_cli import app as export
from labkit.learner.cli import app as learner
from labkit.terminal.cli import app as terminal

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold keys
    help="Wirelab: learn REST, WebSockets and streaming against a lab server of your own.",
)

app.add_typer(learner)  # without a name: its verbs stand beside ours
app.add_typer(terminal)
app.add_typer(author, name="dev", help="For authors: build, run and prove the course.")
app.add_typer(export, name="export")

# For a verb that another program does: `--help` is that program's too.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
Port = Annotated[int, typer.Option(min=0, max=65535, help="The lab server's port, or the next free one.")]
LabPort = Annotated[int, typer.Option("--jupyter-port", min=0, max=65535, help="JupyterLab's, or the next free one.")]
Course = Annotated[Path | None, typer.Option(help="The folder of course.toml. Default: the one of this install.")]
Work = Annotated[Path | None, typer.Option(help="The folder of your copies. Default: `work` in the course's folder.")]


@app.command()
def up(  # noqa: PLR0917 - typer reads options from parameters
    port: Port = 8001,
    jupyter_port: LabPort = 8888,
    lesson: Annotated[str, typer.Option(help="The lesson to open, such as 10.")] = "00",
    work: Work = None,
    course: Course = None,
    browser: Annotated[bool, typer.Option(help="Open the lesson in your browser.")] = True,
) -> None:
    """Start everything: your copies of the lessons, the lab server, JupyterLab. Ctrl-C ends what it started."""
    from labkit import up as room

    try:
        code = room.up(course=course, work=work, lesson=lesson, port=port, jupyter_port=jupyter_port, browser=browser)
    except room.TROUBLES as trouble:
        _fail(str(trouble))
    raise typer.Exit(code)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="Default: 8001.")] = None,
    solo: Annotated[bool | None, typer.Option("--solo/--no-solo", help="One learner on this machine.")] = None,
    time_scale: Annotated[float | None, typer.Option(help="Factor on the server's own waits; 0 waits never.")] = None,
) -> None:
    """Run a lab server in the foreground. Further options go to it as they are: `python -m labserver --help`."""
    from labkit import session

    flags = [] if port is None else ["--port", str(port)]
    flags += [] if solo is None else ["--solo" if solo else "--no-solo"]
    flags += [] if time_scale is None else ["--time-scale", str(time_scale)]
    raise typer.Exit(session.serve([*flags, *context.args]))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def providers(context: typer.Context) -> None:
    """Which real models can be set up; `wirelab providers test NAME` asks one of them for one word. No key is shown."""
    from labkit import session

    raise typer.Exit(session.providers(context.args))


@app.command(context_settings=PASSED_ON)
def record(context: typer.Context) -> None:
    """Ask a model once and keep its answer with its timings: `wirelab record "What is tea?" --provider openai`."""
    from labkit import session

    raise typer.Exit(session.recordings(["record", *context.args]))


@app.command(context_settings=PASSED_ON)
def recordings(context: typer.Context) -> None:
    """What is recorded in a folder, and what is wrong with it; `wirelab serve --provider replay` plays it."""
    from labkit import session

    raise typer.Exit(session.recordings(["recordings", *context.args]))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def parity(context: typer.Context) -> None:
    """What the lessons claim of the dialect, asked of a model: `--provider NAME`, `--base-url`, `--model`, `--json`."""
    from labkit import session

    raise typer.Exit(session.parity(context.args))


@app.command()
def down() -> None:
    """End the lab server that `wirelab up` or a notebook started."""
    from labkit import session

    try:
        ended = session.stop()
    except session.SessionError as trouble:
        _fail(str(trouble))
    typer.echo("The lab server has ended." if ended else "No lab server was running.")


@app.command()
def status() -> None:
    """Say in one line whether a lab server runs, and where. Exit code 1 if none does."""
    from labkit import session

    server = session.find()
    if server is None:
        typer.echo("No lab server is running. `wirelab up` starts one; so does `labkit.open(...)` in a notebook.")
        raise typer.Exit(1)
    typer.echo(f"The lab server {server.version} runs at {server.url} (process {server.pid}).")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
    issue: Annotated[bool, typer.Option("--issue", help="A block to paste, without secrets and paths.")] = False,
    port: Port = 8001,
    work: Work = None,
    course: Course = None,
) -> None:
    """Look for what may be in the way, and name the cure. Exit code 1 if something fails."""
    from labkit import doctor as room

    findings = room.examine(port=port, work=work, course=course)
    well = all(finding.ok for finding in findings)
    if issue:
        typer.echo(room.as_issue(findings, work=work, course=course))
    else:
        typer.echo(room.as_json(findings) if as_json else room.as_text(findings))
    if not (well or issue or as_json):
        typer.echo("Does that not help? `wirelab doctor --issue` prints a block to paste where you ask for help.")
    raise typer.Exit(0 if well else 1)


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)
