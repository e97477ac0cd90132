"""00.2: how people really look for nothing. Knows no check."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def asks_in_a_session(base_url: str) -> None:
    with requests.Session() as session:
        session.get(f"{base_url}/v1/models/no-such-tea")


@wrong("No request reached", "base_url", belief="server-lives-in-the-notebook")
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


@wrong("No request reached", "base_url", belief="server-lives-in-the-notebook")
def serves_itself(base_url: str) -> None:
    with a_server_of_their_own() as url:
        requests.get(url + "/nothing")


@wrong("ConnectionError", "Max retries", "of asks_a_closed_door", belief="retries-happened", status="crashed")
def asks_a_closed_door(base_url: str) -> None:
    requests.get("http://127.0.0.1:9/nothing")


@wrong("answered 200, not 404", "knows /health")
def asks_what_exists(base_url: str) -> None:
    requests.get(base_url + "/health")


@wrong("answered 405, not 404", "does not take POST")
def posts_to_what_exists(base_url: str) -> None:
    requests.post(base_url + "/health")


@wrong(NOT_THE_WAY, "it was a POST")
def posts_to_nothing(base_url: str) -> None:
    requests.post(base_url + "/nothing")


@wrong(NOT_THE_WAY, "it took 3 requests")
def insists(base_url: str) -> None:
    for _ in range(3):
        requests.get(base_url + "/nothing")


@wrong("2 requests, and no 404 among them", "Which path can it not know")
def tries_the_known_ones(base_url: str) -> None:
    for path in ("/", "/health"):
        requests.get(base_url + path)


@wrong("MissingSchema", "begins with `base_url`", status="crashed")
def gives_a_path_alone(base_url: str) -> None:
    requests.get("/nothing")
