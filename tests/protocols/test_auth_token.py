"""The token endpoint as RFC 6749 has it, spoken to with `requests`; its tokens, checked with PyJWT as a shop would."""

import base64
import json
import time

import jwt
import pytest
from oauth_client import Client, get, reason


def test_a_client_gets_a_token_and_the_token_opens_its_sandbox(server) -> None:
    client = Client(server)
    answer = client.ask(scope="shop:read")
    made = answer.json()
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert (made["token_type"], made["expires_in"], made["scope"]) == ("Bearer", 900, "shop:read")
    said = get(server, made["access_token"]).json()
    assert (said["kind"], said["id"], said["scopes"]) == ("token", client.id, ["shop:read"])
    assert 899 <= said["expires_at"] - time.time() <= 901
    assert get(server, made["access_token"], "/shop/products").status_code == 200
    assert get(server, made["access_token"], "/v1/models").status_code == 403
    assert [record["status"] for record in server.journal(client.owner)[1:]] == [200, 200, 200, 403]


def test_the_shop_can_check_a_token_with_the_secret(server) -> None:
    client = Client(server)
    token, about = client.token()["access_token"], client.about()
    claims = jwt.decode(
        token, about["secret"], [about["algorithm"]], audience=about["audience"], issuer=about["issuer"]
    )
    assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "scope"}
    assert (claims["sub"], claims["jti"]) == (client.id, get(server, token).json()["token"])
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": about["kid"]}
    assert about["policy"] == {"expires_in": 900, "uses": None, "required": False}


def signed(claims: dict, about: dict, **changed) -> str:
    """A token as the shop would make it, but for what is changed."""
    return jwt.encode(claims | changed, about["secret"], headers={"kid": about["kid"]})


def with_scope_changed(token: str, claims: dict) -> str:
    wider = json.dumps(claims | {"scope": "shop:read shop:write models keys"}).encode()
    head, _, signature = token.split(".")
    return f"{head}.{base64.urlsafe_b64encode(wider).decode().rstrip('=')}.{signature}"


# What was done to a token -> how, and what the refusal says of it.
FORGED = {
    "scope changed": (lambda token, claims, about: with_scope_changed(token, claims), "signature"),
    "alg none": (lambda _, claims, about: jwt.encode(claims, None, "none", {"kid": about["kid"]}), "algorithm"),
    "another secret": (lambda _, claims, about: signed(claims, about | {"secret": "x" * 32}), "signature"),
    "another algorithm": (
        lambda _, claims, about: jwt.encode(claims, about["secret"] * 2, "HS512", {"kid": about["kid"]}),
        "algorithm",
    ),
    "another audience": (lambda _, claims, about: signed(claims, about, aud="somebody"), "aud"),
    "another issuer": (lambda _, claims, about: signed(claims, about, iss="somebody"), "iss"),
    "expired": (lambda _, claims, about: signed(claims, about, exp=int(time.time()) - 1), "has expired"),
    "not yet": (lambda _, claims, about: signed(claims, about, nbf=int(time.time()) + 999), "not valid yet"),
    "no end": (
        lambda _, claims, about: signed({name: claims[name] for name in claims if name != "exp"}, about),
        "lacks a claim",
    ),
    "a client of nobody": (lambda _, claims, about: signed(claims, about, sub="key_nobody"), "is no more"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_is_not_right_is_refused_in_its_own_sandboxs_journal(server, how: str) -> None:
    client = Client(server)
    honest, about = client.token(scope="shop:read")["access_token"], client.about()
    forge, why = FORGED[how]
    token = forge(honest, jwt.decode(honest, options={"verify_signature": False}), about)
    refused = get(server, token)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert why in refused.json()["error"]["message"]
    record = server.last(client.owner)
    assert (record["status"], record["credentials"][0]["kind"]) == (401, "refused")
    assert token not in json.dumps(record)


def test_whoever_has_the_secret_can_make_a_token(server) -> None:
    client, now = Client(server), int(time.time())
    about = client.about()
    claims = {"iss": about["issuer"], "sub": about["client_id"], "aud": about["audience"], "iat": now, "exp": now + 60}
    made = jwt.encode(claims | {"jti": "mine", "scope": "models"}, about["secret"], headers={"kid": about["kid"]})
    said = get(server, made).json()
    assert (said["token"], said["scopes"]) == ("mine", ["models"])


def test_a_token_for_three_uses_dies_after_three_and_is_known_when_it_is_dead(server) -> None:
    client = Client(server)
    made = client.token(uses="3")
    assert made["uses"] == 3
    answers = [get(server, made["access_token"]) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 401, 401]
    assert [answer.json()["uses_left"] for answer in answers[:3]] == [2, 1, 0]
    assert "used up" in answers[3].headers["www-authenticate"]
    names = {record["credentials"][0]["token"] for record in server.journal(client.owner)[2:]}
    assert names == {answers[0].json()["token"]}, "the witness tells one token from another, dead or alive"


def test_a_sandbox_decides_how_long_and_how_often_and_a_client_may_only_ask_for_less(server) -> None:
    client = Client(server)
    client.about("PUT", expires_in=60, uses=3)
    plain, less, more = client.token(), client.token(expires_in="5", uses="1"), client.token(expires_in="90", uses="9")
    assert [(made["expires_in"], made["uses"]) for made in (plain, less, more)] == [(60, 3), (5, 1), (60, 3)]


def test_a_token_ends_when_its_time_is_over_and_not_before(server) -> None:
    client = Client(server)
    asked = time.time()
    token = client.token(expires_in="1")["access_token"]
    ends = get(server, token).json()["expires_at"]
    while (answer := get(server, token)).status_code == 200:
        pass
    assert time.time() >= ends >= asked + 1
    assert "has expired" in answer.json()["error"]["message"]


def test_all_tokens_can_expire_at_once_and_a_refreshed_one_works(server) -> None:
    client = Client(server)
    first = client.token()
    assert client.about("DELETE", "/lab/auth/tokens") == {"expired": 1}
    assert "has expired" in get(server, first["access_token"]).headers["www-authenticate"]
    second = client.token(grant="refresh_token", refresh_token=first["refresh_token"])
    assert get(server, second["access_token"]).status_code == 200


def test_a_token_never_outlives_its_clients_key(server) -> None:
    client = Client(server, expires_in=30)
    assert client.token()["expires_in"] <= 31


def test_revoking_a_key_ends_its_tokens(server) -> None:
    client = Client(server)
    made = client.token()
    server.http.delete(f"/auth/keys/{client.id}", headers={"x-api-key": client.owner})
    assert "taken back" in get(server, made["access_token"]).json()["error"]["message"]
    assert reason(client.ask("refresh_token", refresh_token=made["refresh_token"])) == (401, "invalid_client")
