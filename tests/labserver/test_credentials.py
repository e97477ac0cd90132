"""Which credentials a request carries, by name, and which of its bytes must not be seen again."""

import pytest

from labserver import credentials


@pytest.mark.parametrize(
    ("headers", "query", "names"),
    [
        ([], b"", []),
        ([(b"host", b"a"), (b"cookie", b" ")], b"page=2&key=", []),
        ([(b"cookie", b"a=b"), (b"authorization", b"Bearer x")], b"", ["authorization", "cookie"]),
        ([(b"x-api-key", b"x")], b"a=1&%6bey=x&token=y", ["x-api-key", "?key", "?token"]),
        ([(b"sec-websocket-protocol", b"realtime, graphql-ws")], b"", []),
        ([(b"sec-websocket-protocol", b"realtime, openai-insecure-api-key.x")], b"", ["sec-websocket-protocol"]),
    ],
)
def test_credentials_are_named_in_one_order(headers, query: bytes, names: list[str]) -> None:
    assert credentials.names(headers, query) == names


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_they_are_found_in_the_bytes_of_a_head_too(end: bytes) -> None:
    lines = [b"GET /a?key=secret&b=1 HTTP/1.1", b"Host: a", b"X-API-Key : other", b"COOKIE:a=b", b"", b""]
    assert credentials.names_in(end.join(lines)) == ["x-api-key", "cookie", "?key"]
    assert credentials.names_in(b"") == []


def test_a_credential_is_secret_whole_and_in_its_telling_parts() -> None:
    headers = [(b"authorization", b"Basic dXNlcjpwdw=="), (b"cookie", b"session=0123456789; a=b"), (b"accept", b"x/y")]
    headers += [(b"sec-websocket-protocol", b"realtime, openai-insecure-api-key.sk-1.2")]
    assert credentials.values(headers, b"key=a%2Bb&page=7") == {
        b"Basic dXNlcjpwdw==",
        b"dXNlcjpwdw==",
        b"session=0123456789; a=b",
        b"0123456789",
        b"a%2Bb",
        b"a+b",
        b"sk-1.2",
    }
