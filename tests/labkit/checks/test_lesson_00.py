"""What people really send in lesson 00, and the words that each of them must be met with."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from labkit.outcome import Outcome
from labkit.render import card

Judge = Callable[..., Outcome]


def right(base_url: str, name: str) -> Any:
    with requests.Session() as session:
        session.headers["x-learner"] = name
        return dict(session.get(base_url + "/health").json())


def returns_the_response(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name})


def returns_the_method(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json


def returns_the_text(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name}).text


def prints_instead(base_url: str, name: str) -> Any:
    print(requests.get(base_url + "/health", headers={"X-Learner": name}).json())


def forgets_the_header(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health").json()


def misspells_the_header(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X_Learner": name}).json()


def sends_a_parameter(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", params={"X-Learner": name}).json()


def sends_one_name_to_all(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": "Mira"}).json()


def asks_nobody(base_url: str, name: str) -> Any:
    return {"status": "healthy", "service": "web-api"}


def asks_twice(base_url: str, name: str) -> Any:
    if requests.get(base_url + "/health", headers={"X-Learner": name}).status_code == 200:
        return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


def posts(base_url: str, name: str) -> Any:
    return requests.post(base_url + "/health", headers={"X-Learner": name}).json()


def asks_elsewhere_first(base_url: str, name: str) -> Any:
    requests.get(base_url, headers={"X-Learner": name})
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


NOT_THE_WAY = "Your answer is right. The way to it is not:"
SAY_HELLO = [
    (returns_the_response, ("not the data", "a Response", "which method reads it"), "response-is-the-data"),
    (returns_the_method, ("not the data", "the method itself", "after `.json`"), "response-is-the-data"),
    (returns_the_text, ("as text", "which method"), ""),
    (prints_instead, ("None", "or does it print"), ""),
    (forgets_the_header, (NOT_THE_WAY, "no X-Learner header"), ""),
    (misspells_the_header, (NOT_THE_WAY, "a header called X_Learner", "→ X_Learner: Mira", "hyphen"), ""),
    (sends_a_parameter, (NOT_THE_WAY, "/health?X-Learner=Mira", "`params=`"), ""),
    (sends_one_name_to_all, (NOT_THE_WAY, "X-Learner: Tadeusz", "where does this name come from"), ""),
    (asks_nobody, (NOT_THE_WAY, "no request reached the server"), ""),
    (asks_twice, (NOT_THE_WAY, "it took 2 requests", "→ GET /health"), ""),
    (asks_elsewhere_first, (NOT_THE_WAY, "it took 2 requests"), ""),
    (posts, ("The server answered 405", "POST /health"), ""),
]


@pytest.mark.parametrize(("answer", "words", "belief"), SAY_HELLO, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_hello_is_met_with_its_words(
    judge: Judge, answer: Callable[..., Any], words: tuple[str, ...], belief: str
) -> None:
    outcome = judge("00.1", answer)
    assert (outcome.status, outcome.belief) == ("wrong", belief)
    assert [word for word in words if word not in card(outcome)] == []
    assert outcome.look


def test_a_right_hello_written_another_way_passes(judge: Judge) -> None:
    outcome = judge("00.1", right)
    assert outcome.passed and "X-Learner: Tadeusz" in outcome.summary


def asks_in_a_session(base_url: str) -> None:
    with requests.Session() as session:
        session.get(f"{base_url}/v1/models/no-such-tea")


def asks_nothing(base_url: str) -> None:
    pass


@contextmanager
def a_server_of_their_own() -> Iterator[str]:
    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Nothing) as listener:
        threading.Thread(target=listener.handle_request, daemon=True).start()
        yield f"http://127.0.0.1:{listener.server_address[1]}"


def serves_itself(base_url: str) -> None:
    with a_server_of_their_own() as url:
        requests.get(url + "/nothing")


def asks_a_closed_door(base_url: str) -> None:
    requests.get("http://127.0.0.1:9/nothing")


def asks_what_exists(base_url: str) -> None:
    requests.get(base_url + "/health")


def posts_to_what_exists(base_url: str) -> None:
    requests.post(base_url + "/health")


def posts_to_nothing(base_url: str) -> None:
    requests.post(base_url + "/nothing")


def insists(base_url: str) -> None:
    for _ in range(3):
        requests.get(base_url + "/nothing")


def tries_the_known_ones(base_url: str) -> None:
    for path in ("/", "/health"):
        requests.get(base_url + path)


NOT_THIS_WAY = "Your 404 is there. The way to it is not:"
FIND_NOTHING = [
    (asks_nothing, "wrong", ("No request reached", "base_url"), "server-lives-in-the-notebook"),
    (serves_itself, "wrong", ("No request reached", "base_url"), "server-lives-in-the-notebook"),
    (asks_a_closed_door, "crashed", ("ConnectionError", "Max retries", "of asks_a_closed_door"), "retries-happened"),
    (asks_what_exists, "wrong", ("answered 200, not 404", "knows /health"), ""),
    (posts_to_what_exists, "wrong", ("answered 405, not 404", "does not take POST"), ""),
    (posts_to_nothing, "wrong", (NOT_THIS_WAY, "it was a POST"), ""),
    (insists, "wrong", (NOT_THIS_WAY, "it took 3 requests"), ""),
    (tries_the_known_ones, "wrong", ("2 requests, and no 404 among them", "Which path can it not know"), ""),
]


@pytest.mark.parametrize(
    ("answer", "status", "words", "belief"), FIND_NOTHING, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_wrong_search_for_nothing_is_met_with_its_words(
    judge: Judge, answer: Callable[..., Any], status: str, words: tuple[str, ...], belief: str
) -> None:
    outcome = judge("00.2", answer)
    assert (outcome.status, outcome.belief) == (status, belief)
    assert [word for word in words if word not in card(outcome)] == []


def test_nothing_found_another_way_passes(judge: Judge) -> None:
    assert "GET /v1/models/no-such-tea was answered 404" in judge("00.2", asks_in_a_session).summary
