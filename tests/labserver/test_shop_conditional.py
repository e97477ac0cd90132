"""ETags, 304, 412 and gzip: as RFC 9110 has them, to the byte."""

import gzip

import pytest

LIST, ONE = "/shop/products", "/shop/products/101"


class Talk:
    """One sandbox, spoken to in bytes."""

    def __init__(self, server) -> None:
        self.server = server
        self.key = server.sandbox()

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict, bytes]:
        with self.server.dial() as wire:
            wire.send(self.server.request(method, path, body, self.key, connection="close", **headers))
            head, _, content = wire.rest().partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        return int(status.split()[1]), dict(field.split(": ", 1) for field in fields), content


@pytest.fixture
def talk(server) -> Talk:
    return Talk(server)


def test_a_tag_is_strong_and_follows_the_content(talk) -> None:
    _, first, _ = talk("GET", ONE)
    assert first["etag"].startswith('"')
    assert talk("GET", ONE)[1]["etag"] == first["etag"]
    _, changed, _ = talk("PATCH", ONE, {"stock": 1})
    assert changed["etag"] != first["etag"]
    assert talk("GET", ONE)[1]["etag"] == changed["etag"]
    assert Talk(talk.server)("GET", ONE)[1]["etag"] == first["etag"], "the same content in another world"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*", '"other" ,W/{}'])
@pytest.mark.parametrize("path", [LIST, ONE])
def test_who_has_this_state_already_gets_304_and_no_body(talk, method: str, form: str, path: str) -> None:
    _, before, _ = talk("GET", path)
    status, headers, body = talk(method, path, if_none_match=form.format(before["etag"]))
    assert (status, body) == (304, b"")
    assert headers["etag"] == before["etag"]
    assert "vary" in headers
    assert "content-type" not in headers


@pytest.mark.parametrize("form", ['"other"', "tea", "", '"W/{}"'])
def test_who_has_another_state_gets_the_whole(talk, form: str) -> None:
    _, before, body = talk("GET", ONE)
    assert talk("GET", ONE, if_none_match=form.format(before["etag"].strip('"')))[::2] == (200, body)


@pytest.mark.parametrize("path", [ONE, "/users/1", "/shop/orders/4"])
def test_if_match_saves_from_the_lost_update(talk, path: str) -> None:
    field = "note" if "orders" in path else "name"
    _, seen, _ = talk("GET", path)
    first = talk("PATCH", path, {field: "first"}, if_match=seen["etag"])
    assert first[0] == 200
    status, _, body = talk("PATCH", path, {field: "second"}, if_match=seen["etag"])
    assert status == 412
    assert b'"PRECONDITION_FAILED"' in body
    assert talk("DELETE", path, if_match=seen["etag"])[0] == 412
    assert b'"first"' in talk("GET", path)[2]
    assert talk("PATCH", path, {field: "second"}, if_match=first[1]["etag"])[0] == 200


def test_put_keeps_to_if_match_too(talk) -> None:
    _, seen, _ = talk("GET", ONE)
    tea = {"name": "Tea", "category": "green", "price": 1, "stock": 1}
    assert talk("PUT", ONE, tea, if_match='"stale"')[0] == 412
    assert talk("PUT", ONE, tea, if_match=f'"stale", {seen["etag"]}')[0] == 200


def test_if_match_takes_a_star_but_no_weak_tag(talk) -> None:
    _, seen, _ = talk("GET", ONE)
    assert talk("PATCH", ONE, {}, if_match=f"W/{seen['etag']}")[0] == 412
    assert talk("PATCH", ONE, {}, if_match="*")[0] == 200
    assert talk("PATCH", "/shop/products/999", {}, if_match="*")[0] == 404


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "GZIP", "identity;q=0, *;q=0.1"])
def test_a_long_answer_is_packed_for_who_takes_it(talk, accepted: str) -> None:
    _, plain_head, plain = talk("GET", LIST)
    status, head, packed = talk("GET", LIST, accept_encoding=accepted)
    assert (status, head["content-encoding"], head["vary"]) == (200, "gzip", "accept-encoding")
    assert gzip.decompress(packed) == plain
    assert int(head["content-length"]) == len(packed) < len(plain)
    assert "content-encoding" not in plain_head
    assert head["etag"] != plain_head["etag"], "a strong tag names the bytes"


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip;q=0.0", "*;q=0", "*, gzip; q=0", "br"])
def test_nothing_is_packed_for_who_does_not_take_it(talk, accepted: str) -> None:
    assert "content-encoding" not in talk("GET", LIST, accept_encoding=accepted)[1]


def test_a_short_answer_is_never_packed(talk) -> None:
    assert "content-encoding" not in talk("GET", ONE, accept_encoding="gzip")[1]


def test_the_tag_of_the_packed_answer_counts_everywhere(talk) -> None:
    tea = {"name": "Tea", "category": "green", "price": 1, "stock": 1, "description": "x" * 1500}
    _, made, _ = talk("POST", LIST, tea, accept_encoding="gzip")
    place, tag = made["location"], made["etag"]
    assert tag.endswith('-gzip"')
    assert talk("GET", place, if_none_match=tag, accept_encoding="gzip")[0] == 304
    assert talk("GET", place, if_none_match=tag)[0] == 304
    assert talk("PATCH", place, {"stock": 2}, if_match=tag)[0] == 200
    assert talk("PATCH", place, {"stock": 3}, if_match=tag)[0] == 412
