"""The inspector in a real Chromium: it follows a running stream, opens an exchange, shows what the journal shows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from inspector import Inspector
from playwright.sync_api import Browser, Page, expect
from websockets.sync.client import connect

pytestmark = pytest.mark.browser

FAST = {"x-lab-pace": "ttft=0;tps=5000;jitter=0"}
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">|<script>document.title='pwned'</script>"
SLIP = """
(how) => {
  try {
    if (how === 'innerHTML') { document.body.innerHTML = '<img src=x onerror="document.title=1">'; return 'set'; }
    const button = document.createElement('button');
    button.setAttribute('onclick', 'document.title = 1');
    button.click();
    return 'clicked';
  } catch (error) {
    return error.name;
  }
}
"""


@pytest.fixture
def key(server) -> str:
    return str(server.sandbox())


@pytest.fixture
def inspector(page: Page, server, key: str) -> Iterator[Inspector]:
    """Watches a fresh sandbox; afterwards nothing may have gone wrong, and nobody else may have been asked."""
    watching = Inspector(page, server.url, key)
    yield watching
    watching.judge()


def ask(server, key: str, content: str = "Green| tea| is| good|.", **headers: str) -> bytes:
    body = {"model": "script", "messages": [{"role": "user", "content": content}], "stream": True}
    answer = server.http.post("/v1/chat/completions", json=body, headers={"x-api-key": key} | FAST | headers)
    return bytes(answer.content)


def chunks(record) -> int:
    """Chunks of the answer's body, the empty last one included, counted in the journal's bytes."""
    rest, count = record.answered.partition(b"\r\n\r\n")[2], 0
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        rest, count = rest[int(size, 16) + 2 :], count + 1
    return count


@contextmanager
def running(server, key: str) -> Iterator[None]:
    """A stream that has said its first word and would go on for half a minute."""
    body = {"query": "|".join(["word"] * 60), "model": "script"}
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", body, key, x_lab_pace="ttft=0;tps=2;jitter=0"))
        wire.until(b'"content"')
        yield


def test_it_follows_a_stream_while_it_runs_and_says_how_it_ended(inspector: Inspector, server, key: str) -> None:
    with running(server, key):
        inspector.open(1)
        expect(inspector.line(1)).to_contain_text("open")
        expect(inspector.ended).to_have_text("It is still open.")
        seen = inspector.ticks.count()
        expect(inspector.ticks).not_to_have_count(seen)
        expect(inspector.ended).to_have_text("It is still open.")
    expect(inspector.line(1)).to_contain_text("client left")
    record = server.last(key)
    expect(inspector.ended).to_contain_text(f"after {record['left_after']} pieces of body")
    expect(inspector.ticks).to_have_count(chunks(record))
    expect(inspector.line(1)).to_contain_text(f"{record['left_after']} pieces")


def test_a_whole_stream_has_as_many_ticks_and_events_as_the_journal(inspector: Inspector, server, key: str) -> None:
    sent = ask(server, key, "Green| tea| 茶| 🍵")
    inspector.open(1)
    record = server.last(key)
    expect(inspector.ticks).to_have_count(chunks(record))
    table = inspector.tab("Events").locator("tbody tr")
    expect(table).to_have_count(sent.count(b"data: "))
    expect(table.last).to_contain_text("[DONE]")
    shown = inspector.tab("Bytes").locator("pre").last.text_content() or ""
    assert shown.replace("\\n\n", "\\n") == record.answered.decode().replace("\r", "\\r").replace("\n", "\\n")


def test_a_hostile_answer_stays_text_wherever_it_shows(inspector: Inspector, server, key: str) -> None:
    ask(server, key, HOSTILE, **{"x-note": "<img src=x onerror=alert(1)>"})
    server.http.get("/<img src=x onerror=alert(1)>", headers={"x-api-key": key})
    title = inspector.page.title()
    inspector.open(2)
    inspector.open(1)
    for name in ("Bytes", "Headers", "Events", "What the SDK hid"):
        expect(inspector.tab(name)).to_contain_text("onerror" if name != "Events" else "img src=x")
    expect(inspector.page.get_by_role("tabpanel").locator("dd", has_text="<img")).to_be_visible()
    assert inspector.page.locator("img, #detail script, #list script").count() == 0
    assert inspector.page.title() == title


def test_should_a_page_ever_slip_the_policy_stands_behind_it(page: Page, server, key: str) -> None:
    """Two locks: no string becomes markup, and no script of a page's own text runs."""
    page.goto(f"{server.url}/inspector#key={key}")
    before = page.title()
    assert page.evaluate(SLIP, "innerHTML") == "TypeError"
    assert page.evaluate(SLIP, "onclick") in ("TypeError", "clicked"), "a browser refuses to set it, or to run it"
    assert page.title() == before
    assert page.locator("body > img").count() == 0


