"""A real Chromium before a hub's proxy: it knows nothing but Jupyter's address, and everything works."""

import os
import runpy
from collections.abc import Iterator

import pytest
from hubs import ROOT, Hub
from playwright.sync_api import Page, expect, sync_playwright

from labkit.witness import Witness

pytestmark = [pytest.mark.browser, pytest.mark.long]

FETCH = """
async ([key, stopAfter]) => {
  const stop = new AbortController(), seen = [];
  try {
    const answer = await fetch('api/v1/query/stream', {
      method: 'POST', signal: stop.signal, body: JSON.stringify({ query: 'What is tea?' }),
      headers: { 'content-type': 'application/json', 'x-api-key': key, 'x-lab-pace': 'ttft=0;tps=30' }
    });
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      seen.push(value.length);
      if (seen.length === stopAfter) stop.abort();
    }
  } catch (error) { seen.push(error.name); }
  return seen;
}
"""
LISTEN = """
(key) => new Promise((resolve) => {
  const ids = [], source = new EventSource(`raw/sse?count=3&interval=0.01&key=${key}`);
  source.onmessage = (event) => {
    ids.push(event.lastEventId);
    if (ids.length === 3) { source.close(); resolve(ids); }
  };
})
"""
TALK = """
(key) => new Promise((resolve) => {
  const url = new URL(`ws/echo?key=${key}`, location.href);
  url.protocol = 'ws:';
  const socket = new WebSocket(url), seen = [];
  socket.onopen = () => socket.send('tea');
  socket.onmessage = (event) => { seen.push(event.data); socket.close(4001, 'enough'); };
  socket.onclose = (event) => resolve([...seen, event.code]);
})
"""


@pytest.fixture(scope="module")
def page(hub: Hub) -> Iterator[Page]:
    """Logged in to Jupyter, at the lab server's first page."""
    path = runpy.run_path(str(ROOT / "tests/browser/find.py"))["browser"]()
    if path is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("no browser, and CI may not skip the browser tests")
        pytest.skip("NO BROWSER: install Chromium, or set WIRELAB_BROWSER")
    quiet = runpy.run_path(str(ROOT / "tests/browser/conftest.py"))["QUIET"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        page = browser.new_page()
        page.goto(f"{hub.url}tree?token={hub.token}")
        page.goto(hub.door)
        yield page
        browser.close()


@pytest.fixture
def sandbox(hub: Hub) -> Iterator[Witness]:
    with hub.sandbox() as witness:
        yield witness


def test_the_stop_button_of_a_page_stops(page: Page, sandbox: Witness) -> None:
    seen = page.evaluate(FETCH, [sandbox.key, 3])
    assert seen[3:] == ["AbortError"], "three pieces came while the model spoke"
    [exchange] = sandbox.exchanges(wait=10)
    assert exchange.ended == "client left"


def test_eventsource_and_websocket_work_with_relative_addresses(page: Page, sandbox: Witness) -> None:
    assert page.evaluate(LISTEN, sandbox.key) == ["1", "2", "3"]
    assert page.evaluate(TALK, sandbox.key) == ["tea", 4001]
    kinds = [(exchange.path, exchange.kind) for exchange in sandbox.exchanges(wait=5)]
    assert kinds == [("/raw/sse", "http"), ("/ws/echo", "websocket")]


def test_the_documentation_shows_its_operations_and_nothing_leads_past_the_door(page: Page, hub: Hub) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{hub.door}docs")
    expect(page.locator(".opblock-summary-path[data-path='/health']")).to_be_visible(timeout=20_000)
    ours = [url for url in asked if not url.startswith(("data:", "blob:"))]
    assert ours and all(url.startswith(hub.door) for url in ours), ours


def test_a_request_tried_on_the_documentation_page_goes_through_the_door(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.door}docs")
    health = page.locator(".opblock", has=page.locator("[data-path='/health']"))
    health.locator(".opblock-summary-control").click(timeout=20_000)
    health.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/health") as answered:
        health.get_by_role("button", name="Execute").click()
    assert answered.value.url == f"{hub.door}health"
    assert answered.value.json() == {"status": "healthy", "service": "web-api"}
    expect(health.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")


def test_the_launcher_opens_the_inspector(page: Page, hub: Hub) -> None:
    page.goto(f"{hub.url}lab")
    tile = page.locator(".jp-LauncherCard", has_text="Wirelab inspector").first
    expect(tile).to_be_visible(timeout=60_000)
    with page.context.expect_page() as opened:
        tile.click()
    opened.value.wait_for_load_state()
    assert opened.value.url.startswith(hub.door)
    expect(opened.value.get_by_role("heading").first).to_be_visible()
