"""A door on this machine where the lab server delivers a callback, one at a time. Knows sockets; judges nothing."""

import hashlib
import hmac
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

PATIENCE = 10.0  # seconds until a delivery that was promised
LONGEST = 1024 * 1024  # bytes of body
ID, STAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class NoDelivery(Exception):
    """Nobody came to the door, or what came was no whole POST."""


@dataclass(frozen=True, slots=True)
class Post:
    """What was delivered. `headers` have small names; `raw` is the body as it came."""

    headers: dict[str, str]
    raw: bytes


def signature(secret: str, stamp: str, raw: bytes) -> str:
    """What the lab server writes: `sha256=` and the hex HMAC-SHA256 over `stamp.raw`."""
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Delivery:
    """One POST that waits for its answer."""

    post: Post
    _line: socket.socket

    def answer(self, status: str) -> None:
        """`status` is number and name, `204 No Content`. A sender who has gone by now is not told."""
        with suppress(OSError):
            self._line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self.lose()

    def lose(self) -> None:
        """Hang up without an answer: what the sender sees when a reply is lost."""
        self._line.close()


class Door:
    """A listener with an address. Use it with `with`; what nobody took is refused by its end."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/done"

    def take(self) -> Delivery:
        """The next delivery. Raises NoDelivery."""
        try:
            line, _ = self._listener.accept()
        except TimeoutError as error:
            raise NoDelivery(f"no callback came within {PATIENCE:g} seconds") from error
        line.settimeout(PATIENCE)
        try:
            with line.makefile("rb") as reader:
                reader.readline()
                headers: dict[str, str] = {}
                while (row := reader.readline()).strip():
                    name, _, value = row.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                raw = reader.read(min(int(headers.get("content-length", 0)), LONGEST))
                return Delivery(Post(headers, raw), line)
        except (OSError, ValueError) as error:
            line.close()
            raise NoDelivery("a callback came in pieces that do not make a request") from error

    def close(self) -> None:
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
