"""Check of 02.1: the learner's bytes are really sent, one request after the other on one line. Knows no notebook."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong
from labkit.render import escaped

SEED = 1201
PATIENCE = 2.0  # seconds: a lab server that has a whole request answers in milliseconds
END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the answer was given."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


ASKED: tuple[
    tuple[str, str, str], ...
] = (  # method, path, name of a new tea; the last one finds what was left on the line
    ("GET", "/shop/products/101", ""),
    ("POST", "/shop/products", "Plain Assam"),
    ("POST", "/shop/products", "Grüner Tee 🍵"),
    ("GET", "/health", ""),
)

HINTS = (
    "Write the message as text first, line by line, and send it in your mind: where does each line end, and where do "
    "the headers end? Only then make bytes of it, and count those.",
    '`"\\r\\n".join(lines)` puts the line ends between the lines. Two empty strings at the end of `lines` give the '
    "last line its end, and the empty line after it. A body goes behind that as it is: no line end belongs to it.",
    'Almost the code: `data = body.encode()`. `lines = [method + " " + path + " HTTP/1.1"]`, then '
    '`name + ": " + value` for each of `headers.items()`, and if there is data `"Content-Length: " + str(len(…))`. '
    'Return `"\\r\\n".join(lines + ["", ""]).encode() + …`.',
)


def write_request(bench: Bench, answer: Callable[..., Any]) -> str:
    """Four requests made by the answer, sent on one connection in turn; the server must have understood each."""
    scene = bench.scene(SEED, door=True)
    place = urlsplit(scene.base_url)
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as line:
        for number, (method, path, name) in enumerate(ASKED):
            headers = {"Host": place.netloc, "X-Printer": "label-7"}
            body = ""
            if name:
                headers["Content-Type"] = "application/json"
                body = json.dumps({"name": name, "category": "green", "price": 8.9, "stock": 3}, ensure_ascii=False)
            given = dict(headers)
            sent = _bytes(bench.call(scene, answer, method, path, headers, body))
            _sent_nothing(scene, number)
            answered = _sent(line, sent)
            _understood(scene.exchanges()[number:], sent, Asked(method, path, given, body), answered=answered)
            _left_alone(headers, given)
    return f"{len(ASKED)} requests on one line, and the server read each as you meant it; ü and 🍵 arrived whole."


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    raise Wrong(
        "What your function returns cannot be sent.",
        expected="bytes",
        seen=quoted(value),
        look="text is letters, a line carries bytes: what makes bytes of text?"
        if isinstance(value, str)
        else "the `return` line of your function",
    )


def _sent_nothing(scene: Scene, before: int) -> None:
    seen = scene.exchanges()
    if len(seen) > before:
        raise Wrong(
            verdict(True, "your function has sent it as well, on a line of its own."),
            expected="bytes, and nothing sent: the check sends them",
            seen=counted(len(seen) - before, "request"),
            proof=each(seen[before:]),
            look="which line of yours opens a connection? Your function only writes the letter; somebody else posts it",
        )


def _sent(line: socket.socket, sent: bytes) -> bool:
    """Whether an answer came back."""
    try:
        line.sendall(sent)
        with HTTPResponse(line) as answer:
            answer.begin()
            answer.read()
    except (OSError, HTTPException):
        return False
    return True


def _understood(new: list[Exchange], sent: bytes, asked: Asked, *, answered: bool) -> None:
    """The server read one request, and it is the one that was asked for. Raises Wrong."""
    head, end, rest = sent.partition(END)
    data = asked.body.encode()
    proof = _shown(sent)
    if not end:
        lone = b"\n" in sent.replace(b"\r\n", b"")
        raise Wrong(
            "The server does not see where your headers end.",
            expected=r"an empty line after the last header: the bytes end with \r\n\r\n",
            seen="400 Bad Request, and the line is closed" if answered else "the server is still listening, and silent",
            proof=proof,
            look=r"the ends of your lines: \r\n, both of them"
            if lone
            else r"how many \r\n come after the last header?",
        )
    if rest != data:
        raise Wrong(
            "What follows the empty line is not the body.",
            expected=quoted(data),
            seen=quoted(rest),
            proof=proof,
            look="is anything added behind the body, or encoded in another way than UTF-8?",
        )
    said = _length(head)
    if data and said != str(len(data)):
        letters = said == str(len(asked.body)) != str(len(data))
        raise Wrong(
            "Content-Length is not the number of bytes in the body." if said else "Nobody says how long the body is.",
            expected=f"Content-Length: {len(data)}",
            seen=(f"Content-Length: {said}" if said else "no Content-Length header") + f"; {_taken(new)}",
            proof=proof,
            look="what does `len` count here: letters, or what crosses the wire?"
            if said
            else "the server must know where the body ends. Which header tells it?",
            belief="length-counts-letters" if letters else "",
        )
    one = new[0] if new else None
    if one is None or not answered or one.request.start != f"{asked.method} {asked.path} HTTP/1.1":
        raise Wrong(
            "The start line is not what the server expects.",
            expected=f"{asked.method} {asked.path} HTTP/1.1",
            seen=quoted(head.split(b"\r\n")[0]),
            proof=proof,
            look="the first line: method, path and version, with one space between them",
        )
    for name, value in asked.headers.items():
        if one.request.get(name) != value:
            raise Wrong(
                f"The header {name} did not arrive.",
                expected=f"{name}: {value}",
                seen=f"{name}: {one.request.get(name)}" if one.request.get(name) else f"no {name} header",
                proof=proof,
                look="the loop over `headers`: does every pair become a line `Name: value`?",
            )


def _left_alone(headers: dict[str, str], given: dict[str, str]) -> None:
    if headers != given:
        more = ", ".join(sorted(set(headers) - set(given))) or "other values"
        raise Wrong(
            verdict(True, "it has changed the dictionary that it was given."),
            expected="the caller's headers as they were",
            seen=f"in the caller's dictionary there is now: {more}",
            look="who owns `headers`? Add your line to the lines, not to the dictionary, or copy it first",
        )


def _length(head: bytes) -> str:
    for row in head.split(b"\r\n"):
        name, _, value = row.partition(b":")
        if name.title() == b"Content-Length":
            return value.strip().decode("latin-1")
    return ""


def _taken(new: list[Exchange]) -> str:
    """What the server made of the bytes behind the head."""
    tails = [one.request.start for one in new if one.malformed and one.request.start]
    if tails:
        return f"the rest became a request of its own: {quoted(tails[0], 30)}"
    return "the server waits for more" if not new or new[-1].ended is None or not new[-1].status else "400 Bad Request"


def _shown(sent: bytes) -> str:
    rows = escaped(sent).split(r"\r\n")
    return "\n".join(f"→ {row}" + (r"\r\n" if number < len(rows) - 1 else "") for number, row in enumerate(rows))
