"""The token endpoint as RFC 6749 has it, spoken to with `requests`; its tokens, checked with PyJWT as a shop would."""

import base64
import json
import time

import jwt
import pytest
import requests

FORM = "application/x-www-form-urlencoded"


class Client:
    """An OAuth2 client of one sandbox, written by hand."""

    def __init__(self, server, **wanted) -> None:
        self.server = server
        self.owner = server.sandbox()
        made = server.http.post("/auth/keys", json=wanted, headers={"x-api-key": self.owner}).json()
        self.id, self.key = made["id"], made["key"]

    def ask(self, grant: str = "client_credentials", **form) -> requests.Response:
        told = {"grant_type": grant, **form}
        return requests.post(f"{self.server.url}/auth/token", data=told, auth=(self.id, self.key), timeout=10)

    def token(self, **form) -> dict:
        answer = self.ask(**form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def about(self, method: str = "GET", path: str = "/lab/auth", **wanted) -> dict:
        answer = self.server.http.request(method, path, headers={"x-api-key": self.owner}, json=wanted or None)
        return answer.raise_for_status().json()


def get(server, token: str, path: str = "/auth/me") -> requests.Response:
    return requests.get(server.url + path, headers={"authorization": f"Bearer {token}"}, timeout=10)


def reason(answer: requests.Response) -> tuple[int, str]:
    """(status, error) of a token endpoint's refusal, whose shape is looked over here."""
    body = answer.json()
    assert set(body) == {"error", "error_description"}, body
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert len(body["error_description"]) > 10
    return answer.status_code, body["error"]


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


# Refresh


def test_a_refresh_token_is_good_once_and_a_second_use_ends_the_family(server) -> None:
    client = Client(server)
    first = client.token(scope="shop:read models", uses="7")
    second = client.token(grant="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert (second["scope"], second["uses"]) == ("shop:read models", 7), "as it was asked for at first"
    other = client.token()
    assert reason(client.ask("refresh_token", refresh_token=first["refresh_token"])) == (400, "invalid_grant")
    assert reason(client.ask("refresh_token", refresh_token=second["refresh_token"])) == (400, "invalid_grant")
    for made in (first, second):
        assert "taken back" in get(server, made["access_token"]).json()["error"]["message"]
    assert get(server, other["access_token"]).status_code == 200, "another login is another family"


def test_a_refresh_may_narrow_once_without_losing_the_rest(server) -> None:
    client = Client(server)
    made = client.token(scope="shop:read models")
    narrow = client.token(grant="refresh_token", refresh_token=made["refresh_token"], scope="models")
    assert narrow["scope"] == "models"
    wide = client.ask("refresh_token", refresh_token=narrow["refresh_token"], scope="shop:write")
    assert reason(wide) == (400, "invalid_scope")
    again = client.token(grant="refresh_token", refresh_token=narrow["refresh_token"])
    assert again["scope"] == "shop:read models", "a refusal used nothing up"


def test_a_refresh_token_is_for_its_own_client_and_no_bearer(server) -> None:
    one, other = Client(server), Client(server)
    made = one.token()["refresh_token"]
    assert reason(other.ask("refresh_token", refresh_token=made)) == (400, "invalid_grant")
    assert "refresh token" in get(server, made).json()["error"]["message"]
    nobody = requests.post(
        f"{server.url}/auth/token", data={"grant_type": "refresh_token", "refresh_token": made}, timeout=10
    )
    assert reason(nobody) == (400, "invalid_grant")
    assert one.token(grant="refresh_token", refresh_token=made)


# The obsolete password grant


def test_the_password_grant_answers_and_is_marked_as_obsolete(server) -> None:
    client = Client(server)
    told = {"grant_type": "password", "username": client.id, "password": client.key}
    answer = requests.post(f"{server.url}/auth/token", data=told, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["deprecation"].startswith("@")
    assert "rfc9700" in answer.headers["link"] and 'rel="deprecation"' in answer.headers["link"]
    assert get(server, answer.json()["access_token"]).json()["id"] == client.id
    again = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    second = requests.post(f"{server.url}/auth/token", data=again, timeout=10)
    assert second.status_code == 200, "a client without a secret refreshes without one"
    assert [record["status"] for record in server.journal(client.owner)] == [201, 200, 200, 200]
    wrong = requests.post(f"{server.url}/auth/token", data=told | {"username": "somebody"}, timeout=10)
    assert reason(wrong) == (400, "invalid_grant")


# Refusals


def test_a_client_may_be_in_the_form_and_the_record_moves_to_its_sandbox(server) -> None:
    client = Client(server)
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.key}
    assert requests.post(f"{server.url}/auth/token", data=form, timeout=10).status_code == 200
    record = server.last(client.owner)
    assert [told["in"] for told in record["credentials"]] == ["form"]
    assert record["opened"] not in [one["opened"] for one in server.journal(None)]
    wrong = requests.post(f"{server.url}/auth/token", data=form | {"client_id": "key_x"}, timeout=10)
    assert reason(wrong) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic realm=")
    both = requests.post(f"{server.url}/auth/token", data=form, auth=(client.id, client.key), timeout=10)
    assert reason(both) == (400, "invalid_request")


def test_the_sandboxs_own_key_is_a_client_too(server) -> None:
    client = Client(server)
    about = client.about()
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{server.url}/auth/token", data=form, auth=(about["client_id"], client.owner), timeout=10)
    assert answer.json()["scope"] == "shop:read shop:write models keys"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"scope": "shop:read"}, (400, "invalid_request")),
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"grant_type": "implicit"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials", "scope": "admin"}, (400, "invalid_scope")),
        ({"grant_type": "client_credentials", "scope": "keys"}, (400, "invalid_scope")),
        ({"grant_type": "client_credentials", "expires_in": "0"}, (400, "invalid_request")),
        ({"grant_type": "client_credentials", "expires_in": "1e3"}, (400, "invalid_request")),
        ({"grant_type": "client_credentials", "uses": "1001"}, (400, "invalid_request")),
        ({"grant_type": ["client_credentials", "client_credentials"]}, (400, "invalid_request")),
        ({"grant_type": "refresh_token"}, (400, "invalid_request")),
        ({"grant_type": "refresh_token", "refresh_token": "lab-refresh-nobody"}, (400, "invalid_grant")),
        ({"grant_type": "password", "username": "a", "password": "b"}, (400, "invalid_grant")),
        ({"grant_type": "client_credentials", "scope": "", "new_to_us": "1"}, (200, "")),
    ],
)
def test_a_token_request_is_refused_in_the_rfcs_words(server, form: dict, told: tuple[int, str]) -> None:
    client = Client(server, scopes=["shop:read"])
    answer = requests.post(f"{server.url}/auth/token", data=form, auth=(client.id, client.key), timeout=10)
    if told[0] == 200:
        assert answer.status_code == 200, "an unknown field is passed over, an empty one is as good as missing"
        return
    if not form:
        answer = requests.post(
            f"{server.url}/auth/token",
            data="",
            auth=(client.id, client.key),
            headers={"content-type": FORM},
            timeout=10,
        )
    assert reason(answer) == told


def test_json_is_refused_in_the_rfcs_words_too(server) -> None:
    client = Client(server)
    body = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.key}
    answer = requests.post(f"{server.url}/auth/token", json=body, headers={"x-api-key": client.owner}, timeout=10)
    assert reason(answer) == (400, "invalid_request")
    assert FORM in answer.json()["error_description"]
    assert client.key.encode() not in server.last(client.owner).asked


@pytest.mark.parametrize("auth", [None, ("key_nobody", "lab-nobody"), ("open", "YOUR_API_KEY"), ("open", "")])
def test_a_client_that_nobody_knows_gets_401_and_basic(server, auth) -> None:
    answer = requests.post(f"{server.url}/auth/token", data={"grant_type": "client_credentials"}, auth=auth, timeout=10)
    assert reason(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_basic_is_for_the_token_endpoint_only(server) -> None:
    client = Client(server)
    answer = requests.get(f"{server.url}/auth/me", auth=(client.id, client.key), timeout=10)
    assert (answer.status_code, "Basic is for" in answer.text) == (401, True)
    assert server.last(client.owner)["status"] == 401
