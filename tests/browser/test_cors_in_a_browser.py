"""Who refused? A real Chromium with a page from another port of this machine, and with one from a foreign name."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FETCH = """
async ({ url, options }) => {
  try {
    const answer = await fetch(url, options);
    return { status: answer.status, id: answer.headers.get('x-request-id'), text: await answer.text() };
  } catch (error) {
    return { error: error.name };
  }
}
"""
LISTEN = """
(url) => new Promise((resolve) => {
  const source = new EventSource(url);
  const told = [];
  source.onmessage = (event) => { told.push(event.data); if (told.length === 2) { source.close(); resolve(told); } };
  source.onerror = () => { source.close(); resolve('error'); };
})
"""
DIAL = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => { socket.close(); resolve('open'); };
  socket.onerror = () => resolve('error');
})
"""
FOREIGN = "evil.example"


class Empty(BaseHTTPRequestHandler):
    """An empty page under every name."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def pages() -> Iterator[int]:
    """The port of a web server that is not the lab's."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=web.serve_forever, args=(0.05,))
    thread.start()
    yield web.server_address[1]
    web.shutdown()
    thread.join()
    web.server_close()


@pytest.fixture
def neighbour(chromium: Browser, pages: int) -> Iterator[Page]:
    page = chromium.new_page()
    page.goto(f"http://localhost:{pages}/")
    yield page
    page.close()


@pytest.fixture
def stranger(chromium: Browser, pages: int) -> Iterator[Page]:
    """A page with a foreign name. It comes from this machine, so what protects local networks does not step in."""
    page = chromium.new_page()
    page.goto(f"http://{FOREIGN}:{pages}/")
    yield page
    page.close()


def fetch(page: Page, url: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(FETCH, {"url": url, "options": options})
    return answer


def methods(server, key: str) -> list[tuple[str, int]]:
    return [(record.asked.split(b" ")[0].decode(), record["status"]) for record in server.journal(key)]


def test_a_page_of_another_port_reads_the_answer_and_its_headers(neighbour: Page, server) -> None:
    key = server.sandbox()
    answer = fetch(neighbour, f"{server.url}/v1/models?key={key}")
    assert answer["status"] == 200
    assert answer["id"].startswith("req_")
    assert methods(server, key) == [("GET", 200)], "a simple request has no preflight"


def test_its_json_and_its_key_are_asked_about_beforehand(neighbour: Page, server) -> None:
    key = server.sandbox()
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}", "x-lab-pace": "ttft=0"}
    options = {"method": "POST", "headers": headers, "body": '{"query": "Green| tea", "model": "script"}'}
    answer = fetch(neighbour, f"{server.url}/api/v1/query?key={key}", **options)
    assert (answer["status"], "Green tea" in answer["text"]) == (200, True)
    assert methods(server, key) == [("OPTIONS", 204), ("POST", 200)]
    assert fetch(neighbour, f"{server.url}/api/v1/query?key={key}", **options)["status"] == 200
    assert methods(server, key)[2:] == [("POST", 200)], "the browser remembers what it was told"


def test_it_hears_events_and_opens_websockets(neighbour: Page, server) -> None:
    key = server.sandbox()
    assert len(neighbour.evaluate(LISTEN, f"{server.url}/raw/sse?count=3&key={key}")) == 2
    assert neighbour.evaluate(DIAL, f"{server.ws_url}/ws/echo?key={key}") == "open"


def test_a_foreign_pages_get_was_answered_200_and_the_browser_keeps_the_answer_from_it(stranger: Page, server) -> None:
    key = server.sandbox()
    assert fetch(stranger, f"{server.url}/v1/models?key={key}") == {"error": "TypeError"}
    [record] = server.journal(key)
    assert (record["status"], record["ended"]) == (200, "complete")
    assert b"\r\norigin: http://evil.example:" in record.asked.lower()
    assert b"access-control" not in record.answered.lower()
    assert b"gpt-4o-mini" in record.answered, "the whole answer crossed the wire"


def test_a_lesson_needs_no_foreign_name_for_it_a_name_under_localhost_is_one(stranger: Page, pages, server) -> None:
    """A browser takes every name under localhost for this machine without asking anybody."""
    key = server.sandbox()
    stranger.goto(f"http://stranger.localhost:{pages}/")
    assert fetch(stranger, f"{server.url}/v1/models?key={key}") == {"error": "TypeError"}
    assert methods(server, key) == [("GET", 200)]


def test_its_json_never_leaves_the_browser_only_the_preflight_does(stranger: Page, server) -> None:
    key = server.sandbox()
    options = {"method": "POST", "headers": {"content-type": "application/json"}, "body": "{}"}
    assert fetch(stranger, f"{server.url}/api/v1/query?key={key}", **options) == {"error": "TypeError"}
    assert methods(server, key) == [("OPTIONS", 403)]


def test_its_simple_post_and_its_websocket_arrive_and_are_refused_here(stranger: Page, server) -> None:
    key = server.sandbox()
    assert fetch(stranger, f"{server.url}/shop/orders?key={key}", method="POST", body="{}") == {"error": "TypeError"}
    assert stranger.evaluate(DIAL, f"{server.ws_url}/ws/echo?key={key}") == "error"
    assert stranger.evaluate(LISTEN, f"{server.url}/raw/sse?count=3&key={key}") == "error"
    assert [status for _, status in methods(server, key)] == [403, 403, 200], "the last refusal is the browser's"


def test_a_foreign_name_that_points_here_is_refused_also_to_its_own_page(stranger: Page, server) -> None:
    """DNS rebinding: for the browser page and server are one origin, so no CORS and no Origin tells, but Host does."""
    answer = stranger.goto(f"http://{FOREIGN}:{server.port}/lab")
    assert answer is not None
    assert (answer.status, f"--allow-host {FOREIGN}" in answer.text()) == (403, True)
    assert fetch(stranger, "/v1/models")["status"] == 403
    assert fetch(stranger, "/lab/sandboxes", method="POST", body="{}")["status"] == 403
