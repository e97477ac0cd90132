"""How one comes to the inspector and stays: keys, cuts, resets, and a keyboard alone."""

import re

import pytest
from inspector import Inspector
from playwright.sync_api import Page, expect
from relay import Relay

pytestmark = pytest.mark.browser


def visit(server, key: str | None, path: str = "/health") -> None:
    server.http.get(path, headers={"x-api-key": key} if key else {})


def test_the_key_of_the_fragment_leaves_the_address_bar_and_survives_a_reload(page: Page, server) -> None:
    key = server.sandbox()
    visit(server, key)
    inspector = Inspector(page, server.url, key)
    assert page.url == f"{server.url}/inspector"
    page.reload()
    expect(inspector.line(1)).to_contain_text("GET /health")
    inspector.judge()


def test_on_a_server_for_one_the_open_sandbox_needs_no_key(page: Page, start_server) -> None:
    server = start_server("--solo")
    visit(server, None)
    inspector = Inspector(page, server.url)
    expect(inspector.line(1)).to_contain_text("GET /health")
    expect(page.locator("#access")).to_be_hidden()
    expect(page.locator("#list button")).to_have_count(1)  # the page's own files are in no journal
    inspector.judge()


def test_on_a_server_for_many_it_asks_for_a_key_and_says_which_would_not_do(page: Page, shared_server) -> None:
    key = shared_server.sandbox()
    visit(shared_server, key)
    page.goto(f"{shared_server.url}/inspector")
    expect(page.locator("#why")).to_contain_text("This server is for many")
    expect(page.get_by_label("Your sandbox's key")).to_be_focused()
    page.keyboard.type("lab-nobodys")
    page.keyboard.press("Enter")
    expect(page.locator("#why")).to_contain_text("key")
    expect(page.locator("#why")).not_to_contain_text("This server is for many")
    page.get_by_label("Your sandbox's key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#list button")).to_contain_text("GET /health")
    page.get_by_role("button", name="Another key").click()
    expect(page.locator("#list")).to_be_hidden()


def test_after_a_cut_it_comes_back_by_itself_where_it_was(page: Page, server) -> None:
    key = server.sandbox()
    with Relay(server.port) as relay:
        inspector = Inspector(page, relay.url, key)
        tails: list[str | None] = []
        page.on(
            "request",
            lambda one: tails.append(one.headers.get("last-event-id")) if one.url.endswith("/tail") else None,
        )
        visit(server, key)
        expect(inspector.line(1)).to_contain_text("complete")
        relay.cut()
        visit(server, key, "/tea")
        expect(inspector.line(2)).to_contain_text("404")
        expect(page.locator("#state")).to_have_text("Listening.")
        assert re.fullmatch("[1-9][0-9]*", tails[-1] or ""), "it says what it heard last"
        visit(server, key, "/milk")
        expect(inspector.line(3)).to_contain_text("GET /milk")


def test_after_the_server_was_started_anew_it_shows_the_new_journal(page: Page, start_server) -> None:
    server = start_server("--solo")
    visit(server, None)
    visit(server, None)
    inspector = Inspector(page, server.url)
    expect(inspector.line(2)).to_be_visible()
    server.stop()
    expect(page.locator("#state")).to_contain_text("Trying again")
    again = start_server("--solo", "--port", str(server.port))
    visit(again, None, "/tea")
    expect(inspector.line(1)).to_contain_text("GET /tea", timeout=20_000)
    expect(page.locator("#list button")).to_have_count(1)


def test_a_reset_empties_the_list_and_closes_what_was_open(page: Page, server) -> None:
    key = server.sandbox()
    visit(server, key)
    inspector = Inspector(page, server.url, key)
    inspector.open(1)
    server.http.post("/lab/reset", headers={"x-api-key": key}).raise_for_status()
    expect(page.locator("#list button")).to_have_count(0)
    expect(page.locator("#detail")).to_have_text("The sandbox was reset: its journal begins anew.")
    expect(page.locator("#empty")).to_be_visible()
    inspector.judge()


def test_the_keyboard_alone_reaches_everything(page: Page, server) -> None:
    key = server.sandbox()
    visit(server, key, "/tea")
    body = {"query": "Green| tea", "model": "script"}
    server.http.post("/api/v1/query/stream", json=body, headers={"x-api-key": key, "x-lab-pace": "instant"})
    visit(server, key, "/shop/products")
    inspector = Inspector(page, server.url, key)
    press = page.keyboard.press
    expect(inspector.line(3)).to_be_visible()

    press("/")
    expect(page.get_by_label("Text")).to_be_focused()
    page.keyboard.type("api")
    expect(page.locator("#list button")).to_have_count(1)
    for _ in "api":
        press("Backspace")
    expect(page.locator("#list button")).to_have_count(3)

    press("Escape")
    expect(inspector.line(3)).to_be_focused()
    press("ArrowDown")
    expect(inspector.line(2)).to_be_focused()
    press("End")
    expect(inspector.line(1)).to_be_focused()
    press("ArrowUp")
    press("Enter")
    expect(inspector.title).to_have_text("#2 POST /api/v1/query/stream HTTP/1.1")
    expect(inspector.title).to_be_focused()

    slider = page.get_by_role("slider")
    reach(page, slider)
    press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^request head"))
    press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("empty: the end of the body"))
    press("ArrowLeft")
    expect(page.locator(".moment-bytes")).to_contain_text("data: [DONE]")

    reach(page, page.get_by_role("tab", name="Bytes"))
    press("ArrowRight")
    press("ArrowRight")
    expect(page.get_by_role("tab", name="Events")).to_be_focused()
    expect(page.get_by_role("tabpanel")).to_contain_text("5 dispatched")
    press("Escape")
    expect(inspector.line(2)).to_be_focused()
    inspector.judge()


def reach(page: Page, element) -> None:
    """Press Tab until the element has the focus; it must be a matter of a few."""
    for _ in range(12):
        if element.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(element).to_be_focused()
