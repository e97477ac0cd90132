"""The terminal's verbs as they are typed: follow the journal, fire a request. Knows words, options and exit codes.

What a verb needs is imported inside it, so that `wirelab --help` answers at once.
"""
# ruff: noqa: PLC0415 - imports inside functions, for the reason above

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

app = typer.Typer()

Key = Annotated[str | None, typer.Option(help="A sandbox's key, `lab.key`. Default: LABKIT_KEY, else the open one.")]
Url = Annotated[str | None, typer.Option(help="Another lab server. Default: LABKIT_URL, else the one that runs here.")]


@app.command()
def tail(  # noqa: PLR0917 - typer reads options from parameters
    key: Key = None,
    url: Url = None,
    path: Annotated[str, typer.Option(help="Only paths that fit, such as '/v1/*'.")] = "*",
    status: Annotated[str, typer.Option(help="Only answers with this status or class, such as 429 or 4xx.")] = "",
    kind: Annotated[str, typer.Option(help="Only http, or only websocket.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Each event as one line of JSON.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Begin with what the server still has of before.")] = False,
) -> None:
    """Follow what crosses the wire of your sandbox, as the server sees it, until Ctrl-C."""
    from labkit.terminal import tail as room
    from labkit.terminal.story import wanted
    from labkit.terminal.target import aim

    with _troubles():
        chosen = wanted(path, status, kind)
        target = aim(key, url)
        count = room.follow(target, chosen, as_json=as_json, history=history, again=lambda: aim(key, url))
        typer.echo(f"Told of {count} exchange{'' if count == 1 else 's'}.", err=True)


@app.command()
def send(  # noqa: PLR0917 - typer reads options from parameters
    kind: Annotated[str, typer.Argument(help="get, head, post, put, patch, delete, options, chat, sse or ws.")],
    where: Annotated[str, typer.Argument(metavar="PATH|QUESTION", help="A path such as /shop/products.")],
    said: Annotated[list[str] | None, typer.Argument(metavar="[MESSAGE]...", help="What ws says, in turn.")] = None,
    data: Annotated[str | None, typer.Option("--data", "-d", help="The body, as JSON.")] = None,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="'name: value'; several times.")] = None,
    fault: Annotated[str, typer.Option(help="Break the answer, such as 'cut;after=3'.")] = "",
    pace: Annotated[str, typer.Option(help="How fast, such as 'ttft=1;tps=5'.")] = "",
    wire: Annotated[
        bool, typer.Option("--wire", help="Then show every byte that crossed, as the server saw it.")
    ] = False,
    quiet: Annotated[float, typer.Option(min=0.1, max=600, help="ws: seconds of silence after which to leave.")] = 2.0,
    key: Key = None,
    url: Url = None,
) -> None:
    """Fire one request at the lab server and show the answer as it comes.

    Exit code 0: an answer below 400 came whole, 1: it was refused or broke. Try
    `wirelab send chat "What is tea?" --wire`.
    """
    from labkit.terminal import message as words
    from labkit.terminal import send as room
    from labkit.terminal.paint import Easel
    from labkit.terminal.target import aim

    with _troubles():
        message = words.read(kind, where, said or (), data=data, headers=header or (), fault=fault, pace=pace)
        target, easel = aim(key, url), Easel()
        before = room.newest(target) if wire else 0
        well = room.send(target, message, easel, quiet=quiet)
        if wire:
            room.wired(target, message, easel, before)
    raise typer.Exit(0 if well else 1)


@contextmanager
def _troubles() -> Iterator[None]:
    """What a reader can mend is said in words. One who leaves early (Ctrl-C, `| head`) is no trouble."""
    from labkit.terminal.target import TROUBLES

    try:
        yield
    except TROUBLES as trouble:
        typer.echo(str(trouble), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        raise typer.Exit(0) from None
