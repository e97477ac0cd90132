"""The streaming examples in a real Chromium: four ways, the same answer; a stop stops, and the journal proves it."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)  # a busy machine is no failure

FETCH, SOURCE, SOCKET, POST = "SSE over fetch", "SSE by EventSource", "WebSocket", "Plain POST"
WAYS = [FETCH, SOURCE, SOCKET, POST]
WORDS = "Green| tea| <b>is</b>| good| 🍵|."
TEXT = WORDS.replace("|", "")
SLOW = {"x-lab-pace": "ttft=0;tps=5;jitter=0"}
LONG = "|".join(["word "] * 900)  # some twenty seconds


class Examples:
    """One open page of examples."""

    def __init__(self, page: Page, url: str, key: str = "") -> None:
        self.page, self.url = page, url
        self.asked: list[str] = []
        self.trouble: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type == "error" else None)
        page.goto(f"{url}/static/streaming_examples.html" + (f"#key={key}" if key else ""))

    def ask(self, words: str, model: str = "script") -> None:
        self.page.get_by_label("Question").fill(words)
        self.page.get_by_label("Model").fill(model)

    def press(self, verb: str, way: str) -> None:
        self.page.get_by_role("button", name=f"{verb}: {way}", exact=True).click()

    def text(self, way: str) -> Locator:
        return self.panel(way).locator("output")

    def panel(self, way: str) -> Locator:
        return self.page.get_by_role("region", name=way, exact=True)

    def said(self, way: str, name: str) -> Locator:
        return self.panel(way).locator("dt", has_text=name).locator("+ dd")

    def judge(self) -> None:
        assert self.trouble == []
        assert {urlsplit(url).netloc for url in self.asked} == {urlsplit(self.url).netloc}


@pytest.fixture
def key(server) -> str:
    return str(server.sandbox())


@pytest.fixture
def examples(page: Page, server, key: str) -> Iterator[Examples]:
    opened = Examples(page, server.url, key)
    yield opened
    opened.judge()


def test_start_all_brings_the_same_answer_in_all_four_ways(examples: Examples, server, key: str) -> None:
    examples.ask(WORDS)
    examples.page.get_by_role("button", name="Start all").click()
    for way in WAYS:
        expect(examples.said(way, "Status")).to_have_text("complete")
        expect(examples.text(way)).to_have_text(TEXT)
        expect(examples.said(way, "Text came in")).to_have_text("1 piece" if way == POST else "6 pieces")
        expect(examples.said(way, "First text")).to_have_text(re.compile(r"^\d+\.\d+ s$"))
        expect(examples.said(way, "Total")).to_have_text(re.compile(r"^\d+\.\d+ s$"))
        assert float((examples.said(way, "First text").text_content() or "").split()[0]) > 0.2, "the usual pace"
    expect(examples.page.locator(".lanes .tick")).to_have_count(6 * 3 + 1)
    expect(examples.page.get_by_role("img")).to_have_attribute("aria-label", re.compile("Plain POST: first text at"))
    assert examples.page.locator("output *").count() == 0, "text stays text"
    asked = sorted(re.split(rb"[? ]", record.asked)[1].decode() for record in server.journal(key))
    assert asked[:4] == ["/api/v1/infer", "/api/v1/query", "/api/v1/query/stream", "/api/v1/query/ws"]
    assert re.fullmatch("/api/v1/stream/[0-9a-f-]+", asked[4]) and len(asked) == 5


def test_the_text_comes_while_the_model_still_speaks(examples: Examples) -> None:
    """All three streams have shown something before any of them is over; the plain POST has not."""
    examples.ask(LONG)
    examples.page.get_by_role("button", name="Start all").click()
    for way in (FETCH, SOURCE, SOCKET):
        expect(examples.text(way)).to_contain_text("word word")
    for way in (FETCH, SOURCE, SOCKET):
        expect(examples.said(way, "Status")).to_have_text("streaming")
    expect(examples.said(POST, "Status")).to_have_text("waiting")
    examples.page.get_by_role("button", name="Stop all").click()
    for way in WAYS:
        expect(examples.said(way, "Status")).to_have_text("stopped by you")


@pytest.mark.parametrize("way", [FETCH, SOURCE, POST])
def test_a_stop_closes_the_connection_and_the_journal_says_after_which_piece(
    examples: Examples, server, key: str, way: str
) -> None:
    examples.page.set_extra_http_headers(SLOW)
    examples.ask(LONG)
    examples.press("Start", way)
    if way == POST:
        expect(examples.said(way, "Status")).to_have_text("waiting")
        until(server, key, lambda found: found)
    else:
        expect(examples.text(way)).to_contain_text("word word word")
    examples.press("Stop", way)
    expect(examples.said(way, "Status")).to_have_text("stopped by you")
    shown = (examples.text(way).text_content() or "").count("word")
    records = until(server, key, lambda found: all(one["ended"] for one in found))
    asked = {FETCH: b"/api/v1/query/stream", SOURCE: b"/api/v1/stream/", POST: b"/api/v1/query"}[way]
    record = next(one for one in records if asked in one.asked.split(b"\r\n")[0])
    left = record["ended"] == "client left"
    assert left or way == SOURCE, "its stop cancels the job too, and either word may be the first to arrive"
    assert_freed(examples, server, key)
    if way == POST:
        assert (record["left_after"], record["status"]) == (0, None)
        assert shown == 0
    else:
        sent = record.answered.count(b'"content"' if way == FETCH else b"event: token")
        assert 3 <= shown <= sent < 900
        assert not left or record["left_after"] >= sent
    if way == SOURCE:
        job = re.search(rb"/stream/([0-9a-f-]+)", record.asked)
        assert job is not None
        status = server.http.get(f"/api/v1/status/{job[1].decode()}", headers={"x-api-key": key}).json()
        assert status["status"] == "cancelled", "closing it would only have stopped the listening"


def test_a_stopped_socket_says_goodbye_in_the_middle_of_the_answer(examples: Examples, server, key: str) -> None:
    examples.page.set_extra_http_headers(SLOW)
    examples.ask(LONG)
    examples.press("Start", SOCKET)
    expect(examples.text(SOCKET)).to_contain_text("word word word")
    examples.press("Stop", SOCKET)
    expect(examples.said(SOCKET, "Status")).to_have_text("stopped by you")
    shown = (examples.text(SOCKET).text_content() or "").count("word")
    [record] = until(server, key, lambda found: all(one["ended"] for one in found))
    frames = record["frames"]
    goodbye = next(at for at, frame in enumerate(frames) if frame["opcode"] == "close")
    assert (frames[goodbye]["direction"], frames[goodbye]["close_code"]) == ("received", 1000)
    sent = sum('"content"' in frame["payload"] for frame in frames)
    assert 3 <= shown <= sent < 900
    assert not any(json.loads(frame["payload"]).get("type") == "end" for frame in frames if frame["opcode"] == "text")
    assert_freed(examples, server, key)


def assert_freed(examples: Examples, server, key: str) -> None:
    """The model was told too: in the time of five more pieces it says the one at most that it was about to say."""
    examples.page.wait_for_timeout(1000)
    assert max(record["produced_after"] for record in server.journal(key)) <= 1


def until(server, key: str, true) -> list:
    """The journal, once it is as wanted."""
    for _ in range(100):
        found = server.journal(key, wait=0.1)
        if found and true(found):
            return found
    raise AssertionError(f"The journal never became so: {found}")


def test_a_refusal_is_said_in_the_servers_own_words(examples: Examples) -> None:
    examples.ask(WORDS, "no-such-model")
    for way in WAYS:
        examples.press("Start", way)
        expect(examples.said(way, "Status")).to_contain_text("failed: ")
        expect(examples.said(way, "Status")).to_contain_text("no-such-model")
    examples.trouble = [line for line in examples.trouble if "404" not in line]  # the browser notes it on the console


def test_on_a_server_for_many_it_needs_no_key(page: Page, shared_server) -> None:
    examples = Examples(page, shared_server.url)
    expect(page.locator("#whose")).to_contain_text("the open sandbox")
    examples.ask(WORDS)
    page.get_by_role("button", name="Start all").click()
    for way in WAYS:
        expect(examples.text(way)).to_have_text(TEXT)
    examples.judge()


def test_the_keyboard_alone_starts_and_stops(examples: Examples) -> None:
    examples.ask(LONG)
    press = examples.page.keyboard.press
    examples.page.get_by_label("Model").focus()
    press("Enter")  # a form's own way: Start all
    expect(examples.said(FETCH, "Status")).to_have_text("streaming")
    press("Tab")
    press("Tab")
    expect(examples.page.get_by_role("button", name="Stop all")).to_be_focused()
    press("Tab")  # each Start is disabled by now, so the next stop is a Stop
    expect(examples.page.get_by_role("button", name=f"Stop: {FETCH}")).to_be_focused()
    press("Enter")
    expect(examples.said(FETCH, "Status")).to_have_text("stopped by you")
    expect(examples.said(SOCKET, "Status")).to_have_text("streaming")
    examples.page.get_by_role("button", name="Stop all").focus()
    press("Space")
    for way in WAYS:
        expect(examples.said(way, "Status")).to_have_text("stopped by you")
