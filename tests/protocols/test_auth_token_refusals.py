"""Who is a client, and what the token endpoint says to whoever is none, in the words of RFC 6749, section 5.2."""

import pytest
import requests
from oauth_client import Client, reason

FORM = "application/x-www-form-urlencoded"


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
