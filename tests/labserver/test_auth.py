"""Where a request carries its key, what counts as none, and what must be blotted out."""

import base64

import pytest

from labserver import auth

SUBPROTOCOL = (b"sec-websocket-protocol", b"realtime, openai-insecure-api-key.lab-four,openai-beta.realtime-v1")
BEARER = (b"authorization", b"Bearer lab-one")
API_KEY = (b"x-api-key", b"lab-two")


@pytest.mark.parametrize(
    ("headers", "query", "found"),
    [
        ([], b"", []),
        ([BEARER], b"", ["lab-one"]),
        ([API_KEY], b"", ["lab-two"]),
        ([], b"key=lab-three", ["lab-three"]),
        ([], b"model=tea&key=lab-three&monkey=no", ["lab-three"]),
        ([API_KEY, BEARER], b"key=lab-three", ["lab-one", "lab-two", "lab-three"]),
        ([(b"authorization", b"bearer   lab-one ")], b"", ["lab-one"]),
        ([(b"authorization", b"BEARER lab-one")], b"", ["lab-one"]),
        ([(b"authorization", b"Basic dGVhOmN1cA==")], b"", ["Basic dGVhOmN1cA=="]),
        ([(b"x-api-key", b" lab-two\t")], b"", ["lab-two"]),
        ([], b"key=lab%2Dthree", ["lab-three"]),
        ([], b"key=a&key=b", ["a", "b"]),
        ([SUBPROTOCOL], b"", ["lab-four"]),
        ([SUBPROTOCOL, API_KEY], b"key=lab-three", ["lab-two", "lab-four", "lab-three"]),
        ([(b"sec-websocket-protocol", b"openai-insecure-api-key.ey.J.x")], b"", ["ey.J.x"]),
        ([(b"sec-websocket-protocol", b"graphql-ws, lab-four")], b"", []),
        ([(b"cookie", b"key=lab-one"), (b"x-key", b"lab-one")], b"apikey=lab-one", []),
    ],
)
def test_credentials_are_found_in_four_places_in_their_order(headers, query: bytes, found: list[str]) -> None:
    assert auth.presented(headers, query) == found


def test_a_credential_without_its_scheme_is_no_name_of_a_place() -> None:
    assert auth.placed([(b"authorization", b"lab-One")], b"") == [("bearer", "lab-One")]
    assert auth.placed([(b"authorization", b"Basic dGVhOmN1cA==")], b"") == [("basic", "Basic dGVhOmN1cA==")]
    assert auth.placed([(b"authorization", b"")], b"") == [("bearer", "")]


@pytest.mark.parametrize(
    ("credentials", "key"),
    [
        ([], None),
        (["lab-one"], "lab-one"),
        (["YOUR_API_KEY"], None),
        (["your_api_key"], None),
        ([""], None),
        (["YOUR_API_KEY", "lab-two"], "lab-two"),
        (["lab-one", "lab-two"], "lab-one"),
        (["Your_Api_Key"], "Your_Api_Key"),
    ],
)
def test_the_first_real_credential_is_the_key_and_a_placeholder_is_none(
    credentials: list[str], key: str | None
) -> None:
    assert auth.key_of(credentials) == key


def test_every_real_credential_is_a_secret_also_one_that_does_not_count() -> None:
    assert auth.secrets(["lab-one", "YOUR_API_KEY", "", "lab-one-and-more"]) == (b"lab-one-and-more", b"lab-one")


def test_a_longer_secret_is_blotted_before_one_that_it_contains() -> None:
    lengths = [len(secret) for secret in auth.secrets(["abc", "abcdef", "ab"])]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("query", [b"key=%E2%82%AC", b"key=%ff"])
def test_any_bytes_in_the_query_can_be_a_wrong_key(query: bytes) -> None:
    assert auth.secrets(auth.presented([], query))


def test_a_percent_encoded_key_is_a_secret_as_it_crossed_the_wire() -> None:
    query = b"key=lab%2Done"
    assert b"lab%2Done" in auth.secrets(auth.presented([], query), query)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_a_basic_pair_is_form_decoded_and_every_form_of_it_is_a_secret() -> None:
    assert auth.basic(basic("key_1:lab%2Dsecret+x")) == ("key_1", "lab-secret x")
    assert auth.basic("Bearer tea") is None
    assert auth.basic("Basic !!!") is None
    assert auth.basic(basic("no colon")) is None
    hidden = auth.secrets([basic("key_1:lab%2Dsecret")])
    coded = base64.b64encode(b"key_1:lab%2Dsecret")
    assert {coded, b"lab%2Dsecret", b"lab-secret"} <= set(hidden)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"POST / HTTP/1.1\r\n\r\ngrant_type=x&client_secret=lab-secret", {b"lab-secret"}),
        (b"client_secret=lab%2Dsecret&x", {b"lab%2Dsecret", b"lab-secret"}),
        (b"refresh_token=lab-refresh-1&password=lab-secret", {b"lab-refresh-1", b"lab-secret"}),
        (b'{"client_secret" : "lab-secret"', {b"lab-secret"}),
        (b"/auth/token?client_secret=lab-secret HTTP/1.1", {b"lab-secret"}),
        (b"password=tea", set()),
        (b"client_id=key_123456789&scope=shop:read", set()),
        (b"client_secret=YOUR_API_KEY", set()),
    ],
)
def test_a_token_requests_secrets_are_found_in_its_bytes(raw: bytes, found: set[bytes]) -> None:
    assert set(auth.sift(raw)) == found
