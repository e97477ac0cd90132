"""The operator's log: one pipeline for our own lines and everybody else's, as JSON or for a person's eyes. A leaf.

No line holds a key, a query or a body. Whoever writes one leaves them out; what slips in with somebody else's words, a
URL or an exception's, is blotted out here, below everything that writes.
"""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

QUERY = re.compile(r"(/[^\s\"'?]*)\?[^\s\"']+")
# What this server mints, what OpenAI mints, a JSON Web Token, and whatever stands behind the name of a credential.
KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:lab|sk|rt)-[\w.~+/=-]{12,}|whsec_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?<=bearer )[^\s\"']+|(?<=key=)[^\s\"'&]+|(?<=api-key\.)[^\s\"',]+|(?<=key: )[^\s\"']+",
    re.IGNORECASE,
)
FALSE_ALARMS = {
    "ASGI callable returned without completing handshake.",  # a WebSocket that is refused as plain HTTP
    "Invalid UTF-8 sequence received from client.",  # with a stack trace, where close code 1007 tells the client
    "Invalid HTTP request received.",  # our own line about the same has its request id
}
# uvicorn tells at `info` what our own lines tell better. Its `debug` is never heard: it prints WebSocket messages.
UVICORN = {"info": "warning", "debug": "info"}

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    logging.getLogger("labserver"),
    processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    wrapper_class=structlog.stdlib.BoundLogger,
).bind()


def discreet(text: str) -> str:
    """The same words without queries and keys."""
    return KEY.sub("[key]", QUERY.sub(r"\1?[query]", text))


class Discreet(logging.Filter):
    """Drops lines that uvicorn 0.54 logs though nothing failed, or though our own line says the same."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.getMessage() not in FALSE_ALARMS


def _discreetly(_: Any, __: str, line: EventDict) -> EventDict:
    """The last processor but one: exceptions are text by now."""
    return {name: discreet(value) if isinstance(value, str) else value for name, value in line.items()}


def _renderer(style: str, colors: bool) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(sort_keys=False)
    # Never the renderer's own tracebacks: with rich installed they would show every local variable.
    return structlog.dev.ConsoleRenderer(
        colors=colors, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
    )


def install(level: str, style: str, stream: TextIO | None = None) -> None:
    """All of this process's logging to stderr, or `stream`. Ours from `level` on, libraries' from warning on."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.addFilter(Discreet())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _discreetly,
                _renderer(style, colors=stream.isatty()),
            ]
        )
    )
    logging.basicConfig(handlers=[handler], level="WARNING", force=True)
    logging.getLogger("labserver").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel(UVICORN.get(level, level).upper())
