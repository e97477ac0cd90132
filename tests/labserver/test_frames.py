"""WebSocket frames read from raw bytes, built here by hand from RFC 6455 section 5.2."""

import pytest

from labserver import frames
from labserver.frames import Frame

FIN = 0x80
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
MASK = bytes.fromhex("37fa213d")  # the RFC's own example


def build(opcode: int, payload: bytes, mask: bytes | None = None, *, fin: bool = True, width: int = 0) -> bytes:
    """One frame; `width` forces the 2- or 8-byte length that a short payload does not need."""
    width = width or (0 if len(payload) < 126 else 2 if len(payload) < 65536 else 8)
    short = {0: len(payload), 2: 126, 8: 127}[width]
    length = len(payload).to_bytes(width, "big") if width else b""
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return bytes([opcode | (FIN if fin else 0), short | (0x80 if mask else 0)]) + length + (mask or b"") + body


def read(*pieces: bytes) -> list[Frame]:
    return list(frames.read((float(at), piece) for at, piece in enumerate(pieces)))


def test_the_example_of_the_rfc_reads_as_hello() -> None:
    [plain] = read(bytes.fromhex("810548656c6c6f"))
    assert plain == Frame(0.0, "text", True, None, b"Hello", 7)
    [masked] = read(bytes.fromhex("818537fa213d7f9f4d5158"))
    assert masked == Frame(0.0, "text", True, MASK, b"Hello", 11)


@pytest.mark.parametrize("mask", [None, MASK, b"\0\0\0\0"])
@pytest.mark.parametrize(
    ("length", "head"), [(0, 2), (1, 2), (125, 2), (126, 4), (127, 4), (65535, 4), (65536, 10), (70_005, 10)]
)
def test_each_width_of_length_is_read(length: int, head: int, mask: bytes | None) -> None:
    payload = bytes(at % 251 for at in range(length))
    [frame] = read(build(BINARY, payload, mask))
    assert frame.payload == payload
    assert frame.opcode == "binary"
    assert frame.mask == mask
    assert frame.size == head + (4 if mask else 0) + length


@pytest.mark.parametrize("width", [2, 8])
def test_a_length_written_longer_than_needed_is_shown_not_refused(width: int) -> None:
    [frame] = read(build(TEXT, b"tea", width=width))
    assert (frame.payload, frame.size) == (b"tea", 2 + width + 3)


def test_frames_come_out_the_same_however_the_bytes_are_cut() -> None:
    built = [
        build(TEXT, b"Green", MASK),
        build(PING, b""),
        build(BINARY, b"x" * 130),
        build(CLOSE, b"\x03\xe8bye", MASK),
    ]
    raw = b"".join(built)
    shapes = [(frame.opcode, frame.payload, frame.mask, frame.size) for frame in read(raw)]
    assert [size for *_, size in shapes] == [len(one) for one in built]
    assert [opcode for opcode, *_ in shapes] == ["text", "ping", "binary", "close"]
    for cut in range(len(raw) + 1):
        again = [(frame.opcode, frame.payload, frame.mask, frame.size) for frame in read(raw[:cut], raw[cut:])]
        assert again == shapes, f"cut at byte {cut}"
    singly = read(*(raw[at : at + 1] for at in range(len(raw))))
    assert [(frame.opcode, frame.payload, frame.mask, frame.size) for frame in singly] == shapes


def test_a_frame_has_the_time_at_which_it_was_whole() -> None:
    raw = build(TEXT, b"one") + build(TEXT, b"two")
    assert [frame.at for frame in read(raw[:3], raw[3:7], raw[7:])] == [1.0, 2.0]


def test_a_fragmented_message_is_shown_as_the_frames_it_is() -> None:
    raw = build(TEXT, b"Gre", fin=False) + build(PING, b"?") + build(CONTINUATION, b"e", fin=False) + build(0, b"n")
    assert [(frame.opcode, frame.fin, frame.payload) for frame in read(raw)] == [
        ("text", False, b"Gre"),
        ("ping", True, b"?"),
        ("continuation", False, b"e"),
        ("continuation", True, b"n"),
    ]


def test_an_unfinished_last_frame_is_left_out_wherever_it_stops() -> None:
    whole, last = build(TEXT, b"tea"), build(TEXT, b"x" * 300, MASK)
    for stop in range(len(last)):
        assert [frame.payload for frame in read(whole + last[:stop])] == [b"tea"], f"stopped at byte {stop}"


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [
        (CLOSE, b"\x03\xe8", 1000),
        (CLOSE, b"\x03\xf1too big", 1009),
        (CLOSE, b"", None),
        (CLOSE, b"\x03", None),
        (TEXT, b"\x03\xe8", None),
    ],
)
@pytest.mark.parametrize("mask", [None, MASK])
def test_only_a_close_frame_has_a_close_code(opcode: int, payload: bytes, code: int | None, mask: bytes | None) -> None:
    [frame] = read(build(opcode, payload, mask))
    assert frame.close_code == code
    assert frame.payload == payload


def test_a_reserved_opcode_is_named_as_such() -> None:
    assert [frame.opcode for frame in read(build(3, b"") + build(PONG, b"") + build(11, b"?"))] == [
        "reserved 3",
        "pong",
        "reserved 11",
    ]


def test_reserved_bits_are_read_as_a_number() -> None:
    assert [frame.rsv for frame in read(b"\x81\x00\xc1\x00\x91\x00\xf1\x00")] == [0, 4, 1, 7]
