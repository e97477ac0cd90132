"""02.1: what people really write for a request. Knows no check."""

import json
import socket
from typing import Any

from labkit.author.answers import NOT_THE_WAY, right, wrong


def lines(method: str, path: str, headers: dict[str, str]) -> list[str]:
    return [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]


def letter(rows: list[str], data: bytes = b"") -> bytes:
    return "".join(f"{row}\r\n" for row in [*rows, ""]).encode() + data


@right
def right_with_bytes_from_the_start(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    """A length of 0 with a GET is allowed, and header names may be written small."""
    data = bytes(body, "utf-8")
    out = bytearray(b"%s %s HTTP/1.1\r\n" % (method.encode(), path.encode()))
    for name, value in (headers | {"content-length": len(data)}).items():
        out += f"{name}: {value}\r\n".encode()
    return bytes(out + b"\r\n" + data)


@wrong("not the number of bytes", "request of its own: ': 3}'", "what does `len` count", belief="length-counts-letters")
def counts_letters(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    more = [f"Content-Length: {len(body)}"] if body else []
    return letter(lines(method, path, headers) + more, body.encode())


@wrong(NOT_THE_WAY, "changed the dictionary", "there is now: Content-Length", "who owns")
def adds_to_the_callers_dict(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    if body:
        headers["Content-Length"] = str(len(body.encode()))
    return letter(lines(method, path, headers), body.encode())


@wrong(NOT_THE_WAY, "sent it as well", "on a line of its own", "somebody else posts it")
def sends_it_too(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    made = right_with_bytes_from_the_start(method, path, headers, body)
    host, _, port = headers["Host"].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(made)
        line.recv(1000)
    return made


@wrong("does not see where your headers end", "still listening, and silent", "come after the last header?")
def forgets_the_empty_line(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return letter(lines(method, path, headers), body.encode())[:-2]


@wrong("does not see where your headers end", "400 Bad Request", "the ends of your lines")
def ends_lines_as_in_a_file(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return letter(lines(method, path, headers)).replace(b"\r\n", b"\n") + body.encode()


@wrong("Nobody says how long the body is", "Content-Length: 70", "Which header tells it?")
def says_no_length(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return letter(lines(method, path, headers), body.encode())


@wrong("not the body", "anything added behind the body")
def ends_the_body_with_a_line_end(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return right_with_bytes_from_the_start(method, path, headers, body) + (b"\r\n" if body else b"")


@wrong("not the body", "in another way than UTF-8")
def encodes_in_latin_1(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    data = body.encode("latin-1", "replace")
    more = [f"Content-Length: {len(data)}"] if body else []
    return letter(lines(method, path, headers) + more, data)


@wrong("cannot be sent", "what makes bytes of text?")
def returns_text(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return letter(lines(method, path, headers)).decode() + body


@wrong("The start line", "GET /shop/products/101 HTTP/1.1", "method, path and version")
def forgets_the_version(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return right_with_bytes_from_the_start(method, path, headers, body).replace(b" HTTP/1.1", b"", 1)


@wrong("The header X-Printer did not arrive", "does every pair become a line")
def sends_host_alone(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    return right_with_bytes_from_the_start(method, path, {"Host": headers["Host"]}, body)


@wrong("not the number of bytes", "Content-Length: 7")
def announces_too_much(method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    more = [f"Content-Length: {len(json.dumps(body))}"] if body else []
    return letter(lines(method, path, headers) + more, body.encode())
