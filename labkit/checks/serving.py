"""The process in which a learner's own server runs: `python -P serving.py FILE NAME ANNOUNCEMENT`. Imports no labkit.

It writes to ANNOUNCEMENT, as JSON, its port once it listens, or the error that kept it from that. It ends, and
everything that it started with it, when its stdin does: whoever started it holds the other end and needs no farewell.
"""

import inspect
import json
import linecache
import logging
import os
import socket
import sys
import threading
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
import uvicorn


class Server(uvicorn.Server):
    """Tells when it listens."""

    announce: Callable[..., None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            self.announce(port=sockets[0].getsockname()[1])


class Brief(logging.Handler):
    """An error in the learner's server as one line, with their own line of code; no stack trace of a library."""

    def __init__(self, file: str) -> None:
        super().__init__(logging.WARNING)
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        print(told(error, self._file) if error else record.getMessage(), file=sys.stderr, flush=True)


def told(error: BaseException, file: str) -> str:
    """`KeyError: 'tea', in the line `return TEAS[name]` of tea`."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f", in the line `{frames[-1].line}`" if frames else ""
    if frames and not frames[-1].name.startswith("<"):
        where += f" of {frames[-1].name}"
    if isinstance(error, SyntaxError) and error.text:
        where = f", in the line `{error.text.strip()}`"
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}{where}"


def load(file: str, name: str) -> Any:
    """The ASGI application of this program; a function without parameters is asked to make it."""
    text = Path(file).read_text(encoding="utf-8")
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType("server")
    module.__file__ = file
    sys.modules["server"] = module  # pydantic and dataclasses look their names up there
    exec(compile(text, file, "exec"), vars(module))
    app = vars(module)[name]
    if inspect.isfunction(app) and not inspect.signature(app).parameters:
        app = app()
    if not callable(app):
        raise TypeError(f"{name} gave {type(app).__name__}, which is no ASGI application")
    return app


def end_with_stdin() -> None:
    """Wait until nobody holds the other end; then end, children first."""
    with suppress(OSError, ValueError):
        while sys.stdin.buffer.read(1):
            pass
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()
    os._exit(0)


def main(file: str, name: str, announcement: str) -> None:
    """Load, listen, serve until ended."""
    threading.Thread(target=end_with_stdin, daemon=True).start()

    def announce(**what: Any) -> None:
        half = Path(announcement + ".half")
        half.write_text(json.dumps(what), encoding="utf-8")
        half.replace(announcement)

    sys.path.insert(0, str(Path.cwd()))
    logging.getLogger("uvicorn.error").addHandler(Brief(file))
    try:
        app = load(file, name)
    except BaseException as error:  # also SystemExit: whatever the code does, somebody waits to hear of it
        announce(error=told(error, file), kind=type(error).__name__)
        raise SystemExit(1) from None
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    server.announce = announce
    server.run(sockets=[listener])
    if not server.started:
        announce(error="its startup failed (`lifespan`)", kind="RuntimeError")


if __name__ == "__main__":
    main(*sys.argv[1:])
