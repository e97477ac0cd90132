"""Check of 02.2: a reader of answers on one open line, in pieces and cut short. Knows no notebook."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from labkit.checks import connection
from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, parted, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1202
PATIENCE = 3.0  # seconds without a byte
DRIP = "drip;bytes=40;seconds=0.1"
CUT = "truncate;bytes=20"
PATHS = (("/shop/products/101", ""), ("/shop/products/142", DRIP), ("/shop/products/9999", ""))
LAST = "/shop/products/113"
EMPTY = 50  # times that a reader may be told in vain that the line is dead

HINTS = (
    'Nothing on a line says "that was all" except the message itself. Which two signs does an answer carry: one for '
    "the end of its headers, one for the end of its body?",
    r"Two loops. The first reads until b'\r\n\r\n' is in the data; what stands behind it already belongs to the body. "
    "The second reads until the body has Content-Length bytes. In both: b'' from recv means that the line is dead.",
    'Almost the code: `head, _, body = data.partition(b"\\r\\n\\r\\n")`. Find the row of `head.lower()` that starts '
    'with b"content-length:" and take `int(…)` of what follows the colon. `while len(body) < length:` read a piece; if '
    'it is b"", `raise ConnectionError(…)`. The status is `int(head.split()[1])`, the text `body.decode()`.',
)


class HungUp(Exception):
    """The answer's loop goes on asking a line that is dead."""


class Line(socket.socket):
    """A connection that frees a loop which never asks whether the other side is still there."""

    empty = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        self.empty = 0 if data else self.empty + 1
        if self.empty > EMPTY:
            raise HungUp
        return data


def ask(bench: Bench, answer: Callable[..., Any]) -> str:
    """Three answers on one line, one of them in drips and one a 404; then one that is cut, which must be noticed."""
    scene = bench.scene(SEED, door=True)
    place = urlsplit(scene.base_url)
    with Line(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE)
        line.connect((place.hostname, place.port))
        for number, (path, plan) in enumerate(PATHS, start=1):
            value = _called(bench, _broken(scene, plan), answer, line, place.netloc, path)
            if isinstance(value, ConnectionError):
                raise _gave_up(value, scene, plan)
            _judge(value, scene, number, path, line)
        cut = _called(bench, _broken(scene, CUT), answer, line, place.netloc, LAST)
        if not isinstance(cut, ConnectionError):
            raise Wrong(
                "Half an answer was taken for a whole one.",
                expected="a ConnectionError: the line closed 20 bytes before the announced end",
                seen=quoted(cut),
                proof=brief(scene.exchanges()[-1], ["Host"]),
                look='what does `recv` return when the other side has hung up, and what does your loop do with b""?',
            )
        connection.one(scene.exchanges(), right=True, look="you are given a line: which line of yours opens another?")
    return "Three answers on one line, one of them 40 bytes at a time, and of the fourth you knew that it was cut."


def _broken(scene: Scene, plan: str) -> Scene:
    """The scene, with this fault on its next answer."""
    if plan:
        scene.witness.add_fault(plan)
    return replace(scene, fault=plan)


def _called(bench: Bench, scene: Scene, answer: Callable[..., Any], *args: Any) -> Any:
    """What it returned, or the ConnectionError that it raised. Raises Wrong where it asks or waits for ever."""

    def guarded(*args: Any) -> Any:
        try:
            return answer(*args)
        except (ConnectionError, TimeoutError, HungUp) as error:
            return error

    value = bench.call(scene, guarded, *args)
    if isinstance(value, HungUp):
        raise Wrong(
            "Your loop would run for ever: the line is dead, and it goes on asking.",
            expected="a ConnectionError as soon as `recv` returns b''",
            seen=f"b'' from `recv`, {EMPTY} times and more",
            proof=brief(scene.exchanges()[-1], ["Host"]),
            look='your `while` waits for bytes that will never come: when must it give up? `recv` says so with b""',
        )
    if isinstance(value, TimeoutError):
        raise _waits(scene.exchanges()[-1:])
    return value


