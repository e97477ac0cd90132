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


def test_jupyters_cookies_open_a_jupyterlab_and_the_others_are_the_learners_own() -> None:
    line = b'cup=1234567; username-127-0-0-1-8888="2|1:0|10:17|x"; _xsrf=2|4768ee63|c1d2; jupyterhub-user-ann="2|hub"'
    assert credentials.of_jupyter([(b"cookie", line)]) == {b"2|1:0|10:17|x", b"2|4768ee63|c1d2"}, "2|hub is too short"
    assert credentials.of_jupyter([(b"cookie", b"cup=username-1; a=_xsrf"), (b"x-note", b"_xsrf=12345678")]) == set()


def test_a_browser_that_is_logged_in_to_jupyterlab_leaves_its_cookies_in_no_journal(server) -> None:
    key, login, token = server.sandbox(), "2|1:0|10:1795299571|23:username", "2|4768ee63|c1d29fb5e159eb74"
    cookie = f'username-127-0-0-1-8888="{login}"; cup=1; _xsrf={token}'
    server.http.get("/health", headers={"x-api-key": key, "cookie": cookie})
    for path in ("/lab/journal", "/lab/journal.jsonl", "/lab/journal.har"):
        shown = server.http.get(path, headers={"x-api-key": key}).text
        assert "cup=1" in shown
        assert login not in shown and token not in shown, path
