"""Follow a sandbox's journal until Ctrl-C. Knows server-sent events and their ids; what a line says it does not know.

A connection that is lost is made again with `Last-Event-ID`, as the WHATWG standard wants it from an EventSource, so
that nothing is told twice and nothing is left out.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from labkit import bytestream
from labkit.bytestream import Event
from labkit.terminal.paint import Easel
from labkit.terminal.story import Listener, Wanted, line
from labkit.terminal.target import UNKNOWN, Target, Trouble

FIRST_WAIT, LONGEST_WAIT = 0.25, 4.0  # seconds before another try
SILENCE = 40.0  # seconds; the server comments every 15


def follow(
    target: Target,
    wanted: Wanted,
    *,
    as_json: bool = False,
    history: bool = False,
    again: Callable[[], Target] | None = None,
    easel: Easel | None = None,
    patience: float = 60.0,
) -> int:
    """Tell what happens until Ctrl-C, or until the sandbox ends. The number of exchanges that were told of.

    `history` begins with the events that the server still has. `again` says where the server is after it was lost
    (another port, perhaps). Raises Trouble where the server refuses, or is away for longer than `patience` seconds.
    """
    easel = easel or Easel()
    listener = Listener.of(wanted)
    count = 0

    def tell(name: str, data: dict[str, Any]) -> None:
        nonlocal count
        for said, about in listener.hear(name, data):
            count += said == "opened"
            if as_json:
                easel.json({"event": said, **about})
            else:
                easel.line(*line(said, about))

    try:
        for event in _events(target, "0" if history else "", again, easel.aside if as_json else easel.line, patience):
            data = json.loads(event.data)
            tell(event.name, data)
            if event.name == "farewell" and data["why"] == "the sandbox ended":
                break
    except KeyboardInterrupt:
        pass
    return count


def _events(
    target: Target, last: str, again: Callable[[], Target] | None, tell: Callable[..., None], patience: float
) -> Iterator[Event]:
    wait, lost, met = FIRST_WAIT, 0.0, False
    while True:
        try:
            for event in _heard(target, last):
                if event is None:
                    if not met:
                        tell((f"Following {target.whose} at {target.url}. Ctrl-C ends it.", "quiet"))
                    wait, lost, met = FIRST_WAIT, 0.0, True
                else:
                    last = event.id or last
                    yield event
        except httpx2.TransportError:
            if not met:
                raise Trouble(f"Nobody answers at {target.url}. `wirelab status` says whether a server runs.") from None
        lost = lost or time.monotonic()
        if time.monotonic() - lost > patience:
            raise Trouble("The lab server stays away. `wirelab up` starts one; then tail again.")
        if wait == FIRST_WAIT:
            tell(("     connection lost; trying again", "warned"))
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)
        if again is not None:
            target = _moved(again, target)


def _moved(again: Callable[[], Target], target: Target) -> Target:
    try:
        return again()
    except Trouble:  # not there yet
        return target


def _heard(target: Target, last: str) -> Iterator[Event | None]:
    """The events of one connection; first of all None: it stands."""
    headers = {**target.headers, "accept": "text/event-stream", **({"last-event-id": last} if last else {})}
    timeout = httpx2.Timeout(10, read=SILENCE)
    with (
        httpx2.Client(trust_env=False, verify=False, timeout=timeout) as http,
        http.stream("GET", f"{target.url}/lab/journal/tail", headers=headers) as answer,
    ):
        if answer.status_code == 401:
            raise Trouble(UNKNOWN)
        if not answer.is_success:
            raise Trouble(_why(answer))
        yield None
        yield from bytestream.events((0.0, piece) for piece in answer.iter_bytes())


def _why(answer: httpx2.Response) -> str:
    answer.read()
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {answer.status_code}: is it a lab server? `wirelab status` says where yours is."