def _waits(last: list[Exchange]) -> Wrong:
    if not last or not last[0].status:
        return Wrong(
            "The server is silent: it has not seen a whole request.",
            expected="a start line, a Host header, and an empty line",
            seen=f"{PATIENCE:g} seconds without a byte",
            proof=brief(last[0], ["Host"]) if last else "",
            look=r"the end of what you send: how many \r\n come after the last header?",
        )
    return Wrong(
        "The answer has come, whole, and your code waits for more.",
        expected="to stop at the answer's own end: Content-Length bytes after the empty line",
        seen=f"all {len(last[0].body)} bytes of the body, then {PATIENCE:g} seconds of silence on an open line",
        proof=brief(last[0], ["Host"]),
        look="what would tell your loop that it has everything? The server does not hang up, and it counts in bytes",
        belief="closes-after-every-answer",
    )


def _gave_up(error: ConnectionError, scene: Scene, plan: str) -> Wrong:
    seen = scene.exchanges()
    closed = any(_hangs_up(one) for one in seen)
    return Wrong(
        f"Your code gave an answer up that arrives whole{', only slowly' if plan else ''}.",
        expected="the status and the text",
        seen=f"{type(error).__name__}: {error}",
        proof=each(seen, most=4),
        look="which of your requests asked the server to hang up?"
        if closed
        else "how many bytes did the answer announce, and how many had your code by then?",
        belief="closes-after-every-answer" if closed else "one-recv-is-one-answer",
    )


def _hangs_up(exchange: Exchange) -> bool:
    return exchange.request.get("connection").lower() == "close"


def _judge(value: Any, scene: Scene, number: int, path: str, line: Line) -> None:
    seen = scene.exchanges()
    if len(seen) != number:
        raise Wrong(
            f"{counted(number, 'answer')} should have crossed by now, and the server was asked {len(seen)} times.",
            expected=f"one GET {path}",
            seen=counted(len(seen), "request") + " so far",
            proof=each(seen, most=4),
            look="`line.sendall` sends, once a call: a start line, a Host header, an empty line",
        )
    one = seen[-1]
    due = (one.status, one.body.decode())
    if not (isinstance(value, tuple) and tuple(map(type, value)) == (int, str)):
        raise Wrong(
            "Your function returns something else than a status and a text.",
            expected="a tuple (int, str)",
            seen=quoted(value),
            proof=brief(one, ["Host"]),
            look="the `return` line: the status as a number, a comma, the body as text",
        )
    right = value == due
    if not right:
        expected, got = (str(due[0]), str(value[0])) if value[0] != due[0] else parted(due[1], value[1])
        short = len(value[1]) < len(due[1])
        raise Wrong(
            "The text is not the whole body." if short else "Status or text are not what the server sent.",
            expected=expected,
            seen=got,
            proof=brief(one, ["Host"], chunks=4),
            look="how many bytes did the answer announce, and how many had arrived when your code stopped reading?"
            if short
            else "where does the head end, and where does the body begin?",
            belief="one-recv-is-one-answer" if short else "",
        )
    if one.connection != seen[0].connection or line.fileno() < 0:
        raise Wrong(
            verdict(True, "the line that you were given was not the one in use, or is closed now."),
            expected="the same line for every answer, left open",
            seen="the line is closed" if line.fileno() < 0 else "a connection of its own",
            proof=each(seen, most=4),
            look="who opened this line? Whoever did will close it; your function only talks on it",
            belief="closes-after-every-answer" if line.fileno() < 0 else "",
        )
    if _hangs_up(one):
        raise Wrong(
            verdict(True, "you asked the server to hang up, and the next question needs this line."),
            expected="a request without `Connection: close`",
            seen="Connection: close",
            proof=brief(one, ["Connection"]),
            look="without the hang-up, what else says where the body ends?",
            belief="closes-after-every-answer",
        )
