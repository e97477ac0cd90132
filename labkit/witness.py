"""What the server saw, asked over HTTP: exchanges, chunks, frames, who left when. Speaks to `/lab`; judges nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from labkit import bytestream
from labkit.bytestream import Event, Head, Piece

LONGEST_WAIT = 30.0  # seconds that the server lets anybody wait
# What a record says since version 0.1's first weeks: a lab server of then leaves them out.
LATER = ("reused", "overlap", "left_after", "unread", "retry_count", "malformed", "produced_after")


class WitnessError(RuntimeError):
    """The control plane did not do what was asked. The message carries the server's own words and the cure."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the message. Where in our files it was raised helps nobody (IPython asks)."""
        return [f"{type(self).__name__}: {self}"]


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

    @property
    def request(self) -> Head:
        return bytestream.split(self.sent_by_client)[0]

    @property
    def request_body(self) -> bytes:
        return b"".join(data for _, data in bytestream.split(self.sent_by_client)[1])

    @property
    def response(self) -> Head:
        return bytestream.split(self.sent_by_server)[0]

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
        body = bytestream.split(self.sent_by_server)[1]
        return [piece for piece in bytestream.chunks(body) if piece[1]] if self.chunked else body

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.chunks)

    @property
    def events(self) -> list[Event]:
        """The server-sent events of the answer; for a WebSocket the text messages that the server sent."""
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


class Witness:
    """One sandbox's control plane. Close it, or use it with `with`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._http = httpx2.Client(
            base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False, verify=False, timeout=35
        )

    @classmethod
    def of_new_sandbox(cls, url: str, *, seed: int, name: str = "") -> Self:
        """Make a sandbox and hold its control plane; one with a name outlives the server.

        Raises WitnessError where the server refuses.
        """
        with httpx2.Client(base_url=url, trust_env=False, verify=False, timeout=10) as http:
            made = _told(http.post("/lab/sandboxes", json={"name": name, "seed": seed}))
        return cls(url, made["key"])

    def exchanges(
        self,
        *,
        wait: float = 1.0,
        path: str | None = None,
        method: str | None = None,
        status: int | str | None = None,
        kind: str | None = None,
        malformed: bool | None = None,
        since: int | None = None,
        open: bool | None = None,
        last: int | None = None,
        origin: str | None = None,
    ) -> list[Exchange]:
        """What is in the journal, oldest first; all conditions hold together, and without any it is everything.

        `path` is a shell-style pattern, `status` a number or a class such as "4xx", `kind` http or websocket, `since`
        the number of an exchange, `open` True for those that have not ended, `last` how many of the newest; `origin`
        "stranger" asks the journal of the second origin. Waits up to `wait` seconds (LONGEST_WAIT at the most) for
        open exchanges to end. Raises WitnessError, in the server's words, for a condition that cannot be.
        """
        asked: dict[str, Any] = {"path": path, "method": method, "status": status, "kind": kind, "malformed": malformed}
        asked |= {"since": since, "open": open, "last": last, "origin": origin, "wait": min(wait, LONGEST_WAIT)}
        found = self._ask("GET", "/lab/journal", params=_said(asked))
        return [Exchange.from_json(record) for record in found["exchanges"]]

    def add_fault(
        self,
        plan: str,
        *,
        path: str = "*",
        first: int | None = None,
        every: int | None = None,
        probability: float | None = None,
        ttl: float | None = None,
    ) -> str:
        """Break the next answer whose path matches, or the `first` few; gives back the plan as the server spells it.

        `every` breaks only every so many-th of them, `probability` by chance from the sandbox's seed, `ttl` for so
        many seconds; with one of these and no `first` the rule does not end by itself.
        """
        rule = {"plan": plan, "path": path, "first": first, "every": every, "probability": probability, "ttl": ttl}
        return str(self._ask("POST", "/lab/faults", json=_said(rule))["plan"])

    def faults(self) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """(the rules in force, fault -> what it does)."""
        found = self._ask("GET", "/lab/faults")
        return found["rules"], {name: row["does"] for name, row in found["faults"].items()}

    def open_stranger(self) -> str:
        """A second origin for this sandbox, where the fault `redirect` leads; gives its url."""
        return str(self._ask("POST", "/lab/stranger")["url"])

    def close_stranger(self) -> None:
        self._ask("DELETE", "/lab/stranger")

    def clear_faults(self) -> None:
        self._ask("DELETE", "/lab/faults")

    def hang_up(self) -> int:
        """Close every connection of this sandbox that still waits; frees a client that hangs."""
        return int(self._ask("POST", "/lab/hangup")["closed"])

    def open_door(self) -> str:
        """A listener for this sandbox alone; gives its url."""
        return str(self._ask("POST", "/lab/door")["url"])

    def close_door(self) -> None:
        self._ask("DELETE", "/lab/door")

    def end(self) -> None:
        """End the sandbox; its key opens nothing any more."""
        try:
            self._ask("DELETE", "/lab/sandboxes")
        finally:
            self.close()

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            return _told(self._http.request(method, path, **options))
        except httpx2.TransportError:
            raise WitnessError(
                "The lab server does not answer. Run the `labkit.open` cell again: it starts one where there is none."
            ) from None

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller said, and nothing of what was left to the server."""
    return {name: value for name, value in options.items() if value is not None}


def _told(answer: httpx2.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body
    try:
        message = answer.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = f"the lab server answered {answer.status_code}"
    if answer.status_code == 401:
        message = "The lab server does not know this lab any more: it was restarted. Run the `labkit.open` cell again."
    raise WitnessError(message)
