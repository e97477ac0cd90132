"""Where a request carries its key, what counts as none, and what must be blotted out."""

import pytest

from labserver import auth

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
        ([(b"cookie", b"key=lab-one"), (b"x-key", b"lab-one")], b"apikey=lab-one", []),
    ],
)
def test_credentials_are_found_in_three_places_in_their_order(headers, query: bytes, found: list[str]) -> None:
    assert auth.presented(headers, query) == found


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
