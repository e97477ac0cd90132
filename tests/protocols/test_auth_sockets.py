"""WebSockets that want to know who is there: by header, query or first message; refused as HTTP, ended with 1008."""

import json
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

FAST = {"x-lab-pace": "ttft=0;tps=5000;jitter=0"}
SOCKETS = {
    "/": {"type": "message", "content": "Green| tea", "model": "script"},
    "/api/v1/query/ws": {"query": "Green| tea", "model": "script"},
    "/api/v1/ws": {"prompt": "Green| tea", "model": "script"},
    "/v1/realtime?model=script": {"type": "response.create", "response": {"input": []}},
    "/ws/echo": {"tea": "green"},
    "/ws/rooms/kitchen?name=Ada": {"type": "presence"},
    "/ws/account": {"type": "ping"},
}


@contextmanager
def dial(server, path: str, credential: str | None = None, base: str | None = None, **headers: str):
    bearer = {"authorization": f"Bearer {credential}"} if credential else {}
    url = (base or server.ws_url) + path
    with connect(url, additional_headers=bearer | FAST | headers, proxy=None, compression=None) as socket:
        yield socket


def say(socket: ClientConnection, message: dict) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection, kind: str | None = None) -> dict:
    """The next message, or the next of this type."""
    while True:
        message = json.loads(socket.recv(timeout=10))
        if kind in (None, message.get("type")):
            return message


def closing(socket: ClientConnection) -> tuple[int, str]:
    """Read to the end: (code, reason) of the server's close."""
    with pytest.raises(ConnectionClosed) as ended:
        while True:
            socket.recv(timeout=10)
    assert ended.value.rcvd is not None, "closed without a close frame"
    return ended.value.rcvd.code, ended.value.rcvd.reason


def issued(server, owner: str, **wanted) -> dict:
    return server.http.post("/auth/keys", json=wanted, headers={"x-api-key": owner}).raise_for_status().json()


def token(server, owner: str, **form: str) -> str:
    made = issued(server, owner)
    told = {"grant_type": "client_credentials", **form}
    answer = server.http.post("/auth/token", data=told, auth=(made["id"], made["key"])).raise_for_status()
    return str(answer.json()["access_token"])


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("kind", ["sandbox key", "api key", "token"])
def test_every_socket_takes_every_credential_in_its_first_message(server, path: str, kind: str) -> None:
    owner = server.sandbox()
    makers = {"sandbox key": lambda: owner, "api key": lambda: issued(server, owner)["key"]}
    credential = makers[kind]() if kind in makers else token(server, owner)
    before = len(server.journal(owner))
    with dial(server, path) as socket:
        say(socket, {"type": "auth", "token": credential})
        told = hear(socket, "auth")
        assert (told["ok"], told["kind"]) == (True, kind)
        say(socket, SOCKETS[path])
        assert hear(socket)
    [record] = server.journal(owner)[before:]
    assert (record["kind"], record["number"]) == ("websocket", before + 1)
    assert [one["in"] for one in record["credentials"]] == ["message"]
    said = [frame["payload"] for frame in record["frames"] if frame["direction"] == "received"]
    assert credential not in json.dumps(record)
    assert json.loads(said[0])["type"] == "auth" and json.loads(said[1]) == SOCKETS[path]


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("way", ["header", "query"])
def test_a_handshake_with_a_dead_credential_is_refused_as_http_with_json(server, path: str, way: str) -> None:
    owner = server.sandbox()
    dead = issued(server, owner)
    server.http.delete(f"/auth/keys/{dead['id']}", headers={"x-api-key": owner})
    join = "&" if "?" in path else "?"
    there = path if way == "header" else f"{path}{join}key={dead['key']}"
    with pytest.raises(InvalidStatus) as refused, dial(server, there, dead["key"] if way == "header" else None):
        pass
    answer = refused.value.response
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "was revoked" in json.loads(answer.body)["error"]["message"]
    assert server.last(owner)["status"] == 401


