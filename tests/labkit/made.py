"""Exchanges made of bytes, for the tests of how they read. Knows no server."""

from labkit.exchange import Exchange, Frame
from labkit.render import wire

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


def lines_of(exchange: Exchange, *, raw: bool = False, show: str = "") -> list[str]:
    return wire(exchange, raw=raw, show=show).split("\n")


def answer_of(exchange: Exchange, *, raw: bool = False) -> list[str]:
    """What is shown of the answer behind its head."""
    lines = lines_of(exchange, raw=raw)
    return lines[lines.index(r"← \r\n" if raw else "←") + 1 : -2]
