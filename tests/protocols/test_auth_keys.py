"""Issued keys on a real server: given once, no wider than the giver's, refused by name when they are over."""

import pytest
import requests

from labserver import scopes


def me(server, credential: str | None, **more) -> requests.Response:
    headers = {} if credential is None else {"authorization": f"Bearer {credential}"}
    return requests.get(f"{server.url}/auth/me", headers=headers | more, timeout=10)


def issue(server, owner: str, **wanted) -> dict:
    answer = requests.post(f"{server.url}/auth/keys", json=wanted, headers={"x-api-key": owner}, timeout=10)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_sandboxs_own_key_is_known_with_every_scope(server) -> None:
    key = server.sandbox()
    said = me(server, key).json()
    assert (said["kind"], said["scopes"]) == ("sandbox key", list(scopes.SCOPES))
    assert (said["expires_at"], said["uses_left"], said["token"]) == (None, None, None)
    assert key not in str(said)


def test_an_issued_key_is_shown_once_and_opens_the_same_sandbox_everywhere(server) -> None:
    owner = server.sandbox()
    made = issue(server, owner, name="restocking", scopes=["shop:read"])
    assert made["key"].startswith(made["prefix"])
    assert len(made["prefix"]) < 12 < len(made["key"]), "what is listed tells nobody the key"
    listed = requests.get(f"{server.url}/auth/keys", headers={"x-api-key": owner}, timeout=10).json()["keys"]
    assert listed == [{name: value for name, value in made.items() if name != "key"}]
    for sent in (
        {"headers": {"authorization": f"Bearer {made['key']}"}},
        {"headers": {"x-api-key": made["key"]}},
        {"params": {"key": made["key"]}},
    ):
        answer = requests.get(f"{server.url}/auth/me", timeout=10, **sent)
        assert answer.json()["id"] == made["id"]
    assert len(server.journal(owner)) == 5


def test_a_seeded_sandbox_gives_its_keys_the_same_ids_in_every_run(server) -> None:
    one, other = (issue(server, server.sandbox(seed=5), name="a") for _ in range(2))
    shown = ("id", "prefix", "created")
    assert [one[name] for name in shown] == [other[name] for name in shown]
    assert one["key"] != other["key"]


def test_a_revoked_key_opens_nothing_and_is_refused_by_name_in_its_own_journal(server) -> None:
    owner = server.sandbox()
    made = issue(server, owner)
    place = f"{server.url}/auth/keys/{made['id']}"
    as_owner = {"x-api-key": owner}
    assert requests.delete(place, headers=as_owner, timeout=10).status_code == 204
    refused = me(server, made["key"])
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert "was revoked" in refused.json()["error"]["message"]
    record = server.last(owner)
    assert (record["status"], record["credentials"][0]["kind"]) == (401, "refused")
    assert record["credentials"][0]["id"] == made["id"]
    assert requests.delete(place, headers=as_owner, timeout=10).status_code == 404, "deleted twice, as in the shop"
    assert requests.get(place, headers=as_owner, timeout=10).status_code == 404


def test_nobody_gives_away_more_than_he_holds(server) -> None:
    clerk = issue(server, server.sandbox(), scopes=["keys", "shop:read"])
    as_clerk = {"x-api-key": clerk["key"]}
    beyond = requests.post(f"{server.url}/auth/keys", json={"scopes": ["models"]}, headers=as_clerk, timeout=10)
    assert beyond.status_code == 403
    assert 'error="insufficient_scope", scope="models"' in beyond.headers["www-authenticate"]
    assert issue(server, clerk["key"])["scopes"] == ["shop:read", "keys"], "without a wish, one's own"


def test_a_key_for_two_uses_is_good_for_two(server) -> None:
    owner = server.sandbox()
    made = issue(server, owner, uses=2)
    assert [me(server, made["key"]).status_code for _ in range(3)] == [200, 200, 401]
    shown = requests.get(f"{server.url}/auth/keys/{made['id']}", headers={"x-api-key": owner}, timeout=10).json()
    assert (shown["status"], shown["uses_left"]) == ("used up", 0)


