"""One request and its answer as the server recorded them, read into heads, chunks, events and frames. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from labkit import bytestream
from labkit.bytestream import Event, Head, Piece

T = TypeVar("T")

# What a record says since version 0.1's first weeks: a lab server of then leaves them out.
LATER = ("reused", "overlap", "left_after", "unread", "retry_count", "malformed", "produced_after")


@dataclass(frozen=True, slots=True)
class Frame:
    """One WebSocket frame; `direction` is `received` or `sent`, as the server sees it; `mask` is hex or None."""

    at: float
    direction: str
    opcode: str
    fin: bool
    mask: str | None
    payload: bytes
    size: int
    close_code: int | None
    rsv: int = 0

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One request and its answer (or one WebSocket) as the server recorded it. Times are seconds since it began.

    `connection` counts this sandbox's TCP connections from 1, `nth` the exchanges on that connection. `ended` is
    `complete`, `client left`, `cut by a fault`, `reset by a fault`, `server closed`, `the lab hung up`, or None
    while it is open. `produced` is how many deltas the model made, sent or not, `produced_after` those after the end;
    `dropped` how many bytes crossed that the journal had no room for.

    `reused` says that the connection had carried an exchange before; `overlap` how many other exchanges of this sandbox
    were open when this one began; `left_after` after how many pieces of body the client left (None: it did not);
    `unread` how many bytes of its request's body nobody read, where that is known; `retry_count` what the client said
    of itself in `x-stainless-retry-count`; `malformed` that no parser could read the request. `carried` names
    what came along, of whomever's: `authorization`, `x-api-key`, `cookie`, `?key` and the like. `credentials` says of
    each that this lab looked at its place (`in`), `kind`, `id`, and a token's `jti` (`token`).
    """

    number: int
    kind: str
    connection: int
    nth: int
    opened: float
    sent_by_client: tuple[Piece, ...]
    sent_by_server: tuple[Piece, ...]
    frames: tuple[Frame, ...]
    ended: str | None
    seconds: float | None
    fault: str
    produced: int
    dropped: int = 0
    reused: bool = False
    overlap: int = 0
    left_after: int | None = None
    unread: int | None = None
    retry_count: int | None = None
    malformed: bool = False
    produced_after: int = 0
    carried: tuple[str, ...] = ()
    credentials: tuple[dict[str, str | None], ...] = ()
    _read: dict[str, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # what was parsed already

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        frames = (Frame(**{**frame, "payload": frame["payload"].encode("latin-1")}) for frame in record["frames"])
        return cls(
            **{name: record[name] for name in ("number", "kind", "connection", "nth", "opened", "ended")},
            sent_by_client=_pieces(record["request"]),
            sent_by_server=_pieces(record["response"]),
            frames=tuple(frames),
            seconds=record["seconds"],
            fault=record["fault"],
            produced=record["produced"],
            dropped=record["dropped"],
            **{name: record[name] for name in LATER if name in record},
            carried=tuple(record.get("carried", ())),
            credentials=tuple(record.get("credentials", ())),
        )

    def __repr__(self) -> str:
        return f"<exchange {self.number}: {self.method} {self.target} -> {self.status or 'no answer'}, {self.ended}>"

    def _once(self, name: str, read: Callable[[], T]) -> T:
        """Bytes that came one by one are ten thousand pieces: they are read once."""
        if name not in self._read:
            self._read[name] = read()
        found: T = self._read[name]
        return found

    def _asked(self) -> tuple[Head, list[Piece]]:
        return self._once("asked", lambda: bytestream.split(self.sent_by_client))

    def _answered(self) -> tuple[Head, list[Piece]]:
        return self._once("answered", lambda: bytestream.split(self.sent_by_server))

    @property
    def request(self) -> Head:
        return self._asked()[0]

    @property
    def request_body(self) -> bytes:
        return b"".join(data for _, data in self._asked()[1])

    @property
    def response(self) -> Head:
        return self._answered()[0]

    @property
    def method(self) -> str:
        return self.request.start.partition(" ")[0]

    @property
    def target(self) -> str:
        """Path and query, as sent."""
        return [*self.request.start.split(" "), "", ""][1]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def status(self) -> int | None:
        parts = self.response.start.split(" ")
        return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None

    @property
    def chunked(self) -> bool:
        return self.response.get("transfer-encoding").lower() == "chunked"

    @property
    def chunks(self) -> list[Piece]:
        """The body as it was written: chunks without their size lines, or plain pieces where it is not chunked."""
        return list(self._once("chunks", self._chunks))

    def _chunks(self) -> list[Piece]:
        body = self._answered()[1]
        return [piece for piece in bytestream.chunks(body) if piece[1]] if self.chunked else body

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.chunks)

    @property
    def events(self) -> list[Event]:
        """The server-sent events of the answer; for a WebSocket the text messages that the server sent."""
        return list(self._once("events", self._events))

    def _events(self) -> list[Event]:
        if self.kind == "websocket":
            sent = (frame for frame in self.frames if frame.direction == "sent" and frame.opcode == "text")
            return [Event(frame.at, frame.text) for frame in sent]
        if not self.response.get("content-type").startswith("text/event-stream"):
            return []
        return list(bytestream.events(self.chunks))

    @property
    def deltas(self) -> list[tuple[float, str]]:
        """(seconds, text) of every piece of answer that really left the server, in any of its dialects."""
        found = ((event.at, _delta(event.json)) for event in self.events)
        return [(at, text) for at, text in found if text]


def _delta(message: Mapping[str, Any]) -> str:
    if message.get("type") == "content":
        return str(message.get("chunk", ""))
    choices = message.get("choices") or [{}]
    return str(choices[0].get("delta", {}).get("content") or "")


def _pieces(recorded: list[tuple[float, str]]) -> tuple[Piece, ...]:
    return tuple((at, data.encode("latin-1")) for at, data in recorded)