@pytest.mark.parametrize("path", [path for path in SOCKETS if path != "/ws/account"])
def test_a_handshake_without_the_scope_is_403_and_a_first_message_without_it_1008(server, path: str) -> None:
    reader = issued(server, server.sandbox(), scopes=["shop:read"])["key"]
    with pytest.raises(InvalidStatus) as refused, dial(server, path, reader):
        pass
    assert refused.value.response.status_code == 403
    assert 'scope="models"' in refused.value.response.headers["www-authenticate"]
    with dial(server, path) as socket:
        say(socket, {"type": "auth", "token": reader})
        code, reason = closing(socket)
    assert code == 1008
    assert "needs the scope models" in reason


@pytest.mark.parametrize("wrong", ["lab-nobody", "", "eyJhbGciOiJub25lIn0.e30."])
def test_a_wrong_first_message_ends_the_socket_with_1008_and_words(server, wrong: str) -> None:
    with dial(server, "/ws/echo") as socket:
        say(socket, {"type": "auth", "token": wrong})
        if wrong:
            assert closing(socket) == (1008, closing_reason(socket))
            assert "opens no sandbox" in closing_reason(socket)
        else:
            assert hear(socket)["kind"] == "none", "no token is no credential: the open sandbox, as in a header"


def closing_reason(socket: ClientConnection) -> str:
    return str(socket.close_reason)


def test_a_dead_token_in_the_first_message_is_refused_in_its_own_sandbox(server) -> None:
    owner = server.sandbox()
    dead = token(server, owner, uses="1")
    server.http.get("/auth/me", headers={"authorization": f"Bearer {dead}"})
    with dial(server, "/") as socket:
        say(socket, {"type": "auth", "token": dead})
        say(socket, SOCKETS["/"])
        code, reason = closing(socket)
    assert (code, "used up" in reason) == (1008, True)
    record = server.last(owner)
    assert record["frames"][-1]["close_code"] == 1008
    assert not [frame for frame in record["frames"] if "Green tea" in frame["payload"]], "what came after is unheard"


def test_only_the_very_first_message_is_looked_at(server) -> None:
    owner = server.sandbox()
    with dial(server, "/ws/echo") as socket:
        socket.send("tea")
        assert socket.recv(timeout=10) == "tea"
        late = json.dumps({"type": "auth", "token": "lab-nobody"})
        socket.send(late)
        assert socket.recv(timeout=10) == late
    with dial(server, "/ws/echo", owner) as socket:
        socket.send(late)
        assert socket.recv(timeout=10) == late, "who came with a credential needs no introduction"


def test_a_first_message_in_fragments_is_one_message(server) -> None:
    owner = server.sandbox()
    with dial(server, "/ws/echo") as socket:
        socket.send(iter(json.dumps({"type": "auth", "token": owner})))
        assert hear(socket)["ok"]
    assert owner not in json.dumps(server.last(owner))


def test_who_says_who_it_is_in_a_room_goes_to_the_room_of_its_own_sandbox(server) -> None:
    owner = server.sandbox()
    room = "/ws/rooms/pantry?name="
    with dial(server, f"{room}Ben", owner) as ben, dial(server, f"{room}Stranger") as stranger:
        assert hear(ben, "welcome")["members"] == ["Ben"]
        with dial(server, f"{room}Ada") as ada:
            assert hear(ada, "welcome")["members"] == ["Stranger", "Ada"]
            say(ada, {"type": "auth", "token": owner})
            assert hear(ada, "welcome")["members"] == ["Ben", "Ada"]
            assert hear(ben, "join")["name"] == "Ada"
            assert hear(stranger, "leave")["name"] == "Ada"
            say(ada, {"type": "message", "content": "Tea"})
            assert hear(ben, "message")["content"] == "Tea"
        assert hear(ben, "leave")["name"] == "Ada"


def test_a_name_that_is_taken_there_closes_the_socket_in_words(server) -> None:
    owner = server.sandbox()
    path = "/ws/rooms/cellar?name=Ada"
    with dial(server, path, owner), dial(server, path) as second:
        say(second, {"type": "auth", "token": owner})
        code, reason = closing(second)
    assert (code, "Ada" in reason) == (1008, True)


# The account