def test_a_key_with_an_end_says_when_and_ends_then(server) -> None:
    made = issue(server, server.sandbox(), expires_in=1)
    assert me(server, made["key"]).json()["expires_at"] == made["expires_at"]
    while (answer := me(server, made["key"])).status_code == 200:
        pass
    assert "has expired" in answer.json()["error"]["message"]


def test_a_sandbox_has_room_for_fifty_keys_and_dead_ones_make_way(server) -> None:
    owner = server.sandbox()
    first = issue(server, owner, uses=1)
    for _ in range(49):
        issue(server, owner)
    full = requests.post(f"{server.url}/auth/keys", json={}, headers={"x-api-key": owner}, timeout=10)
    assert full.status_code == 409
    me(server, first["key"])
    issue(server, owner)
    listed = requests.get(f"{server.url}/auth/keys", headers={"x-api-key": owner}, timeout=10).json()["keys"]
    assert len(listed) == 50
    assert first["id"] not in [key["id"] for key in listed]


def test_a_reset_forgets_the_keys_and_the_tokens(server) -> None:
    owner = server.sandbox()
    made = issue(server, owner)
    requests.post(f"{server.url}/lab/reset", headers={"x-api-key": owner}, timeout=10)
    assert me(server, made["key"]).status_code == 401
    assert requests.get(f"{server.url}/auth/keys", headers={"x-api-key": owner}, timeout=10).json() == {"keys": []}
    assert me(server, owner).status_code == 200


@pytest.mark.parametrize("name", ["", "a workshop"])
def test_keys_of_the_open_and_of_a_named_sandbox_survive_a_restart_as_hashes(start_server, tmp_path, name) -> None:
    first = start_server("--solo", "--data-dir", str(tmp_path))
    owner = first.sandbox(name=name) if name else "YOUR_API_KEY"
    kept, revoked, twice = issue(first, owner), issue(first, owner), issue(first, owner, uses=2)
    requests.delete(f"{first.url}/auth/keys/{revoked['id']}", headers={"x-api-key": owner}, timeout=10)
    me(first, twice["key"])
    first.stop()
    database = b"".join(file.read_bytes() for file in tmp_path.glob("lab.sqlite*"))
    assert made_of(kept).encode() not in database and kept["id"].encode() in database
    second = start_server("--solo", "--data-dir", str(tmp_path))
    assert me(second, kept["key"]).json()["id"] == kept["id"]
    assert "was revoked" in me(second, revoked["key"]).json()["error"]["message"]
    assert [me(second, twice["key"]).status_code for _ in range(2)] == [200, 401]


def made_of(key: dict) -> str:
    """The part of a key that is not shown."""
    return key["key"].removeprefix(key["prefix"])


def test_an_unnamed_sandboxs_keys_end_with_the_server(start_server, tmp_path) -> None:
    first = start_server("--data-dir", str(tmp_path))
    made = issue(first, first.sandbox())
    first.stop()
    assert me(start_server("--data-dir", str(tmp_path)), made["key"]).status_code == 401


# 401, 403, 400


def test_without_a_credential_the_challenge_is_bare(server) -> None:
    refused = me(server, None)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="wirelab"')
    assert me(server, "YOUR_API_KEY").headers["www-authenticate"] == 'Bearer realm="wirelab"'


def test_a_key_of_nobody_is_an_invalid_token(server) -> None:
    refused = me(server, "lab-nobody")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('Bearer realm="wirelab", error="invalid_token", error_d')


SCOPED = [
    ("GET", "/shop/products", "shop:read"),
    ("GET", "/users/1", "shop:read"),
    ("POST", "/shop/orders", "shop:write"),
    ("DELETE", "/shop/products/1", "shop:write"),
    ("GET", "/v1/models", "models"),
    ("POST", "/api/v1/query", "models"),
    ("POST", "/api/v1/infer", "models"),
    ("GET", "/auth/keys", "keys"),
]