def test_a_websockets_frames_are_shown_as_the_journal_has_them(inspector: Inspector, server, key: str) -> None:
    with connect(f"{server.ws_url}/ws/echo?key={key}", proxy=None, compression=None) as client:
        client.send("<b>tea</b>")
        client.recv(timeout=5)
    inspector.open(1)
    record = server.last(key)
    rows = inspector.tab("Frames").locator("tbody tr")
    expect(rows).to_have_count(len(record["frames"]))
    expect(inspector.ticks).to_have_count(len(record["frames"]))
    shown = [[cell.text_content() for cell in row.locator("td").all()] for row in rows.all()]
    for cells, frame in zip(shown, record["frames"], strict=True):
        who = "client →" if frame["direction"] == "received" else "← server"
        length = f"{len(frame['payload'])} of {frame['size']}"
        assert cells[2:7] == [who, frame["opcode"], "yes", frame["mask"] or "none", length]
    assert "<b>tea</b>" in [cells[7] for cells in shown]
    expect(inspector.ended).to_contain_text("The client closed the socket with 1000")


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/api/v1/query/stream"], ids=["OpenAI's error", "seed 001's error"]
)
def test_an_answer_that_is_whole_and_tells_of_an_error_is_not_called_well(
    inspector: Inspector, server, key: str, path: str
) -> None:
    said = {"messages": [{"role": "user", "content": "Green| tea"}], "stream": True, "model": "script"}
    body = said if path.startswith("/v1") else {"query": "Green| tea", "model": "script"}
    server.http.post(path, json=body, headers={"x-api-key": key, "x-lab-fault": "late_error;after=1"} | FAST)
    inspector.open(1)
    expect(inspector.ended).to_contain_text("Inside it an event tells of an error")
    ask(server, key)
    inspector.open(2)
    expect(inspector.ended).to_contain_text("It ended as it should: the answer came whole.")


def test_a_fault_is_named_where_it_struck_and_what_it_does(inspector: Inspector, server, key: str) -> None:
    with pytest.raises(Exception, match=r"incomplete|closed|peer"):
        ask(server, key, **{"x-lab-fault": "cut;after=3"})
    inspector.open(1)
    expect(inspector.line(1)).to_contain_text("cut by a fault · fault cut;after=3")
    expect(inspector.page.locator(".mark text")).to_have_text("fault: cut")
    expect(inspector.page.locator("#detail .summary li")).to_contain_text("the connection closes (FIN)")
    assert "after = 3" in (inspector.page.locator("#detail .summary li").text_content() or "")
    expect(inspector.tab("What the SDK hid")).to_contain_text("APIConnectionError")


def test_what_was_there_before_is_listed_and_the_filter_finds_it(page: Page, server, key: str) -> None:
    for path in ("/health", "/tea", "/shop/products"):
        server.http.get(path, headers={"x-api-key": key})
    ask(server, key, **{"x-lab-fault": "pings"})
    inspector = Inspector(page, server.url, key)
    lines = page.locator("#list button")
    expect(lines).to_have_count(4)
    page.get_by_label("Text").fill("products get")
    expect(lines).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 of 4 exchanges")
    page.get_by_label("Text").fill("")
    page.get_by_label("Status").select_option("4")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("/tea")
    page.get_by_label("Status").select_option("")
    page.get_by_label("Kind").select_option("faulty")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("fault pings")
    expect(inspector.line(4)).to_be_visible()


@pytest.mark.parametrize("kind", ["HAR", "JSONL"])
def test_one_exchange_or_all_may_be_kept(inspector: Inspector, server, key: str, kind: str) -> None:
    ask(server, key)
    ask(server, key)
    inspector.open(2)
    page = inspector.page
    for name, count in ((f"Download {kind}", 1), (f"Download all as {kind}", 2)):
        with page.expect_download() as kept:
            page.get_by_role("button", name=name, exact=True).click()
        text = kept.value.path().read_text(encoding="utf-8")
        entries = json.loads(text)["log"]["entries"] if kind == "HAR" else text.splitlines()
        assert len(entries) == count
        assert key not in text


def test_copy_as_curl_puts_the_command_on_the_clipboard(chromium: Browser, server, key: str) -> None:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    inspector = Inspector(context.new_page(), server.url, key)
    server.http.get("/shop/products?category=tea", headers={"authorization": f"Bearer {key}"})
    inspector.open(1)
    inspector.page.get_by_role("button", name="Copy as curl").click()
    expect(inspector.page.get_by_text("Copied. Set KEY in your shell first.")).to_be_visible()
    command = inspector.page.evaluate("navigator.clipboard.readText()")
    assert f"'{server.url}/shop/products?category=tea'" in command and "'Bearer '\"$KEY\"" not in command
    assert "'authorization: Bearer '\"$KEY\"" in command and key not in command
    context.close()
