"""The log's last sieve: what other people's words may carry, and whose words are heard at which level."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from labserver import logs
from labserver.logs import discreet, log

HEARD = ("", "labserver", "uvicorn", "uvicorn.error")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in HEARD}
    handlers = root.handlers[:]
    root.handlers.clear()  # `install` closes what it finds
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def installed(level: str, style: str = "json") -> io.StringIO:
    said = io.StringIO()
    logs.install(level, style, said)
    return said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('"WebSocket /ws/echo?key=lab-x&name=Ada" [accepted]', '"WebSocket /ws/echo?[query]" [accepted]'),
        ("POST http://127.0.0.1:9/told?token=tea failed", "POST http://127.0.0.1:9/told?[query] failed"),
        ("no world for lab-abcdefghijklmnopqrstuvwxyz", "no world for [key]"),
        ("Authorization: Bearer anything-at-all;", "Authorization: Bearer [key]"),
        ("X-API-Key: anything", "X-API-Key: [key]"),
        ("['realtime', 'openai-insecure-api-key.any.thing']", "['realtime', 'openai-insecure-api-key.[key]']"),
        ("eyJhbGciOi.eyJzdWIi.c2ln is stale", "[key] is stale"),
        ("whsec_AbC-1", "[key]"),
        ("task-0123456789abcdef", "task-0123456789abcdef"),
        ("What is lab-coated tea?", "What is lab-coated tea?"),
    ],
)
def test_queries_and_keys_are_blotted_out_of_anybodys_words(said: str, shown: str) -> None:
    assert discreet(said) == shown


def test_a_trace_is_in_the_line_without_local_variables_and_keys() -> None:
    for style in ("json", "console"):
        said = installed("info", style)
        try:
            password = "hush-hush"
            raise ValueError(f"{len(password)} lab-abcdefghijklmnopqrstuvwxyz")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
        text = said.getvalue()
        assert "ValueError: 9 [key]" in text and "Traceback" in text
        assert "hush-hush" not in text
    assert len(text.splitlines()) > 3


def test_everybody_speaks_in_the_same_form() -> None:
    said = installed("info")
    log.info("exchange", status=200)
    logging.getLogger("asyncio").warning("slow: %s", "tea")
    ours, theirs = map(json.loads, said.getvalue().splitlines())
    assert (ours["event"], ours["level"], ours["status"]) == ("exchange", "info", 200)
    assert (theirs["event"], theirs["level"]) == ("slow: tea", "warning")
    assert ours.keys() - {"status"} == theirs.keys() == {"event", "level", "timestamp"}


@pytest.mark.parametrize(
    ("level", "heard"),
    [("warning", {"malformed"}), ("info", {"malformed", "exchange"}), ("debug", {"malformed", "exchange", "accepted"})],
)
def test_libraries_are_quieter_than_we_are(level: str, heard: set[str]) -> None:
    said = installed(level)
    log.warning("malformed")
    log.info("exchange")
    logging.getLogger("uvicorn.error").info("accepted")
    logging.getLogger("uvicorn.error").debug("< TEXT 'a private message'")
    logging.getLogger("httpx2").info("HTTP Request: POST http://127.0.0.1/?token=tea")
    assert {json.loads(line)["event"] for line in said.getvalue().splitlines()} == heard


def test_false_alarms_and_what_our_own_line_says_better_are_dropped() -> None:
    said = installed("debug")
    for alarm in logs.FALSE_ALARMS:
        logging.getLogger("uvicorn.error").error(alarm)
    assert said.getvalue() == ""
