"""Refresh tokens: good once, for one client, in one family; and the obsolete password grant, which gives some too."""

import requests
from oauth_client import Client, get, reason


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
