"""No credential is seen again: each is sent or minted in every way there is, then hunted for in every export."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from live_tails import Tails
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from labserver import message
from labserver.redaction import TELLING

FORM = "application/x-www-form-urlencoded"


class Spy:
    """One sandbox, its issued key, and every secret that was ever sent or answered in it."""

    def __init__(self, server) -> None:
        self.server = server
        self.owner = server.sandbox()
        made = server.http.post("/auth/keys", json={}, headers={"x-api-key": self.owner}).json()
        self.id, self.key = made["id"], made["key"]
        self.secrets = {self.owner, self.key}

    def learn(self, answer: httpx2.Response | bytes) -> dict[str, Any]:
        """The secrets of an answer of the token endpoint or of /auth/keys."""
        raw = answer if isinstance(answer, bytes) else answer.content
        made: dict[str, Any] = json.loads(raw)
        self.secrets |= {made[name] for name in ("access_token", "refresh_token", "key") if name in made}
        return made

    def form(self, **fields: str) -> str:
        told = {"grant_type": "client_credentials", "client_id": self.id, "client_secret": self.key} | fields
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())

    def token(self) -> dict[str, Any]:
        auth = (self.id, self.key)
        return self.learn(self.server.http.post("/auth/token", data={"grant_type": "client_credentials"}, auth=auth))


def post(spy: Spy, body: bytes, *fields: bytes, path: bytes = b"/auth/token", end: bytes = b"\r\n") -> bytes:
    """A request as bare bytes, to its answer's last byte."""
    lines = [b"POST %b HTTP/1.1" % path, b"host: lab", b"connection: close", *fields, b"", body]
    with spy.server.dial() as wire:
        wire.send(end.join(lines))
        return wire.rest()


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def by_basic(spy: Spy) -> None:
    assert spy.token()["access_token"]


def by_form(spy: Spy) -> None:
    answer = spy.server.http.post("/auth/token", content=spy.form(), headers={"content-type": FORM})
    assert spy.learn(answer)["scope"]


def by_form_percent_by_percent(spy: Spy) -> None:
    body = spy.form().replace(spy.key, percent(spy.key))
    spy.secrets.add(percent(spy.key))
    assert spy.learn(spy.server.http.post("/auth/token", content=body, headers={"content-type": FORM}))["scope"]


def by_form_in_chunks_of_one(spy: Spy) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in spy.form().encode()) + b"0\r\n\r\n"
    answer = post(spy, chunks, b"content-type: " + FORM.encode(), b"transfer-encoding: chunked")
    assert spy.learn(answer.partition(b"\r\n\r\n")[2])["scope"]


def by_refresh(spy: Spy) -> None:
    made = spy.token()
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert spy.learn(spy.server.http.post("/auth/token", data=form, auth=(spy.id, spy.key)))["scope"]


def by_password(spy: Spy) -> None:
    form = {"grant_type": "password", "username": spy.id, "password": spy.key}
    assert spy.learn(spy.server.http.post("/auth/token", data=form))["scope"]


def by_json(spy: Spy) -> None:
    body = {"client_id": spy.id, "client_secret": spy.key}
    assert spy.server.http.post("/auth/token", json=body, headers={"x-api-key": spy.owner}).status_code == 400


def by_query_of_the_token_endpoint(spy: Spy) -> None:
    spy.server.http.get(f"/auth/token?client_secret={spy.key}", headers={"x-api-key": spy.owner})


def where_a_fault_answers_instead(spy: Spy) -> None:
    broken = {"x-lab-fault": "status;code=503", "x-api-key": spy.owner, "content-type": FORM}
    assert spy.server.http.post("/auth/token", content=spy.form(), headers=broken).status_code == 503


def where_the_answer_leaves_in_slices(spy: Spy) -> None:
    sliced = {"x-lab-fault": "slice;bytes=1", "content-type": FORM}
    assert spy.learn(spy.server.http.post("/auth/token", content=spy.form(), headers=sliced))["scope"]


def where_the_body_never_becomes_whole(spy: Spy) -> None:
    head = f"POST /auth/token HTTP/1.1\r\nhost: lab\r\nx-api-key: {spy.owner}\r\ncontent-type: {FORM}\r\n"
    with spy.server.dial() as wire:
        wire.send(f"{head}content-length: 999\r\n\r\n{spy.form()}".encode())


def where_no_parser_reads_the_request(spy: Spy) -> None:
    post(spy, spy.form().encode(), b"x-api-key: " + spy.owner.encode(), end=b"\n")


def as_a_bearer(spy: Spy) -> None:
    token = spy.token()["access_token"]
    spy.server.http.get("/auth/me", headers={"authorization": f"Bearer {token}"})
    spy.server.http.get(f"/nowhere/{token}?key={percent(token)}")
    spy.secrets.add(percent(token))


def in_a_new_key(spy: Spy) -> None:
    spy.learn(spy.server.http.post("/auth/keys", json={"name": "x"}, headers={"x-api-key": spy.owner}))


@contextmanager
def socket_of(spy: Spy) -> Iterator[Any]:
    with connect(f"{spy.server.ws_url}/ws/echo", proxy=None, compression=None) as socket:
        yield socket


def in_a_first_message(spy: Spy) -> None:
    with socket_of(spy) as socket:
        socket.send(json.dumps({"type": "auth", "token": spy.token()["access_token"]}))
        assert json.loads(socket.recv(timeout=5))["ok"]


