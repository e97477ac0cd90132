"""Everything behind a hub's proxy: a real Jupyter under a prefix with a token, real clients, the journal as witness."""

import json
import re
from collections.abc import Iterator

import httpx2
import pytest
from hubs import BASE, Hub, kernel
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from labkit.witness import Witness

SLOW = {"x-lab-pace": "ttft=0;tps=60"}


@pytest.fixture
def sandbox(hub: Hub) -> Iterator[Witness]:
    with hub.sandbox() as witness:
        yield witness


def dial(hub: Hub, path: str, **headers: str) -> ClientConnection:
    sent = {**hub.login, **headers}
    return connect(f"{hub.door.replace('http', 'ws', 1)}{path}", additional_headers=sent, proxy=None)


def test_nobody_passes_without_jupyters_login(hub: Hub) -> None:
    answer = httpx2.post(f"{hub.door}api/v1/query", json={"query": "tea"}, trust_env=False)
    assert answer.status_code in (302, 403) and "response" not in answer.text
    assert "login" in answer.headers.get("location", "login")


def test_an_answer_comes_through_with_its_status_headers_and_body(hub: Hub, sandbox: Witness) -> None:
    with hub.client() as http:
        answer = http.get("shop/products", headers={"x-api-key": sandbox.key})
        assert answer.status_code == 200 and answer.headers["etag"]
        again = http.get("shop/products", headers={"x-api-key": sandbox.key, "if-none-match": answer.headers["etag"]})
        missing = http.get("shop/products/no%2Fsuch?a=1&b=%20", headers={"x-api-key": sandbox.key})
        head = http.head("shop/products", headers={"x-api-key": sandbox.key})
    assert again.status_code == 304 and missing.status_code == 404
    assert (head.status_code, head.content) == (200, b"") and head.headers["content-length"]
    assert sandbox.exchanges()[2].target == "/shop/products/no%2Fsuch?a=1&b=%20", "as the client spelled it"


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "application/json"])
def test_a_stream_is_not_held_back_whatever_the_client_accepts(hub: Hub, sandbox: Witness, accept: str) -> None:
    """The first piece is here while the model still speaks: the journal says that the exchange is open."""
    body = {"query": "What is tea?"}
    with (
        hub.client(**{"x-api-key": sandbox.key, "accept": accept, **SLOW}) as http,
        http.stream("POST", "api/v1/query/stream", json=body) as answer,
    ):
        lines = answer.iter_lines()
        first = next(lines)
        [exchange] = sandbox.exchanges(wait=0)
        assert first.startswith("data: ") and exchange.ended is None
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    assert sandbox.exchanges()[0].ended == "complete"


def test_a_client_that_leaves_is_seen_to_leave(hub: Hub, sandbox: Witness) -> None:
    with (
        hub.client(**{"x-api-key": sandbox.key, **SLOW}) as http,
        http.stream("POST", "api/v1/query/stream", json={"query": "What is tea?"}) as answer,
    ):
        next(answer.iter_lines())
    [exchange] = sandbox.exchanges(wait=10)
    assert exchange.ended == "client left" and exchange.left_after


def test_a_tail_that_is_left_frees_its_place(hub: Hub, sandbox: Witness) -> None:
    """More listeners, one after another, than a journal has room for."""
    for _ in range(20):
        with (
            hub.client(**{"x-api-key": sandbox.key}) as http,
            http.stream("GET", "lab/journal/tail", headers={"last-event-id": "0"}) as answer,
        ):
            assert answer.status_code == 200
            assert next(answer.iter_lines()).startswith(":")


def test_an_answer_that_a_fault_cuts_is_cut_for_the_browser_too(hub: Hub, sandbox: Witness) -> None:
    with (
        hub.client(**{"x-api-key": sandbox.key, "x-lab-fault": "cut;after=3"}) as http,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        http.post("api/v1/query/stream", json={"query": "What is tea?"})
    assert sandbox.exchanges()[0].ended == "cut by a fault"


def test_a_websocket_streams_through_the_door(hub: Hub, sandbox: Witness) -> None:
    with dial(hub, "api/v1/query/ws", **{"x-api-key": sandbox.key, **SLOW}) as socket:
        socket.send(json.dumps({"query": "What is tea?"}))
        seen = [json.loads(socket.recv(timeout=10))["type"] for _ in range(3)]
        [exchange] = sandbox.exchanges(wait=0)
        assert seen == ["start", "content", "content"] and exchange.ended is None
        assert not any('"end"' in event.data for event in exchange.events), "the model still speaks"
    assert sandbox.exchanges(wait=5)[0].ended is not None


def test_a_websockets_close_code_crosses_in_both_directions(hub: Hub, sandbox: Witness) -> None:
    with dial(hub, "ws/echo", **{"x-api-key": sandbox.key}) as socket:
        socket.close(4001, "enough")
    frames = sandbox.exchanges(wait=5)[0].frames
    assert [frame.close_code for frame in frames if frame.direction == "received"][-1] == 4001
    with dial(hub, "api/v1/query/ws", **{"x-api-key": sandbox.key}) as socket:
        socket.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_a_websocket_that_the_lab_refuses_ends_with_a_word(hub: Hub) -> None:
    with dial(hub, "ws/echo", **{"x-api-key": "no-such-key"}) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "The lab server answered 401")


