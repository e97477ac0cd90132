"""Send one request, or one WebSocket's messages, and show what comes while it comes. Knows clients; parses no words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from labkit import bytestream, render
from labkit.terminal.message import Message
from labkit.terminal.paint import Easel, of_status
from labkit.terminal.target import Target, Trouble
from labkit.witness import Witness

PATIENCE = 60.0  # seconds without a byte
QUIET = 2.0  # seconds of silence after which a WebSocket has said what it had to say
OPEN = "YOUR_API_KEY"  # the tutorials' placeholder: it means the open sandbox


def send(target: Target, message: Message, easel: Easel, *, quiet: float = QUIET) -> bool:
    """Whether the answer was below 400 and came whole. Raises Trouble where nobody answers."""
    if message.kind == "ws":
        return _converse(target, message, easel, quiet)
    with _broken(target, easel) as well:
        well.append(_ask(target, message, easel))
    return well[-1]


def wired(target: Target, message: Message, easel: Easel, before: int) -> None:
    """What crossed, as the server saw it: the newest such exchange after number `before`."""
    with Witness(target.url, target.key or OPEN) as witness:
        seen = witness.exchanges(since=before, wait=5)
    mine = [exchange for exchange in seen if (exchange.method, exchange.target) == (message.method, message.path)]
    if not mine:
        raise Trouble("The journal has no such request: was the key of another sandbox?")
    easel.line()
    for row in render.wire(mine[-1]).split("\n"):
        easel.line((row, {"→": "asked", "←": "said"}.get(row[:1], "quiet")))


def newest(target: Target) -> int:
    """The number of the newest exchange so far. Raises WitnessError where the journal may not be read."""
    with Witness(target.url, target.key or OPEN) as witness:
        return max((exchange.number for exchange in witness.exchanges(last=1, wait=0)), default=0)


def _ask(target: Target, message: Message, easel: Easel) -> bool:
    headers = httpx2.Headers([*target.headers.items(), *message.headers])
    timeout = httpx2.Timeout(10, read=PATIENCE)
    with (
        httpx2.Client(trust_env=False, verify=False, timeout=timeout) as http,
        http.stream(
            message.method, f"{target.url}{message.path}", headers=headers, content=message.body or None
        ) as answer,
    ):
        said = f"← {answer.http_version} {answer.status_code} {answer.reason_phrase}"
        easel.aside((said, of_status(answer.status_code)), (f"   {answer.headers.get('content-type', '')}", "quiet"))
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return _listen(answer, message, easel) and answer.is_success
        if easel.live:
            easel.body(b"".join(answer.iter_bytes()))
        else:
            for piece in answer.iter_bytes():
                easel.raw(piece)
        return answer.is_success


def _listen(answer: httpx2.Response, message: Message, easel: Easel) -> bool:
    """A chat as the words of its answer, any other stream as its events. False: it told of an error."""
    well = True
    for event in bytestream.events((0.0, piece) for piece in answer.iter_bytes()):
        about: Any = event.json
        well = well and "error" not in about and about.get("type") != "error"
        if message.kind != "chat":
            name = "" if event.name == "message" else f"{event.name}: "
            number = f"id {render.escaped(event.id.encode())}  " if event.id else ""
            easel.line(
                (number, "quiet"), (render.escaped(name.encode()), "asked"), (render.escaped(event.data.encode()), "")
            )
        elif "error" in about:
            easel.aside((f"\n{about['error'].get('message', about['error'])}", "broken"))
        else:
            for choice in about.get("choices") or ():
                easel.words(str(choice.get("delta", {}).get("content") or ""))
    if message.kind == "chat":
        easel.words("\n")
    return well


def _converse(target: Target, message: Message, easel: Easel, quiet: float) -> bool:
    headers = [*target.headers.items(), *message.headers]
    url = f"{target.ws_url}{message.path}"
    try:
        with connect(url, additional_headers=headers, proxy=None, compression=None, open_timeout=10) as socket:
            return _talk(socket, message, easel, quiet)
    except InvalidStatus as refused:
        answer = refused.response
        easel.aside((f"← {answer.status_code} {answer.reason_phrase} instead of a WebSocket", "broken"))
        easel.body(bytes(answer.body or b""))
        return False
    except (OSError, WebSocketException) as trouble:
        raise Trouble(_gone(target, trouble)) from None


def _talk(socket: ClientConnection, message: Message, easel: Easel, quiet: float) -> bool:
    easel.aside(("← 101 Switching Protocols: the socket is open", "good"))
    try:
        for said in message.said:
            easel.aside((f"→ {render.escaped(said.encode())}", "asked"))
            socket.send(said)
        wait = PATIENCE if message.said else quiet
        while True:
            came = socket.recv(timeout=wait)
            easel.line((render.escaped(came if isinstance(came, bytes) else came.encode()), ""))
            wait = quiet
    except TimeoutError:
        easel.aside((f"= silent for {wait:g} s, so we said goodbye", "quiet"))
        return True
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        why = f": {render.escaped(closed.rcvd.reason.encode())}" if closed.rcvd and closed.rcvd.reason else ""
        easel.aside((f"= the server closed with code {code}{why}", "good" if code == 1000 else "broken"))
        return code == 1000


@contextmanager
def _broken(target: Target, easel: Easel) -> Iterator[list[bool]]:
    """A connection that breaks is a lesson, not a stack trace."""
    well: list[bool] = []
    try:
        yield well
    except httpx2.ConnectError as trouble:
        raise Trouble(_gone(target, trouble)) from None
    except httpx2.ReadTimeout:
        easel.aside((f"= no byte for {PATIENCE:g} s: we gave up", "broken"))
        well.append(False)
    except httpx2.TransportError as trouble:
        easel.aside((f"= the connection broke: {trouble or type(trouble).__name__}", "broken"))
        well.append(False)


def _gone(target: Target, trouble: Any) -> str:
    return f"Nobody answers at {target.url} ({type(trouble).__name__}). `wirelab status` says whether a server runs."