@pytest.mark.parametrize(("method", "path", "scope"), SCOPED)
def test_without_its_scope_a_route_says_403_and_which(server, method: str, path: str, scope: str) -> None:
    owner = server.sandbox()
    others = [name for name in scopes.SCOPES if name != scope]
    made = issue(server, owner, scopes=others)
    refused = requests.request(method, server.url + path, json={}, headers={"x-api-key": made["key"]}, timeout=10)
    assert refused.status_code == 403
    assert f'error="insufficient_scope", scope="{scope}"' in refused.headers["www-authenticate"]
    assert scope in refused.json()["error"]["message"]
    assert server.last(owner)["status"] == 403, "the exchange stands in the caller's own journal"
    enough = issue(server, owner, scopes=[scope])
    let_in = requests.request(method, server.url + path, json={}, headers={"x-api-key": enough["key"]}, timeout=10)
    assert let_in.status_code not in (401, 403)


def test_under_v1_refusals_have_openais_shape(server) -> None:
    made = issue(server, server.sandbox(), scopes=["keys"])
    models = f"{server.url}/v1/models"
    narrow = requests.get(models, headers={"x-api-key": made["key"]}, timeout=10)
    wrong = requests.get(models, headers={"x-api-key": "lab-nobody"}, timeout=10)
    assert [answer.json()["error"]["code"] for answer in (narrow, wrong)] == ["insufficient_scope", "invalid_api_key"]


def test_two_different_credentials_are_one_too_many_but_the_same_twice_is_fine(server) -> None:
    one, other = server.sandbox(), server.sandbox()
    refused = me(server, one, **{"x-api-key": other})
    assert refused.status_code == 400
    assert 'error="invalid_request"' in refused.headers["www-authenticate"]
    assert me(server, one, **{"x-api-key": one}).status_code == 200
    assert me(server, one, **{"x-api-key": "your_api_key"}).status_code == 200
    assert [record["status"] for record in server.journal(one)] == [400, 200, 200]
    assert server.journal(other) == []


def test_the_control_plane_takes_the_sandboxs_own_key_only(server) -> None:
    made = issue(server, server.sandbox())
    for method, path in (("GET", "/lab/journal"), ("POST", "/lab/reset"), ("GET", "/lab/auth")):
        answer = requests.request(method, server.url + path, headers={"x-api-key": made["key"]}, timeout=10)
        assert answer.status_code == 403, path


def test_a_refused_request_spends_no_use_and_no_fault(server) -> None:
    owner = server.sandbox()
    made = issue(server, owner, scopes=["shop:read"], uses=1)
    server.http.post("/lab/faults", json={"plan": "status;code=503"}, headers={"x-api-key": owner})
    as_reader = {"x-api-key": made["key"]}
    assert requests.get(f"{server.url}/v1/models", headers=as_reader, timeout=10).status_code == 403
    assert requests.get(f"{server.url}/shop/products", headers=as_reader, timeout=10).status_code == 503
    assert requests.get(f"{server.url}/shop/products", headers=as_reader, timeout=10).status_code == 401


def test_a_door_may_ask_for_a_credential(server) -> None:
    owner = server.sandbox()
    as_owner = {"x-api-key": owner}
    door = server.http.post("/lab/door", headers=as_owner).json()["url"]
    assert requests.get(f"{door}/shop/products", timeout=10).status_code == 200
    server.http.put("/lab/auth", json={"required": True}, headers=as_owner).raise_for_status()
    refused = requests.get(f"{door}/shop/products", timeout=10)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="wirelab"')
    assert requests.get(f"{door}/health", timeout=10).status_code == 200
    assert requests.get(f"{door}/shop/products", headers=as_owner, timeout=10).status_code == 200
    assert [record["status"] for record in server.journal(owner)] == [200, 401, 200, 200]
