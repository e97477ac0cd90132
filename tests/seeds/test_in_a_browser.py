"""The seeds' JavaScript in a real Chromium, on a page of the lab server."""

import json

import pytest
from playwright.sync_api import ConsoleMessage, Page

pytestmark = pytest.mark.browser

SHOW = "document.body.append"


@pytest.fixture
def told(page: Page, door) -> list[str]:
    """What the page says on its console, and every error that nobody caught; the page is open at the door."""
    lines: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if not message.location["url"].endswith("favicon.ico"):  # a browser asks for one; there is none
            lines.append(message.text.strip())

    page.on("console", hear)
    page.on("pageerror", lambda error: lines.append(f"uncaught: {error.message}"))
    page.goto(door.url)
    return lines


def until(page: Page, told: list[str], last: str, count: int = 1) -> None:
    for _ in range(400):
        if sum(line.startswith(last) for line in told) >= count:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"{last!r} never came; heard {told}")


@pytest.mark.seed("001_019_fetch_stream.js", ("process.stdout.write(parsed.chunk)", f"{SHOW}(parsed.chunk)"))
def test_the_fetch_stream_in_a_page_loses_every_word_until_it_writes_where_a_page_can(
    snippet, page, door, told
) -> None:
    page.add_script_tag(content=snippet.as_written(door.url))
    until(page, told, "✅ Stream completed!")
    assert page.evaluate("streamGPTQuery('What is tea?')") == "", "no word, and no word of the ReferenceError either"
    assert not [line for line in told if line.startswith("uncaught")]

    page.reload()
    told.clear()
    page.add_script_tag(content=snippet.corrected(door.url))
    until(page, told, "✅ Stream completed!")
    answer = page.evaluate("streamGPTQuery('What is tea?')")
    assert len(answer) > 20
    assert answer in page.evaluate("document.body.textContent")


@pytest.mark.seed("001_095_socket_client.js", ("process.stdout.write(data.chunk)", f"{SHOW}(data.chunk)"))
def test_the_socket_client_in_a_page_stumbles_over_every_word_until_it_writes_where_a_page_can(
    snippet, page, door, told
) -> None:
    page.clock.install()
    page.add_script_tag(content=snippet.as_written(door.url))
    until(page, told, "✅ Response complete!")
    assert "uncaught: process is not defined" in told
    page.reload()
    told.clear()

    page.add_script_tag(content=snippet.corrected(door.url))
    until(page, told, "✅ Response complete!")
    page.clock.fast_forward(3000)
    until(page, told, "✅ Response complete!", 2)
    page.clock.fast_forward(7000)
    until(page, told, "🔒 WebSocket disconnected")
    assert not [line for line in told if line.startswith("uncaught")]


@pytest.mark.seed("004_226_socket.js")
def test_the_socket_gets_ack_and_result_in_a_page(snippet, page, door, told) -> None:
    page.add_script_tag(content=snippet.as_written(door.url))
    until(page, told, "Result: ")
    assert told[0] == "Connected"
    assert "ack" in told[1]
    page.evaluate("ws.close()")
    until(page, told, "Disconnected")
    assert told[-1] == "Disconnected"


@pytest.mark.seed("004_310_events.js")
def test_the_event_source_hears_every_event_in_a_page(snippet, page, door, told) -> None:
    page.add_script_tag(content=snippet.as_written(door.url), type="module")
    until(page, told, "Stream complete")
    assert told[0].startswith("Stream started: ")
    words = [line.removeprefix("Token: ") for line in told[1:-1]]
    assert len(words) > 10
    record = door.journal()[-1]
    assert record["produced"] == len(words)
    assert door.asked()[-2].startswith("POST /api/v1/infer")


@pytest.mark.seed("004_310_events.js")
def test_the_event_source_switches_its_own_reconnecting_off(snippet, page, door, told) -> None:
    door.spoil("cut;after=3", path="/api/v1/stream/*")
    page.add_script_tag(content=snippet.as_written(door.url), type="module")
    until(page, told, "SSE error: ")
    page.wait_for_load_state("networkidle")
    assert "Stream complete" not in told
    assert len([line for line in door.asked() if "/stream/" in line]) == 1, json.dumps(told)
