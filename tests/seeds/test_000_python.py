"""Seed 000's Python and its HTTP, run against the lab server: each snippet as it is written, and what it does wrong."""

import ast
import json
import re
import socket
from threading import Thread

import pytest
import requests
from programs import python


@pytest.mark.seed("000_034_users.py")
def test_the_first_two_calls_read_the_users_and_add_one(snippet, door, capsys) -> None:
    names = python(snippet.as_written(door.url))
    listed, added = map(ast.literal_eval, capsys.readouterr().out.splitlines())
    assert [user["id"] for user in listed["users"]] == list(range(1, 11))
    assert names["payload"].items() <= added.items()
    assert door.asked() == ["GET /users", "POST /users"]


@pytest.mark.seed("000_034_users.py")
def test_the_first_two_calls_open_two_connections_and_never_look_at_the_status(snippet, door, capsys) -> None:
    door.spoil("status;code=503", first=2)
    python(snippet.as_written(door.url))
    printed = capsys.readouterr().out
    assert printed.count("'error'") == 2, "the error is printed as if it were the users"
    assert len({record["connection"] for record in door.journal()}) == 2


@pytest.mark.seed("000_063_models.py")
def test_the_models_are_listed_to_a_placeholder_for_a_key(snippet, door, capsys) -> None:
    python(snippet.as_written(door.url))
    listed = ast.literal_eval(capsys.readouterr().out)
    assert listed["object"] == "list"
    assert "gpt-4o-mini" in {model["id"] for model in listed["data"]}
    assert b"Bearer YOUR_API_KEY" in door.journal()[0].asked


@pytest.mark.seed("000_108_chat_socket.py")
def test_the_chat_socket_answers_one_message(snippet, door, capsys) -> None:
    python(snippet.as_written(door.url))
    heard = ast.literal_eval(capsys.readouterr().out.removeprefix("Received: "))
    assert heard["type"] == "message"
    assert len(heard["content"]) > 20, "an answer worth reading"


def streamed(record) -> str:
    """The text of a chat stream, as it crossed the wire."""
    chunks = [json.loads(data) for data in re.findall(r"data: (\{.*\})", record.answered.decode())]
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if "choices" in chunk)


@pytest.mark.seed("000_154_stream.py")
def test_the_chat_stream_is_printed_word_by_word(snippet, door, capsys) -> None:
    python(snippet.as_written(door.url))
    printed = capsys.readouterr().out
    [record] = door.journal()
    assert len(printed) > 50
    assert printed == streamed(record)
    assert record["produced"] > 10


@pytest.mark.seed("000_154_stream.py")
def test_the_chat_stream_says_nothing_of_an_error_early_or_late(snippet, door, capsys) -> None:
    door.spoil("status;code=500")
    python(snippet.as_written(door.url))
    assert capsys.readouterr().out == "", "a 500 prints nothing and raises nothing"
    door.spoil("late_error;after=3")
    python(snippet.as_written(door.url))
    printed = capsys.readouterr().out
    record = door.journal()[-1]
    assert b'"error"' in record.answered
    assert printed == streamed(record), "three words, and no word of the error that came after them"


@pytest.mark.seed(
    "000_209_exchange.http",
    ("GET /api/users", "GET /users"),
    ("token123", "YOUR_API_KEY"),
)
def test_the_printed_request_is_http_for_a_path_and_a_key_of_ours(snippet, door) -> None:
    def asked(text: str) -> bytes:
        lines = text.partition("\n\n")[0].splitlines()[1:]
        request = "".join(f"{line}\r\n" for line in [*lines, ""])
        host, port = door.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request.encode())
            return connection.recv(65536)

    assert asked(snippet.as_written(door.url)).startswith(b"HTTP/1.1 404 ")
    assert asked(snippet.as_written(door.url).replace("/api/users", "/users")).startswith(b"HTTP/1.1 401 ")
    assert asked(snippet.corrected(door.url)).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.seed("000_209_exchange.http", ("application/json\n{", "application/json\n\n{"))
