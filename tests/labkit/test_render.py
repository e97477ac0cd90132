"""Exchanges and outcomes as text: golden texts of made-up bytes, and what holds for every exchange of a real server."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests
from openai import OpenAI
from websockets.sync.client import ClientConnection, connect

from labkit.outcome import Outcome
from labkit.render import BODY_LINES, FIRST, LAST, MARKS, WIDTH, card, escaped, wire
from labkit.witness import Exchange, Frame, Witness

ASKED = b"GET /tea HTTP/1.1\r\nHost: 127.0.0.1:8001\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SCRIPT = "Green| tea| is| good| 🍵|.| Have| a| cup"
ANSWER = {"model": "script", "messages": [{"role": "user", "content": SCRIPT}]}


def exchange(
    asked: bytes = ASKED,
    answered: bytes = OK,
    *,
    frames: tuple[Frame, ...] = (),
    ended: str | None = "complete",
    fault: str = "",
    dropped: int = 0,
) -> Exchange:
    return Exchange(
        number=1,
        kind="websocket" if frames else "http",
        connection=2,
        nth=3,
        opened=0.0,
        sent_by_client=((0.0, asked),),
        sent_by_server=((0.1, answered),) if answered else (),
        frames=frames,
        ended=ended,
        seconds=0.5,
        fault=fault,
        produced=0,
        dropped=dropped,
    )


def chunked(*data: bytes) -> bytes:
    return CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in data) + b"0\r\n\r\n"


def frame(opcode: str, payload: bytes = b"", *, received: bool = False, code: int | None = None) -> Frame:
    """One short frame as the server tells of it."""
    mask, direction = ("0a0b0c0d", "received") if received else (None, "sent")
    return Frame(0.1, direction, opcode, True, mask, payload, len(payload) + (6 if received else 2), code)


def lines_of(exchange: Exchange, *, raw: bool = False) -> list[str]:
    return wire(exchange, raw=raw).split("\n")


def answer_of(exchange: Exchange, *, raw: bool = False) -> list[str]:
    """What is shown of the answer behind its head."""
    lines = lines_of(exchange, raw=raw)
    return lines[lines.index(r"← \r\n" if raw else "←") + 1 : -2]


# Golden texts


def test_a_small_exchange_reads_like_this() -> None:
    asked = b'POST /tea HTTP/1.1\r\nHost: lab:1\r\nContent-Length: 12\r\n\r\n{"cup": "1"}'
    answered = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-type: text/plain\r\n\r\nhere\r\nyou are"
    assert lines_of(exchange(asked, answered)) == [
        "→ POST /tea HTTP/1.1",
        "→ Host: …",
        "→ Content-Length: 12",
        "→",
        '→ {"cup": "1"}',
        "",
        "← HTTP/1.1 200 OK",
        "← date: …",
        "← content-type: text/plain",
        "←",
        r"← here\r\nyou are",
        "",
        "= complete; request 3 on connection 2",
    ]
    assert lines_of(exchange(asked, answered), raw=True) == [
        r"→ POST /tea HTTP/1.1\r\n",
        r"→ Host: lab:1\r\n",
        r"→ Content-Length: 12\r\n",
        r"→ \r\n",
        '→ {"cup": "1"}',
        "",
        r"← HTTP/1.1 200 OK\r\n",
        r"← date: today\r\n",
        r"← content-type: text/plain\r\n",
        r"← \r\n",
        r"← here\r\nyou are",
        "",
        "= complete; request 3 on connection 2",
    ]


def test_a_websocket_reads_like_this() -> None:
    frames = (
        frame("text", b'{"cup": 1}', received=True),
        frame("ping", b"secret", received=True),
        frame("pong", b"secret"),
        frame("text", "🍵".encode()),
        frame("close", b"\x03\xe8enough", received=True, code=1000),
        frame("close", b"\x03\xe8", code=1000),
    )
    assert lines_of(exchange(UPGRADE, UPGRADED, frames=frames))[4:] == [
        "← HTTP/1.1 101 Switching Protocols",
        "← Upgrade: websocket",
        "←",
        '→ text frame of 16 bytes, masked: {"cup": 1}',
        "→ ping frame of 12 bytes, masked",
        "← pong frame of 8 bytes",
        "← text frame of 6 bytes: 🍵",
        "→ close frame 1000 of 14 bytes, masked: enough",
        "← close frame 1000 of 4 bytes",
        "",
        "= complete; request 3 on connection 2",
    ]


# Heads


@pytest.mark.parametrize(
    "name", ["Host", "date", "USER-AGENT", "Accept-Encoding", "Sec-WebSocket-Key", "sec-websocket-accept", "Origin"]
)
def test_a_header_that_differs_from_machine_to_machine_keeps_its_name_as_spelled(name: str) -> None:
    seen = exchange(f"GET / HTTP/1.1\r\n{name}: of this machine\r\nAccept: */*\r\n\r\n".encode())
    assert lines_of(seen)[1:3] == [f"→ {name}: …", "→ Accept: */*"]
    assert lines_of(seen, raw=True)[1] == rf"→ {name}: of this machine\r\n"


def test_every_other_header_line_is_there_in_order_and_as_spelled() -> None:
    sent = [("Accept", "*/*"), ("x-LAB-Pace", "ttft=0;tps=1"), ("Cookie", "a=b:c"), ("accept", "again"), ("X", "café")]
    head = "".join(f"{name}: {value}\r\n" for name, value in sent)
    seen = exchange(f"GET / HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
    assert lines_of(seen)[1:6] == [f"→ {name}: {value}" for name, value in sent]


def test_the_sdks_telemetry_folds_into_one_line_and_shows_whole_when_asked() -> None:
    family = [f"{spelled}-{name}: of this machine" for spelled in ("X-Stainless", "x-stainless") for name in "abc"]
    lines = [family[0], "Accept: */*", *family[1:], "Connection: close"]
    seen = exchange(("GET / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
    assert lines_of(seen)[1:5] == [
        "→ Accept: */*",
        "→ Connection: close",
        "→ x-stainless-…: (several lines in which the SDK describes itself)",
        "→",
    ]
    assert lines_of(seen, raw=True)[1:9] == [rf"→ {line}\r\n" for line in lines]


def test_a_server_that_said_nothing_is_said_to_have_said_nothing() -> None:
    assert lines_of(exchange(answered=b"", ended="client left"))[3:] == [
        "",
        "← (nothing)",
        "",
        "= client left; request 3 on connection 2",
    ]


# Bodies


def test_a_long_body_is_wrapped_at_its_spaces_and_only_the_first_line_has_an_arrow() -> None:
    body = " ".join(["tea"] * 100)
    first, *others = answer_of(exchange(answered=OK + body.encode()))
    assert first.startswith("← tea tea")
    assert len(others) > 2 and all(line.startswith("  tea") for line in others)
    assert all(len(line) <= WIDTH for line in (first, *others))
    assert "".join(line[2:] for line in (first, *others)) == body, "nothing is lost at a fold"


def test_a_body_without_spaces_is_cut_at_the_width() -> None:
    rows = answer_of(exchange(answered=OK + b"x" * 250))
    assert [len(row) for row in rows] == [WIDTH, WIDTH, 250 - 2 * (WIDTH - 2) + 2]


def test_a_body_of_many_lines_ends_in_its_number_of_bytes() -> None:
    row = "x" * (WIDTH - 2)
    fits, long = row.encode() * BODY_LINES, row.encode() * BODY_LINES + b"x"
    assert answer_of(exchange(answered=OK + fits)) == ["← " + row, *["  " + row] * (BODY_LINES - 1)]
    rows = answer_of(exchange(answered=OK + long))
    assert (len(rows), rows[-1]) == (BODY_LINES + 1, f"  … and more: {len(long)} bytes in all")


def test_raw_shows_a_body_whole_and_on_one_line() -> None:
    body = b"green tea\n" * 400
    assert answer_of(exchange(answered=OK + body), raw=True) == ["← " + r"green tea\n" * 400]


def test_a_requests_body_is_shown_like_an_answers() -> None:
    assert lines_of(exchange(ASKED + b"cup=1\n"))[3] == r"→ cup=1\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße 🍵 茶".encode(), "Grüße 🍵 茶"),
        (b"\xf0\x9f\x8d", r"\xf0\x9f\x8d"),
        (b"tea\xfftea", r"tea\xfftea"),
        (b"a\r\nb\tc\n", r"a\r\nb\tc\n"),
        (rb'{"a": "b\nc"}', r'{"a": "b\\nc"}'),
        (b"", ""),
    ],
)
def test_bytes_that_are_no_text_show_as_escapes(data: bytes, text: str) -> None:
    assert escaped(data) == text


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028"])
def test_a_control_character_shows_as_an_escape(control: str) -> None:
    assert control not in escaped(f"tea {control} tea".encode())


def test_two_different_bodies_never_read_the_same() -> None:
    parts = [
        b"\\",
        b"n",
        b"\n",
        b"x",
        b"85",
        b"\x85",
        b"\xa0",
        b"\xc2",
        "\x85\u2028".encode(),
        b"u0085",
        b"\x1b",
        b"\x00",
    ]
    bodies = {b"".join(some) for count in range(5) for some in itertools.product(parts, repeat=count)}
    read = {escaped(body) for body in bodies}
    assert len(read) == len(bodies) > 10_000
    assert all(text.isprintable() for text in read), "and each stays on its line"


# Chunks and frames


@pytest.mark.parametrize("count", [1, FIRST + LAST, FIRST + LAST + 1])
def test_a_few_chunks_are_all_shown(count: int) -> None:
    seen = exchange(answered=chunked(*(b"tea %d" % number for number in range(count))))
    assert answer_of(seen) == [f"← chunk of 5 bytes: tea {number}" for number in range(count)]


@pytest.mark.parametrize("count", [FIRST + LAST + 2, 60])
def test_many_chunks_are_folded_after_the_first_and_before_the_last_few(count: int) -> None:
    seen = exchange(answered=chunked(*(b"tea %d" % number for number in range(count))))
    shown = [f"← chunk of {len(f'tea {number}')} bytes: tea {number}" for number in range(count)]
    assert answer_of(seen) == [*shown[:FIRST], f"  … {count - FIRST - LAST} more chunks …", *shown[-LAST:]]
    assert answer_of(seen, raw=True) == shown


def test_many_frames_are_folded_in_the_same_way() -> None:
    frames = tuple(frame("text", b"%d" % number) for number in range(30))
    rows = answer_of(exchange(UPGRADE, UPGRADED, frames=frames))
    assert rows[FIRST] == "  … 23 more frames …"
    assert [row[-2:] for row in (*rows[:FIRST], *rows[-LAST:])] == [" 0", " 1", " 2", " 3", "27", "28", "29"]
    assert len(answer_of(exchange(UPGRADE, UPGRADED, frames=frames), raw=True)) == 30


def test_a_long_chunk_keeps_its_beginning_and_its_end_and_its_true_size() -> None:
    data = b"data: " + b"x" * 200 + "the end 🍵\n\n".encode()
    [row] = answer_of(exchange(answered=chunked(data)))
    assert re.fullmatch(rf"← chunk of {len(data)} bytes: data: x+ … x+the end 🍵\\n\\n", row)
    assert len(row) <= WIDTH
    assert answer_of(exchange(answered=chunked(data)), raw=True) == [f"← chunk of {len(data)} bytes: {escaped(data)}"]


def test_a_chunk_that_ends_inside_an_emoji_shows_the_bytes_it_has() -> None:
    tea = "🍵".encode()
    assert answer_of(exchange(answered=chunked(tea[:2], tea[2:]))) == [
        r"← chunk of 2 bytes: \xf0\x9f",
        r"← chunk of 2 bytes: \x8d\xb5",
    ]


def test_the_mask_itself_shows_only_in_raw() -> None:
    seen = exchange(UPGRADE, UPGRADED, frames=(frame("binary", b"\xff", received=True),))
    assert answer_of(seen) == [r"→ binary frame of 7 bytes, masked: \xff"]
    assert answer_of(seen, raw=True) == [r"→ binary frame of 7 bytes, masked with 0a0b0c0d: \xff"]


@pytest.mark.parametrize("opcode", ["ping", "pong"])
@pytest.mark.parametrize("raw", [False, True])
def test_the_payload_of_a_ping_is_hidden(opcode: str, raw: bool) -> None:
    text = wire(exchange(UPGRADE, UPGRADED, frames=(frame(opcode, b"1704067200"),)), raw=raw)
    assert f"← {opcode} frame of 12 bytes\n" in text
    assert "1704067200" not in text


@pytest.mark.parametrize(("code", "shown"), [(1009, "close frame 1009 of 4 bytes"), (None, "close frame of 2 bytes")])
def test_a_close_frame_shows_its_code_if_it_has_one(code: int | None, shown: str) -> None:
    payload = code.to_bytes(2, "big") if code else b""
    assert answer_of(exchange(UPGRADE, UPGRADED, frames=(frame("close", payload, code=code),))) == [f"← {shown}"]


# The last line


@pytest.mark.parametrize(
    ("ended", "fault", "told"),
    [
        ("complete", "", "= complete; request 3 on connection 2"),
        (None, "", "= still open; request 3 on connection 2"),
        ("client left", "", "= client left; request 3 on connection 2"),
        ("cut by a fault", "cut;after=3", "= cut by a fault (cut;after=3); request 3 on connection 2"),
        (None, "pings", "= still open (pings); request 3 on connection 2"),
    ],
)
@pytest.mark.parametrize("raw", [False, True])
def test_the_last_line_says_how_it_ended_and_names_the_fault(
    ended: str | None, fault: str, told: str, raw: bool
) -> None:
    assert lines_of(exchange(ended=ended, fault=fault), raw=raw)[-1] == told


def test_the_last_line_says_how_much_the_journal_had_no_room_for() -> None:
    assert lines_of(exchange(dropped=7))[-1] == (
        "= complete; request 3 on connection 2; 7 more bytes crossed than the journal keeps"
    )


# Real exchanges

Ask = Callable[[Witness], None]


def headers(witness: Witness) -> dict[str, str]:
    return {"authorization": f"Bearer {witness.key}"} | FAST


def whole(witness: Witness) -> None:
    requests.post(f"{witness.url}/v1/chat/completions", json=ANSWER, headers=headers(witness), timeout=5)


def streamed(witness: Witness) -> None:
    body = {"query": SCRIPT, "model": "script"}
    requests.post(f"{witness.url}/api/v1/query/stream", json=body, headers=headers(witness), timeout=5)


def broken(witness: Witness) -> None:
    witness.add_fault("cut;after=4")
    with suppress(requests.RequestException):
        streamed(witness)


def refused(witness: Witness) -> None:
    requests.get(f"{witness.url}/v1/models/none", headers=headers(witness), timeout=5)


def sdk(witness: Witness) -> None:
    with (
        OpenAI(base_url=f"{witness.url}/v1", api_key=witness.key, default_headers=FAST) as client,
        client.chat.completions.create(**ANSWER, stream=True) as stream,
    ):
        assert len(list(stream)) > 9


def websocket(witness: Witness) -> None:
    with dial(witness, headers(witness)) as socket:
        talk(socket, SCRIPT)


def dial(witness: Witness, headers: dict[str, str], query: str = "") -> ClientConnection:
    url = witness.url.replace("http", "ws", 1) + "/api/v1/query/ws" + query
    return connect(url, additional_headers=headers, proxy=None)


def talk(socket: ClientConnection, query: str) -> None:
    socket.send(json.dumps({"query": query, "model": "script"}))
    while json.loads(socket.recv(timeout=5))["type"] not in ("end", "error"):
        pass


KINDS = (whole, streamed, broken, refused, sdk, websocket)
every_kind = pytest.mark.parametrize("ask", KINDS)


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


@every_kind
def test_the_same_request_reads_the_same_in_two_fresh_sandboxes(server, ask: Ask) -> None:
    texts = []
    for _ in range(2):
        with Witness.of_new_sandbox(server.url, name="test", seed=7) as witness:
            ask(witness)
            [seen] = witness.exchanges(wait=3)
            texts.append(wire(seen))
    assert texts[0] == texts[1]
    assert texts[0].count("\n") > 10 and str(server.port) not in texts[0]


@every_kind
def test_raw_heads_are_the_bytes_that_crossed(witness: Witness, ask: Ask) -> None:
    ask(witness)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=True)
    for arrow, pieces in (("→", seen.sent_by_client), ("←", seen.sent_by_server)):
        shown = "".join(re.findall(rf"^{arrow} (.*\\r\\n)$", text, re.MULTILINE)).replace(r"\r\n", "\r\n")
        crossed = b"".join(data for _, data in pieces).decode("latin-1")
        assert crossed.startswith(shown) and shown.endswith("\r\n\r\n"), text


@every_kind
@pytest.mark.parametrize("raw", [False, True])
def test_no_line_of_a_head_is_missing(witness: Witness, ask: Ask, raw: bool) -> None:
    ask(witness)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=raw).lower()
    for name, _ in (*seen.request.headers, *seen.response.headers):
        assert f" {name}: ".lower() in text or (not raw and name.lower().startswith("x-stainless-")), name


def test_a_real_cut_names_its_fault(witness: Witness) -> None:
    broken(witness)
    [seen] = witness.exchanges(wait=3)
    assert lines_of(seen)[-1] == "= cut by a fault (cut;after=4); request 1 on connection 1"
    assert wire(seen).count("← chunk of ") == 4


def test_the_sdks_telemetry_is_real_and_shows_in_raw(witness: Witness) -> None:
    sdk(witness)
    [seen] = witness.exchanges(wait=3)
    assert wire(seen).lower().count("x-stainless-") == 1
    assert wire(seen, raw=True).lower().count("x-stainless-") > 3


@pytest.mark.parametrize("raw", [False, True])
def test_a_key_never_shows_wherever_it_was_sent(witness: Witness, raw: bool) -> None:
    key, address = witness.key, f"{witness.url}/api/v1/query"
    body = {"query": f"my key is {key}", "model": "script"}
    ways = [
        lambda: requests.post(address, json=body, headers={"Authorization": f"bearer {key}"} | FAST, timeout=5),
        lambda: requests.post(address, json=body, headers={"X-API-Key": key} | FAST, timeout=5),
        lambda: requests.post(f"{address}?cup=1&key={key}", json=body, headers=FAST, timeout=5),
        lambda: requests.post(f"{address}?key={key}", json={"query": ""}, headers={"X-API-Key": key}, timeout=5),
    ]
    for send in ways:
        send()
    with dial(witness, FAST, f"?key={key}") as socket:
        talk(socket, f"my key| is {key}")
    seen = witness.exchanges(wait=3)
    assert len(seen) == len(ways) + 1
    for each in seen:
        text = wire(each, raw=raw)
        assert "[key" in text
        assert key not in text and key.removeprefix("lab-")[:12] not in text


def test_a_key_that_left_in_slices_does_not_show_piece_by_piece(witness: Witness) -> None:
    witness.add_fault("slice;bytes=20")
    body = {"query": f"my key| is {witness.key}", "model": "script"}
    requests.post(f"{witness.url}/api/v1/query/stream", json=body, headers=headers(witness), timeout=5)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=True)
    assert [piece for at in range(20) if (piece := witness.key[at : at + 12]) in text] == []


# Cards


@pytest.mark.parametrize("status", MARKS)
def test_a_card_begins_with_its_status_in_words(status: str) -> None:
    assert card(Outcome("10.1", status, "One sentence.")) == f"10.1  {MARKS[status]}  One sentence."  # type: ignore[arg-type]  # a key of MARKS is a Status
    assert re.fullmatch(r"[A-Z ]+", MARKS[status]), "plain words, no colour and no tick"


def test_every_status_has_words_of_its_own() -> None:
    assert set(MARKS) == {"passed", "not started", "wrong", "crashed", "blocked"}
    assert len(set(MARKS.values())) == len(MARKS)


def test_a_full_card_reads_like_this() -> None:
    outcome = Outcome(
        "10.2",
        "wrong",
        "The model went on.",
        expected="an end after the first sentence",
        seen="30 deltas",
        proof="→ POST /v1 HTTP/1.1\n← HTTP/1.1 200 OK\n\n= complete",
        look="who closes the stream?",
        belief="break-stops-the-model",
    )
    assert card(outcome).split("\n") == [
        "10.2  NOT YET  The model went on.",
        "  expected: an end after the first sentence",
        "  seen: 30 deltas",
        "  on the wire:",
        "    → POST /v1 HTTP/1.1",
        "    ← HTTP/1.1 200 OK",
        "",
        "    = complete",
        "  next: who closes the stream?",
    ]


def test_what_an_outcome_does_not_say_has_no_line() -> None:
    assert card(Outcome("10.2", "crashed", "It fell over.", look="the last line")).split("\n") == [
        "10.2  CRASHED  It fell over.",
        "  next: the last line",
    ]


def test_a_card_with_a_whole_exchange_in_it_has_no_trailing_spaces() -> None:
    seen = exchange(b"GET / HTTP/1.1\r\nx-empty:\r\n\r\n" + b"tea " * 60, chunked(b"tea "), ended=None)
    text = card(Outcome("10.1", "wrong", "No.", proof=wire(seen) + "\n\n" + wire(seen, raw=True)))
    assert "\n    = still open" in text
    assert [line for line in text.split("\n") if line != line.rstrip()] == []


def test_only_a_pass_counts_as_one() -> None:
    assert [status for status in MARKS if Outcome("10.1", status, "").passed] == ["passed"]  # type: ignore[arg-type]  # as above
