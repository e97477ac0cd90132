"""Both documentation pages in a real browser: they show the operations and ask nobody but this machine."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "shows"),
    [("/docs", ".opblock-summary-path[data-path='/health']"), ("/redoc", "[data-section-id*='/health']")],
)
def test_a_documentation_page_shows_the_operations_and_stays_on_this_machine(
    server, page: Page, path: str, shows: str
) -> None:
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.goto(server.url + path)
    expect(page.locator(shows).first).to_be_visible(timeout=20_000)
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {"127.0.0.1"}
    assert any(url.endswith("/openapi.json") for url in asked)
    assert trouble == []
