"""CORS without a browser: who is told what, and that the journal holds what no page may read."""

import pytest

NEIGHBOUR = "http://localhost:8888"
STRANGER = "http://evil.example"
QUERY = {"query": "Green| tea", "model": "script"}


def cors(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def preflight(server, origin: str, path: str = "/v1/models", method: str = "GET", **more: str):
    asked = {"origin": origin, "access-control-request-method": method}
    return server.http.options(path, headers=asked | {name.replace("_", "-"): value for name, value in more.items()})


def listed(field: str) -> set[str]:
    return {name.strip().lower() for name in field.split(",")}


@pytest.mark.parametrize("origin", [NEIGHBOUR, "http://127.0.0.1:9", "http://[::1]:9", "https://localhost"])
def test_a_page_of_this_machine_may_read_the_answer_and_its_headers(server, origin: str) -> None:
    answer = server.http.get("/v1/models", headers={"origin": origin})
    told = cors(answer)
    assert told.pop("access-control-allow-origin") == origin
    exposed = listed(told.pop("access-control-expose-headers"))
    assert told == {}
    assert {"etag", "link", "location", "retry-after", "x-ratelimit-remaining", "x-request-id"} <= exposed
    assert {"x-lab-fault", "deprecation", "sunset", "www-authenticate", "content-disposition"} <= exposed
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://localhost.evil.example"])
def test_a_foreign_page_is_answered_without_a_word_of_cors_and_the_journal_has_it(server, origin: str) -> None:
    key = server.sandbox()
    answer = server.http.get("/v1/models", headers={"origin": origin, "x-api-key": key})
    assert (answer.status_code, cors(answer), answer.headers["vary"]) == (200, {}, "Origin")
    record = server.last(key)
    assert record["status"] == 200
    assert f"origin: {origin}\r\n".encode() in record.asked.lower()
    assert b"access-control" not in record.answered.lower()


def test_two_origins_are_nobodys(server) -> None:
    fields = [("origin", NEIGHBOUR), ("origin", NEIGHBOUR)]
    assert cors(server.http.get("/v1/models", headers=fields)) == {}


def test_who_is_no_page_hears_nothing_of_it(server) -> None:
    answer = server.http.get("/v1/models")
    assert cors(answer) == {}
    assert "vary" not in answer.headers


def test_what_a_browser_may_keep_says_that_it_depends_on_the_origin(server) -> None:
    page = server.http.get("/static/vendor/swagger-ui/swagger-ui.css")
    assert "last-modified" in page.headers
    assert page.headers["vary"] == "Origin"
    product = server.http.get("/shop/products", headers={"origin": NEIGHBOUR})
    assert listed(product.headers["vary"]) == {"accept-encoding", "origin"}


@pytest.mark.parametrize("path", ["/v1/tea", "/tea", "/lab/journal", "/raw/status/503"])
def test_a_refusal_can_be_read_too(server, path: str) -> None:
    answer = server.http.get(path, headers={"origin": NEIGHBOUR, "x-api-key": "lab-wrong"})
    assert answer.status_code >= 400
    assert answer.headers["access-control-allow-origin"] == NEIGHBOUR


def test_an_answer_that_a_fault_gave_can_be_read_and_so_can_a_stream(server) -> None:
    origin = {"origin": NEIGHBOUR}
    broken = server.http.get("/v1/models", headers=origin | {"x-lab-fault": "status;code=503"})
    assert (broken.status_code, broken.headers["access-control-allow-origin"]) == (503, NEIGHBOUR)
    stream = server.http.post("/api/v1/query/stream", json=QUERY, headers=origin)
    assert stream.headers["access-control-allow-origin"] == NEIGHBOUR


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_trusted_pages_preflight_is_told_methods_headers_and_for_how_long(server, method: str) -> None:
    wanted = "authorization,content-type,x-lab-pace,x-lab-fault,x-stainless-lang,cookie2"
    answer = preflight(server, NEIGHBOUR, method=method, access_control_request_headers=wanted)
    assert (answer.status_code, answer.content) == (204, b"")
    told = cors(answer)
    assert told["access-control-allow-origin"] == NEIGHBOUR
    assert method.lower() in listed(told["access-control-allow-methods"])
    assert told["access-control-max-age"] == "600"
    allowed = listed(told["access-control-allow-headers"])
    assert {"authorization", "x-api-key", "content-type", "idempotency-key", "last-event-id"} <= allowed
    assert {"if-none-match", "if-match", "x-request-id"} <= allowed
    assert {"x-lab-pace", "x-lab-fault", "x-stainless-lang"} <= allowed
    assert not {"cookie2", "*"} & allowed
    assert "access-control-allow-credentials" not in told


@pytest.mark.parametrize("path", ["/v1/models", "/shop/products", "/lab/reset", "/tea"])
def test_a_foreign_pages_preflight_is_refused_in_words(server, path: str) -> None:
    answer = preflight(server, STRANGER, path, method="POST")
    assert (answer.status_code, cors(answer)) == (403, {})
    assert STRANGER in answer.json()["error"]["message"]
    assert f"--allow-origin {STRANGER}" in answer.json()["error"]["message"]


def test_a_preflight_is_journalled_and_spends_no_fault(server) -> None:
    key = server.sandbox()
    owner = {"x-api-key": key}
    server.http.post("/lab/faults", json={"plan": "status;code=500", "first": 1}, headers=owner).raise_for_status()
    assert preflight(server, NEIGHBOUR, f"/v1/models?key={key}").status_code == 204
    assert preflight(server, STRANGER, f"/v1/models?key={key}").status_code == 403
    assert [record.asked.split(b" ")[0] for record in server.journal(key)] == [b"OPTIONS"] * 2
    assert server.http.get("/v1/models", headers=owner).status_code == 500


def test_options_without_an_origin_is_the_routes_own(server) -> None:
    answer = server.http.options("/shop/products")
    assert (answer.status_code, "allow" in answer.headers, cors(answer)) == (204, True, {})


def test_an_operators_origin_may_read_change_and_open_what_others_may_not(start_server) -> None:
    friend = "https://hub.example.org"
    live = start_server("--allow-origin", friend)
    for origin, status in [(friend, 200), ("https://other.example.org", 403)]:
        answer = live.http.post("/api/v1/query", json=QUERY, headers={"origin": origin})
        assert answer.status_code == status
        assert (answer.headers.get("access-control-allow-origin") == friend) is (origin == friend)
        assert preflight(live, origin).status_code == (204 if origin == friend else 403)
