"""An exchange as text: golden texts of made-up bytes, heads, and the last line."""

import pytest
from made import UPGRADE, UPGRADED, exchange, frame, lines_of


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


LIMITED = (
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nretry-after-ms: 970\r\nX-RateLimit-Limit: 3\r\n"
    b"x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1699920000\r\nx-ratelimit-reset-tokens: 5ms\r\n\r\n"
)


def test_the_headers_of_a_rate_limit_show_only_when_they_are_asked_for() -> None:
    seen = exchange(b"GET /tea HTTP/1.1\r\n\r\n", LIMITED)
    assert lines_of(seen)[3:7] == ["← HTTP/1.1 429 Too Many Requests", "← retry-after: 1", "← retry-after-ms: …", "←"]
    assert lines_of(seen, show="ratelimit")[6:11] == [
        "← X-RateLimit-Limit: 3",
        "← x-ratelimit-remaining: 0",
        "← x-ratelimit-reset: …",
        "← x-ratelimit-reset-tokens: …",
        "←",
    ]
    assert r"← x-ratelimit-reset: 1699920000\r\n" in lines_of(seen, raw=True)


def test_how_long_it_took_shows_only_when_it_is_asked_for_and_never_its_number() -> None:
    seen = exchange(b"GET /tea HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nopenai-processing-ms: 17\r\n\r\n")
    assert lines_of(seen)[3:5] == ["← HTTP/1.1 200 OK", "←"]
    assert lines_of(seen, show="timing")[4] == "← openai-processing-ms: …"
    assert r"← openai-processing-ms: 17\r\n" in lines_of(seen, raw=True)


def test_what_nobody_can_show_is_named_with_what_there_is() -> None:
    with pytest.raises(LookupError, match=r"nothing called 'tea' to show\. There is: ratelimit"):
        lines_of(exchange(b"GET /tea HTTP/1.1\r\n\r\n", LIMITED), show="tea")
