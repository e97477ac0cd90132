"""The second origin: which credentials real clients carry there by a redirect, and what its journal says of them."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

COOKIE = "session=cookie-of-a-tea-drinker"
PATH = "/shop/products/101"


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def open_stranger(server, key: str) -> str:
    made = server.http.post("/lab/stranger", headers=as_owner(key))
    assert made.status_code == 201
    return str(made.json()["url"])


def journal(server, key: str, origin: str = "stranger", **query: Any) -> list[dict[str, Any]]:
    asked = {"origin": origin, "wait": 2, **query}
    answer = server.http.get("/lab/journal", params=asked, headers=as_owner(key)).raise_for_status()
    return list(answer.json()["exchanges"])


def redirecting(server, key: str, code: int = 302) -> str:
    """The sandbox's next request is redirected to its stranger; gives the stranger's address."""
    rule = {"plan": f"redirect;code={code}", "path": "/shop/*"}
    server.http.post("/lab/faults", json=rule, headers=as_owner(key)).raise_for_status()
    return open_stranger(server, key)


def with_requests(url: str, headers: dict[str, str]) -> None:
    with requests.Session() as session:
        assert session.get(url, headers=headers, timeout=5).json()["origin"] == "stranger"


def with_httpx2(url: str, headers: dict[str, str]) -> None:
    with httpx2.Client(follow_redirects=True) as client:
        assert client.get(url, headers=headers).json()["origin"] == "stranger"


def with_curl(url: str, headers: dict[str, str]) -> None:
    said = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(["curl", "-sSL", *said, url], capture_output=True, timeout=10, check=True)
    assert b'"origin":"stranger"' in done.stdout


NO_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


@pytest.mark.parametrize("follow", [with_requests, with_httpx2, pytest.param(with_curl, marks=NO_CURL)])
def test_a_client_keeps_authorization_and_cookie_back_and_hands_the_api_key_over(server, follow) -> None:
    key = server.sandbox()
    redirecting(server, key)
    follow(server.url + PATH, {**as_owner(key), "x-api-key": key, "cookie": COOKIE})
    (sent_away,) = journal(server, key, "lab")
    assert sent_away["status"] == 302
    assert sent_away["carried"] == ["authorization", "x-api-key", "cookie"]
    (seen,) = journal(server, key)
    assert seen["carried"] == ["x-api-key"]
    told = str(seen)
    assert key not in told and key[4:20] not in told, "which credentials, but never their values"
    assert "tea-drinker" not in told
    assert seen["request"][0][1].startswith(f"GET {PATH} HTTP/1.1")


def test_a_cookie_from_a_jar_goes_along_because_cookies_know_no_ports(server) -> None:
    """RFC 6265, section 8.5: a cookie belongs to a host, whatever the port."""
    key = server.sandbox()
    redirecting(server, key)
    with requests.Session() as session:
        session.cookies.set("session", "cookie-of-a-tea-drinker", domain="127.0.0.1", path="/")
        session.get(server.url + PATH, headers=as_owner(key), timeout=5)
    (seen,) = journal(server, key)
    assert (seen["carried"], "tea-drinker" in str(seen)) == (["cookie"], False)


def test_what_is_in_the_address_goes_along_whoever_follows(server) -> None:
    key = server.sandbox()
    stranger = redirecting(server, key)
    with requests.Session() as session:
        answer = session.get(f"{server.url}{PATH}?page=2&key={key}", timeout=5)
    assert answer.url.startswith(f"{stranger}{PATH}?page=2&key=")
    assert answer.json() == {"origin": "stranger", "method": "GET", "path": PATH, "credentials": ["?key"]}
    (seen,) = journal(server, key)
    assert (seen["carried"], key in str(seen)) == (["?key"], False)
    assert key not in str(journal(server, key, "lab")), "nor where the redirect came from: Location has it too"


@pytest.mark.parametrize(("code", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_the_code_decides_whether_a_post_stays_one(server, code: int, method: str) -> None:
    key = server.sandbox()
    redirecting(server, key, code)
    with requests.Session() as session:
        answer = session.post(f"{server.url}/shop/orders", json={"product_id": 123}, headers=as_owner(key), timeout=5)
    assert (answer.history[0].status_code, answer.json()["method"]) == (code, method)
    assert journal(server, key)[0]["request"][0][1].startswith(method)
    assert server.http.get("/shop/orders", headers=as_owner(key)).json()["total"] == 4, "no order was taken"


def test_a_redirect_opens_the_stranger_where_nobody_did(server) -> None:
    key = server.sandbox()
    place = server.http.get(PATH, headers=as_owner(key) | {"x-lab-fault": "redirect"}).headers["location"]
    assert place == open_stranger(server, key) + PATH


def test_requests_that_come_at_once_are_led_to_one_stranger(server) -> None:
    key = server.sandbox()
    owner = as_owner(key) | {"x-lab-fault": "barrier;n=6,redirect"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.http.get(PATH, headers=owner), range(6)))
    assert {answer.headers["location"] for answer in answers} == {open_stranger(server, key) + PATH}


def test_a_redirect_to_here_leads_here_and_never_to_another_host(server) -> None:
    owner = as_owner(server.sandbox()) | {"x-lab-fault": "redirect;code=308;to=here"}
    assert server.http.get(f"{PATH}?a=%20b", headers=owner).headers["location"] == f"{PATH}?a=%20b"
    for path in ("//evil.example/x", "/\\evil.example/x"):
        with server.dial() as wire:
            fault = {"x_lab_fault": "redirect;to=here", "connection": "close"}
            wire.send(server.request("GET", path, None, server.sandbox(), **fault))
            assert b"\r\nlocation: /evil.example/x\r\n" in wire.answer()
    key = server.sandbox()
    server.http.post("/lab/faults", json={"plan": "redirect;to=here"}, headers=as_owner(key)).raise_for_status()
    with requests.Session() as session:
        answer = session.get(server.url + PATH, headers=as_owner(key), timeout=5)
    assert (answer.status_code, len(answer.history), answer.json()["id"]) == (200, 1, 101)


def test_the_journals_of_two_origins_and_of_two_sandboxes_are_apart(server) -> None:
    key, other = server.sandbox(), server.sandbox()
    mine, others = open_stranger(server, key), open_stranger(server, other)
    assert len({mine, others, server.url}) == 3
    requests.get(f"{mine}/a", headers=as_owner(other), timeout=5)
    requests.get(f"{others}/b", timeout=5)
    assert [seen["request"][0][1].split(" ")[1] for seen in journal(server, key)] == ["/a"]
    assert [seen["carried"] for seen in journal(server, other)] == [[]]
    assert journal(server, key, "lab") == journal(server, other, "lab") == []
    assert journal(server, key, status="404") == [], "the same questions can be asked of it"
    lines = server.http.get("/lab/journal.jsonl?origin=stranger", headers=as_owner(key)).text
    assert lines.count("\n") == 1 and other not in lines
    server.http.post("/lab/reset", headers=as_owner(key))
    assert journal(server, key) == []


@pytest.mark.parametrize("path", ["/lab/journal", "/lab/sandboxes", "/shop/products", "/v1/models", "/"])
def test_nothing_of_the_lab_is_to_be_had_there(server, path: str) -> None:
    key = server.sandbox()
    for method in ("GET", "POST"):
        answer = requests.request(method, open_stranger(server, key) + path, headers=as_owner(key), timeout=5)
        assert (answer.status_code, answer.json()["path"]) == (200, path)
        assert (answer.json()["credentials"], key in answer.text) == (["authorization"], False)
    assert len(journal(server, key)) == 2


def test_a_websocket_finds_nobody_there_and_is_noted(server) -> None:
    key = server.sandbox()
    with pytest.raises(InvalidStatus), connect(open_stranger(server, key).replace("http", "ws") + f"/ws?key={key}"):
        pass
    (seen,) = journal(server, key)
    assert (seen["status"], seen["carried"], key in str(seen)) == (403, ["?key"], False)


def test_what_no_parser_can_read_is_noted_there_too(server) -> None:
    key = server.sandbox()
    with server.dial(int(open_stranger(server, key).rpartition(":")[2])) as wire:
        wire.send(f"GET / HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\nbad header\r\n\r\n".encode())
        wire.rest()
    (seen,) = journal(server, key)
    assert (seen["malformed"], seen["carried"], key in str(seen)) == (True, ["x-api-key"], False)


def test_a_closed_stranger_refuses_and_opens_again_at_its_port(server) -> None:
    key = server.sandbox()
    url = open_stranger(server, key)
    assert open_stranger(server, key) == url
    assert server.http.delete("/lab/stranger", headers=as_owner(key)).status_code == 204
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert open_stranger(server, key) == url
    assert requests.get(url, timeout=5).status_code == 200


def test_an_ended_sandbox_takes_its_stranger_along(server) -> None:
    key = server.sandbox()
    url = open_stranger(server, key)
    server.http.delete("/lab/sandboxes", headers=as_owner(key))
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_a_server_with_a_stranger_and_a_caller_in_it_still_ends(start_server) -> None:
    live = start_server()
    with httpx2.Client(base_url=open_stranger(live, live.sandbox())) as client:
        client.get("/")
        assert live.stop() < 5