def test_the_printed_answer_lacks_the_blank_line_before_its_body(snippet) -> None:
    def understood(text: str) -> requests.Response:
        """What requests makes of it."""
        answer = text.rstrip("\n").split("Server Response:\n")[1].replace("\n", "\r\n").encode()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = Thread(target=say, args=(listener, answer))
            server.start()
            response = requests.get(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=10)
            server.join()
        return response

    def say(listener: socket.socket, answer: bytes) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    wrong = understood(snippet.as_written("http://nobody"))
    assert (wrong.status_code, wrong.text) == (200, "")
    assert '{"users"' in wrong.headers, "its body became a header"
    assert understood(snippet.corrected("http://nobody")).text == '{"users": [...]}'


@pytest.mark.seed("000_249_api_client.py")
def test_the_api_client_lists_models_and_chats(snippet, door, capsys) -> None:
    names = python(snippet.as_written(door.url))
    models, answer = map(ast.literal_eval, capsys.readouterr().out.splitlines())
    assert models == names["models"]
    assert answer["object"] == "chat.completion"
    assert len(answer["choices"][0]["message"]["content"]) > 10
    assert door.asked() == ["GET /v1/models", "POST /v1/chat/completions"]


@pytest.mark.seed("000_249_api_client.py")
def test_the_api_clients_stream_post_changes_its_callers_dict(snippet, door, capsys) -> None:
    names = python(snippet.as_written(door.url))
    client, wanted = names["client"], names["chat_data"]
    with client.stream_post("chat/completions", wanted) as response:
        assert b"".join(response.iter_content()).endswith(b"data: [DONE]\n\n")
    assert wanted["stream"] is True
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.post("chat/completions", wanted)
    capsys.readouterr()


@pytest.mark.seed("000_312_e_commerce.py")
def test_the_e_commerce_client_finds_electronics_and_orders_product_123(snippet, door) -> None:
    names = python(snippet.as_written(door.url))
    products, order = names["products"]["products"], names["order"]
    assert {product["category"] for product in products} == {"electronics"}
    assert 123 in {product["id"] for product in products}
    assert (order["product_id"], order["quantity"], order["status"]) == (123, 2, "placed")
    assert order["total"] == 2 * order["unit_price"]
    assert door.asked() == ["GET /shop/products?category=electronics", "POST /shop/orders"]


@pytest.mark.seed("000_312_e_commerce.py")
def test_the_e_commerce_client_takes_an_error_for_an_order(snippet, door) -> None:
    door.spoil("status;code=503", path="/shop/orders")
    assert "error" in python(snippet.as_written(door.url))["order"]


@pytest.mark.seed("000_356_safe_call.py")
def test_the_safe_call_reports_what_went_wrong_instead_of_raising(snippet, door, capsys) -> None:
    names = python(snippet.as_written(door.url))
    said = ast.literal_eval(capsys.readouterr().out)
    assert said["success"] is False
    assert said["error"].startswith("HTTP Error: 4"), "there is no /data here"
    good = names["safe_api_call"](f"{door.url}/shop/products", {})
    assert (good["success"], len(good["data"]["products"])) == (True, 10)
    door.server.http.delete("/lab/door", headers=door.owner).raise_for_status()
    assert names["safe_api_call"](f"{door.url}/users", {}) == {"success": False, "error": "Connection failed"}


@pytest.mark.seed("000_356_safe_call.py")
def test_the_safe_call_turns_a_post_of_nothing_into_a_get_and_drops_the_servers_words(snippet, door, capsys) -> None:
    call = python(snippet.as_written(door.url))["safe_api_call"]
    capsys.readouterr()
    refused = call(f"{door.url}/shop/orders", {}, data={"product_id": 123, "quantity": 0})
    record = door.journal()[-1]
    assert b"quantity" in record.answered
    assert "quantity" not in refused["error"]
    call(f"{door.url}/shop/orders", {}, data={})
    assert door.asked()[-2:] == ["POST /shop/orders", "GET /shop/orders"]