@pytest.mark.parametrize("way", ["header", "query", "message"])
def test_the_account_says_who_one_is_and_shows_the_newest_orders(server, way: str) -> None:
    owner = server.sandbox()
    placed = server.http.post("/shop/orders", json={"product_id": 110, "quantity": 1}, headers={"x-api-key": owner})
    path = f"/ws/account?key={owner}" if way == "query" else "/ws/account"
    with dial(server, path, owner if way == "header" else None) as socket:
        if way == "message":
            say(socket, {"type": "auth", "token": owner})
        assert hear(socket, "account")["kind"] == "sandbox key"
        say(socket, {"type": "ping"})
        assert hear(socket) == {"type": "pong"}
        say(socket, {"type": "orders"})
        assert hear(socket)["orders"][0] == placed.json()
        say(socket, {"type": "tea"})
        assert "ping" in hear(socket, "error")["error"]


def test_the_account_tells_one_without_the_scope_so_and_stays_open(server) -> None:
    asker = issued(server, server.sandbox(), scopes=["models"])["key"]
    with dial(server, "/ws/account", asker) as socket:
        say(socket, {"type": "orders"})
        assert hear(socket)["type"] == "account", "the greeting comes first, however fast a client is"
        assert "shop:read" in hear(socket)["error"]
        say(socket, {"type": "ping"})
        assert hear(socket) == {"type": "pong"}


@pytest.mark.parametrize("first", ['{"type": "ping"}', "tea", b"\x00", '{"type": "auth", "token": "YOUR_API_KEY"}'])
def test_the_account_closes_with_1008_when_the_first_message_is_no_introduction(server, first) -> None:
    with dial(server, "/ws/account") as socket:
        socket.send(first)
        code, reason = closing(socket)
    assert (code, reason.startswith("Say who you are first")) == (1008, True)


def test_the_account_does_not_wait_for_ever(start_server) -> None:
    live = start_server("--solo", "--time-scale", "0")
    with dial(live, "/ws/account") as socket:
        assert closing(socket)[0] == 1008


# A credential that ends while its socket is open


@pytest.mark.parametrize("path", SOCKETS)
def test_a_token_that_expires_closes_its_open_socket_with_1008(server, path: str) -> None:
    owner = server.sandbox()
    with dial(server, path, token(server, owner)) as socket:
        say(socket, SOCKETS[path])
        assert hear(socket)
        server.http.delete("/lab/auth/tokens", headers={"x-api-key": owner})
        code, reason = closing(socket)
    assert (code, "expired" in reason) == (1008, True)
    assert server.last(owner)["frames"][-1]["opcode"] == "close"
    server.await_quiet()


def test_a_token_that_runs_out_by_itself_does_so_too_also_one_from_a_first_message(server) -> None:
    short = token(server, server.sandbox(), expires_in="1")
    with dial(server, "/ws/echo") as socket:
        say(socket, {"type": "auth", "token": short})
        assert hear(socket)["ok"]
        assert closing(socket)[0] == 1008


def test_revoking_a_key_closes_its_sockets_and_no_others_even_in_the_middle_of_an_answer(server) -> None:
    owner = server.sandbox()
    doomed, other = issued(server, owner), issued(server, owner)
    slow = {"x-lab-pace": "ttft=0;tps=2;jitter=0"}
    query = {"query": "|".join(["tea "] * 100), "model": "script"}
    with (
        dial(server, "/api/v1/query/ws", doomed["key"], **slow) as one,
        dial(server, "/ws/echo", other["key"]) as two,
        dial(server, "/ws/echo", owner) as three,
    ):
        say(one, query)
        assert hear(one, "content")
        server.http.delete(f"/auth/keys/{doomed['id']}", headers={"x-api-key": owner})
        assert closing(one)[0] == 1008
        for still in (two, three):
            still.send("tea")
            assert still.recv(timeout=10) == "tea"
    server.await_quiet()


def test_a_handshake_spends_one_use_and_messages_none(server) -> None:
    owner = server.sandbox()
    made = issued(server, owner, uses=1)
    with dial(server, "/ws/echo", made["key"]) as socket:
        for _ in range(3):
            socket.send("tea")
            assert socket.recv(timeout=10) == "tea"
    with pytest.raises(InvalidStatus), dial(server, "/ws/echo", made["key"]):
        pass