def in_a_first_message_in_single_letters(spy: Spy) -> None:
    with socket_of(spy) as socket:
        socket.send(iter(json.dumps({"type": "auth", "token": spy.key})))
        assert json.loads(socket.recv(timeout=5))["ok"]


def in_a_first_message_spelt_with_escapes(spy: Spy) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in spy.key)
    spy.secrets.add(escaped)
    with socket_of(spy) as socket:
        socket.send('{"type": "auth", "token": "' + escaped + '"}')
        assert json.loads(socket.recv(timeout=5))["ok"]


def in_a_first_message_that_never_became_whole(spy: Spy) -> None:
    with socket_of(spy) as socket:
        head = b'{"type": "auth", "token": "' + spy.key.encode()
        socket.socket.sendall(b"\x01" + bytes([0x80 | len(head)]) + bytes(4) + head)  # text, not final, mask of zeros
        socket.socket.sendall(b"\x89\x80" + bytes(4))  # a ping, whose pong says that all this has arrived
        socket.ping().wait(5)


def in_a_subprotocol(spy: Spy) -> None:
    """As OpenAI's clients do in a browser; what an unknown key opens is told in the open sandbox's journal."""
    for secret in (spy.owner, spy.key, spy.token()["access_token"], f"sk-{spy.key}"):
        spy.secrets.add(secret)
        offered = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{secret}")]
        for path in ("/v1/realtime?model=script", "/ws/echo", "/nowhere"):
            with suppress(InvalidStatus), connect(spy.server.ws_url + path, subprotocols=offered, proxy=None) as socket:
                socket.send(json.dumps({"type": secret}))
                for _ in range(1 + path.startswith("/v1")):  # the session, then the error that says the type again
                    socket.recv(timeout=5)


WAYS: list[Callable[[Spy], None]] = [
    by_basic,
    by_form,
    by_form_percent_by_percent,
    by_form_in_chunks_of_one,
    by_refresh,
    by_password,
    by_json,
    by_query_of_the_token_endpoint,
    where_a_fault_answers_instead,
    where_the_answer_leaves_in_slices,
    where_the_body_never_becomes_whole,
    where_no_parser_reads_the_request,
    as_a_bearer,
    in_a_new_key,
    in_a_subprotocol,
    in_a_first_message,
    in_a_first_message_in_single_letters,
    in_a_first_message_spelt_with_escapes,
    in_a_first_message_that_never_became_whole,
]


def texts(value: Any) -> Iterator[str]:
    """Every string anywhere in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def put_together(record: dict[str, Any]) -> Iterator[str]:
    """What somebody could make of a record: its pieces joined, its chunks joined, its fragments joined."""
    for side in ("request", "response"):
        whole = "".join(text for _, text in record[side])
        yield whole
        yield message.unchunked(whole.partition("\r\n\r\n")[2].encode("latin-1")).decode("latin-1")
    for side in ("received", "sent"):
        yield "".join(frame["payload"] for frame in record["frames"] if frame["direction"] == side)


def leaks(spy: Spy, text: str) -> set[str]:
    """The secrets of which a telling piece stands there, plain or as Basic has them."""
    coded = {base64.b64encode(f"{spy.id}:{spy.key}".encode()).decode()}
    return {
        secret
        for secret in spy.secrets | coded
        if any(secret[at : at + TELLING] in text for at in range(len(secret) - TELLING + 1))
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_export_shows_a_credential(server, way: Callable[[Spy], None]) -> None:
    spy = Spy(server)
    keys: list[str | None] = [spy.owner, None]
    tails = Tails(server, keys)
    before = server.http.get("/lab/journal").json()["count"]
    way(spy)
    while server.http.get("/lab").json()["open_exchanges"] > 3:  # two tails and the one that asks
        pass
    told = [json.loads(line[5:]) for line in tails.read(keys) if line.startswith("data:")]
    for side in ("received", "sent"):
        frames = [one["payload"] for one in told if one.get("direction") == side]
        assert not leaks(spy, "".join(frames))
    assert not leaks(spy, "".join(one["text"] for one in told if "text" in one))
    assert not [text for one in told for text in texts(one) if leaks(spy, text)]
    for key in keys:
        owner = {} if key is None else {"x-api-key": key}
        since = {"since": before if key is None else 0}
        records = server.http.get("/lab/journal", params=since, headers=owner).json()["exchanges"]
        assert key is None or len(records) > 1, "there is something to hunt in"
        for record in records:
            assert not [text for text in put_together(record) if leaks(spy, text)], record
        for export in ("journal", "journal.jsonl", "journal.har"):
            text = server.http.get(f"/lab/{export}", params=since, headers=owner).text
            assert not leaks(spy, text), export
            # JSON Lines end with LF alone: a mask's random bytes may be U+0085, where `splitlines` splits too.
            for line in text.rstrip("\n").split("\n") if export.endswith("l") else [text]:
                assert not [one for one in texts(json.loads(line)) if leaks(spy, one)], export


def test_what_is_blotted_out_is_as_long_as_it_was(server) -> None:
    spy = Spy(server)
    raw = spy.form().encode()
    by_form(spy)
    by_form_in_chunks_of_one(spy)
    records = server.journal(spy.owner)
    assert len(records) == 3
    assert records[1].asked.partition(b"\r\n\r\n")[2].find(b"[key*") == raw.find(spy.key.encode())
    assert len(records[1].asked.partition(b"\r\n\r\n")[2]) == len(raw)
    assert len(message.unchunked(records[2].asked.partition(b"\r\n\r\n")[2])) == len(raw)
