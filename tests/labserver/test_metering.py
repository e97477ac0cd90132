"""Where a request ends, however the network cut its bytes."""

import pytest

from labserver.metering import Meter

GET = b"GET /health HTTP/1.1\r\nHost: lab\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"

BODIES = [
    pytest.param(GET, id="no body"),
    pytest.param(POST + b"hello", id="a body with a length"),
    pytest.param(POST + b"\r\n0\r\n", id="a body that looks like chunks"),
    pytest.param(POST.lower().replace(b"post", b"POST") + b"hello", id="lower-case fields"),
    pytest.param(CHUNKED + b"0\r\n\r\n", id="chunked and empty"),
    pytest.param(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", id="one chunk"),
    pytest.param(CHUNKED + b"1\r\n0\r\n5\r\nhello\r\n0\r\n\r\n", id="a chunk that is a zero"),
    pytest.param(CHUNKED + b"a;x=y\r\nhellohello\r\n0\r\n\r\n", id="chunk extensions"),
    pytest.param(CHUNKED.replace(b"chunked", b"Chunked") + b"0\r\n\r\n", id="capital letters"),
]
RARE_CHUNKS = [
    pytest.param(CHUNKED + b"9\r\n\r\n0\r\n\r\nab\r\n0\r\n\r\n", id="data that looks like the end"),
    pytest.param(CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", id="trailers"),
    pytest.param(CHUNKED + b"5\r\nhello\r\n0;last\r\n\r\n", id="an extension on the last chunk"),
    pytest.param(CHUNKED + b"5\r\nhello\r\n000\r\n\r\n", id="a last chunk of three zeros"),
]


def request_length(raw: bytes) -> int:
    return Meter().feed(raw)


@pytest.mark.parametrize("after", [b"", GET, b"GE", b"\r\n0\r\n\r\n"])
@pytest.mark.parametrize("first", BODIES)
def test_a_request_is_as_long_as_its_head_and_body(first: bytes, after: bytes) -> None:
    assert request_length(first + after) == len(first)


@pytest.mark.parametrize("first", RARE_CHUNKS)
def test_the_length_of_a_chunked_body_is_read_chunk_by_chunk(first: bytes) -> None:
    assert request_length(first + GET) == len(first)


@pytest.mark.parametrize("first", BODIES)
def test_of_an_unfinished_request_every_byte_belongs_to_it(first: bytes) -> None:
    for stop in range(len(first)):
        assert request_length(first[:stop]) == stop


@pytest.mark.parametrize("first", [*BODIES, *RARE_CHUNKS])
def test_a_request_is_as_long_however_it_was_cut(first: bytes) -> None:
    for cut in range(1, len(first)):
        meter = Meter()
        assert meter.feed(first[:cut]) == cut
        assert not meter.done
        assert meter.feed(first[cut:] + GET) == len(first) - cut
        assert meter.done


@pytest.mark.parametrize("first", [*BODIES, *RARE_CHUNKS])
def test_a_request_is_as_long_byte_by_byte(first: bytes) -> None:
    meter = Meter()
    taken = sum(meter.feed(bytes([byte])) for byte in first + GET)
    assert taken == len(first)
