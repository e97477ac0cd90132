"""02.2: what people really write to read an answer from a socket. Knows no check."""

import socket
from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


def send(line: socket.socket, host: str, path: str, *more: str) -> None:
    line.sendall("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *more, "", ""]).encode())


def taken_apart(data: bytes) -> tuple[int, str]:
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def length_of(head: bytes) -> int:
    return next(int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))


def read_head(line: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(4096)
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


@right
def right_with_a_file(line: socket.socket, host: str, path: str) -> Any:
    """Python can put the pieces together itself: `readline` and `read(n)` wait for what they are asked for."""
    send(line, host, path)
    answer = line.makefile("rb")
    status, length = int(answer.readline().split()[1]), 0
    while (row := answer.readline()) != b"\r\n":
        if row.lower().startswith(b"content-length:"):
            length = int(row.split(b":")[1])
    body = answer.read(length)
    if len(body) < length:
        raise ConnectionResetError(f"{len(body)} of {length} bytes")
    return status, body.decode()


@wrong("The text is not the whole body", "how many had arrived when your code stopped", belief="one-recv-is-one-answer")
def one_recv_is_enough(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path)
    return taken_apart(line.recv(65536))


@wrong("your code waits for more", "seconds of silence on an open line", belief="closes-after-every-answer")
def reads_until_the_server_hangs_up(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path)
    data = b""
    while piece := line.recv(4096):
        data += piece
    return taken_apart(data)


@wrong(NOT_THE_WAY, "asked the server to hang up", "Connection: close", belief="closes-after-every-answer")
def asks_for_a_hang_up(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path, "Connection: close")
    return taken_apart(line.makefile("rb").read())


@wrong(NOT_THE_WAY, "not the one in use", "a connection of its own", "who opened this line?")
def leaves_it_to_requests(line: socket.socket, host: str, path: str) -> Any:
    answer = requests.get(f"http://{host}{path}", timeout=5)
    return answer.status_code, answer.content.decode()


@wrong(NOT_THE_WAY, "the line is closed", belief="closes-after-every-answer")
def closes_the_line(line: socket.socket, host: str, path: str) -> Any:
    with line:
        return right_with_a_file(line, host, path)


@wrong("Your loop would run for ever", "returns b''", "when must it give up?")
def never_asks_for_the_end(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path)
    head, body = read_head(line)
    while len(body) < length_of(head):
        body += line.recv(4096)
    return int(head.split()[1]), body.decode()


@wrong("Half an answer was taken for a whole one", "a ConnectionError", "hung up")
def is_content_with_less(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path)
    head, body = read_head(line)
    while len(body) < length_of(head) and (piece := line.recv(4096)):
        body += piece
    return int(head.split()[1]), body.decode(errors="ignore")


@wrong("your code waits for more", "it counts in bytes", belief="closes-after-every-answer")
def counts_letters_while_reading(line: socket.socket, host: str, path: str) -> Any:
    """The length is in bytes; counted in letters, the body seems to lack a few for ever."""
    send(line, host, path)
    head, body = read_head(line)
    while len(body.decode(errors="ignore")) < length_of(head):
        body += line.recv(4096)
    return int(head.split()[1]), body.decode()


@wrong("has not seen a whole request", "come after the last header?")
def forgets_the_empty_line(line: socket.socket, host: str, path: str) -> Any:
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n".encode())
    return taken_apart(line.recv(65536))


@wrong("something else than a status and a text", "a tuple (int, str)")
def returns_bytes(line: socket.socket, host: str, path: str) -> Any:
    status, text = right_with_a_file(line, host, path)
    return status, text.encode()


@wrong("asked 0 times", "`line.sendall` sends")
def says_nothing(line: socket.socket, host: str, path: str) -> Any:
    return 200, "tea"


@wrong("UnboundLocalError", "never did: print what it looks at", status="crashed")
def looks_for_capitals(line: socket.socket, host: str, path: str) -> Any:
    send(line, host, path)
    head, body = read_head(line)
    for row in head.decode().split("\r\n"):
        if row.startswith("Content-Length"):
            length = int(row.split(": ")[1])
    while len(body) < length:
        body += line.recv(65536)
    return int(head.split()[1]), body.decode()