def test_a_page_from_elsewhere_may_not_post_and_may_not_open_a_socket(hub: Hub, sandbox: Witness) -> None:
    """With the learner's own cookie, as a browser would send it; a token in a header no foreign page has."""
    with httpx2.Client(trust_env=False, follow_redirects=True) as browser:
        browser.get(f"{hub.url}?token={hub.token}")
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    mine, foreign = hub.url.removesuffix(BASE), "https://evil.example"
    sent = {"cookie": cookies, "x-api-key": sandbox.key}
    for origin, status in ((mine, 200), (foreign, 403)):
        headers = {**sent, "origin": origin}
        answer = httpx2.post(f"{hub.door}api/v1/query", json={"query": "tea"}, headers=headers, trust_env=False)
        assert answer.status_code == status, origin
    assert len(sandbox.exchanges()) == 1, "the other one never reached the lab server"
    address = f"{hub.door.replace('http', 'ws', 1)}ws/echo"
    with connect(address, additional_headers=sent, origin=mine, proxy=None) as socket:  # type: ignore[arg-type]
        socket.send("tea")
        assert socket.recv(timeout=10) == "tea"
    with pytest.raises(Exception, match="403"):
        connect(address, additional_headers=sent, origin=foreign, proxy=None)  # type: ignore[arg-type]


def test_neither_jupyters_token_nor_its_cookie_nor_its_host_reaches_a_journal(hub: Hub, sandbox: Witness) -> None:
    with hub.client(cookie="username-hub=secret", origin=hub.url.removesuffix(BASE)) as http:
        http.get(f"health?token={hub.token}&x=1", headers={"x-api-key": sandbox.key})
        http.get("health", headers={"authorization": f"Bearer {sandbox.key}", "host": "hub.example.org"})
    with dial(hub, "ws/echo", **{"x-api-key": sandbox.key, "cookie": "username-hub=secret"}):
        pass
    first, *_, last = seen = sandbox.exchanges()
    sent = b"".join(data for exchange in seen for _, data in exchange.sent_by_client)
    for secret in (hub.token.encode(), b"secret", b"cookie", b"origin"):
        assert secret not in sent.lower()
    assert (first.target, last.path) == ("/health?x=1", "/ws/echo")
    assert {exchange.request.get("host") for exchange in seen} == {f"127.0.0.1:{hub.server.port}"}


def test_the_launcher_has_a_tile_that_opens_the_door(hub: Hub) -> None:
    told = httpx2.get(f"{hub.url}server-proxy/servers-info", headers=hub.login, trust_env=False).json()
    [tile] = [row["launcher_entry"] for row in told["server_processes"] if row["name"] == "wirelab-inspector"]
    assert tile["title"] == "Wirelab inspector" and tile["enabled"]
    page = httpx2.get(f"{hub.url}{tile['path_info']}", headers=hub.login, trust_env=False)
    assert page.status_code == 200 and "Wirelab" in page.text


def test_every_page_of_the_lab_works_under_the_prefix(hub: Hub) -> None:
    with hub.client() as http:
        for path in ("", "docs", "redoc"):
            page = http.get(path)
            for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
                if not address.startswith(("data:", "#")):
                    there = page.url.join(address)
                    assert str(there).startswith(hub.door), f"{path}: {address} leads out of the door"
                    assert http.get(there).status_code == 200, address
    assert httpx2.get(hub.door.rstrip("/"), headers=hub.login, trust_env=False).headers["location"] == f"{BASE}wirelab/"


def test_the_description_says_where_its_paths_begin(hub: Hub) -> None:
    with hub.client() as http:
        for path in ("openapi.json", "lab/openapi.json"):
            assert http.get(path).json()["servers"] == [{"url": f"{BASE}wirelab"}]
    assert "servers" not in httpx2.get(f"{hub.server.url}/openapi.json", trust_env=False).json()


def test_a_kernel_knows_the_way_and_shows_no_port_of_its_own(hub: Hub) -> None:
    code = "import labkit; lab = labkit.open('10'); print(lab.browser_url)"
    said = kernel(hub, code)
    assert said == f"{BASE}wirelab/"
    with httpx2.Client(headers=hub.login, trust_env=False) as http:
        assert http.get(httpx2.URL(hub.url).join(said)).status_code == 200


def test_jupyter_says_nothing_of_trouble(hub: Hub) -> None:
    """But for the proxy's own complaint about a client that left while a frame was on its way to it."""
    said = hub.log.read_text()
    raised = re.findall(r"(?m)^\s+([\w.]+(?:Error|Exception))\b", said)
    assert set(raised) <= {"tornado.websocket.WebSocketClosedError"}, said
    assert said.count("Traceback") <= len(raised), said
    assert "could not be" not in said and "does not have a command" not in said
