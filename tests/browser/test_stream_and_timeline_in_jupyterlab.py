"""The stream view and the wire timeline in JupyterLab: what they show is what crossed, and the stop button stops."""

import re
from pathlib import Path

import pytest
from in_jupyterlab import RunNotebook, contrast, printed, shot
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long]

SLOW = '{"x-lab-pace": "ttft=0.3;tps=4;jitter=0"}'
BRISK = '{"x-lab-pace": "ttft=0.3;tps=20;jitter=0"}'
OPEN = 'import labkit\nfrom labkit.widgets import stream, timeline\nlab = labkit.open("00")'
LONG = "|".join(f" word{n}" for n in range(200))
DIALECTS = ("query", "openai", "websocket")
HOSTILE = "<img src=x onerror=\\\"document.title='owned'\\\">| and more"


def lanes(page: Page) -> Locator:
    return page.locator(".wirelab-timeline").get_by_role("listbox")


def test_the_stop_button_stops_while_a_cell_waits_and_the_journal_proves_it(page: Page, run: RunNotebook) -> None:
    ask = f'view = stream(lab, "{LONG}", model="script", headers={SLOW})\nview'
    proof = 'seen = lab.wire().exchange\nprint("journal:", seen.ended, seen.left_after, len(seen.deltas))'
    run("stop", OPEN, ask, 'answer = await view.done\nprint("answer:", answer)', proof)
    view = page.get_by_role("region", name="Stream view")
    expect(view.get_by_role("log").locator("span").nth(2)).to_be_visible(timeout=60_000)
    expect(view.get_by_role("status")).to_have_text("Answering …")
    expect(view).to_contain_text(re.compile(r"first after \d\.\d\d s \(TTFT\) · then \d\.\d a second"))
    expect(page.locator(".jp-OutputArea-output pre", has_text="answer:")).to_have_count(0)  # the kernel waits

    view.get_by_role("button", name="Stop").press("Enter")

    expect(view.get_by_role("status")).to_have_text("Ended: stopped by you", timeout=10_000)
    shown = view.get_by_role("log").locator("span").count()
    assert printed(page, "answer:").startswith(f"<answer: {shown} pieces, stopped")
    *ended, left_after, deltas = printed(page, "journal:").split()
    assert " ".join(ended) == "client left"
    assert shown <= int(deltas) < int(left_after) < 200  # `start` is a piece of body and no delta
    expect(view.get_by_role("button", name="Stop")).to_be_disabled()


def test_the_kernel_stays_free_while_an_answer_comes(page: Page, run: RunNotebook) -> None:
    ask = f'view = stream(lab, "{LONG}", model="script", headers={SLOW})\nview'
    run("free", OPEN, ask, 'print("at once:", view.state)', 'view.stop()\nprint("then:", (await view.done).state)')

    assert printed(page, "at once:") in ("waiting", "answering")
    assert printed(page, "then:") == "stopped"


def test_a_hostile_answer_stays_text_in_every_dialect(page: Page, run: RunNotebook) -> None:
    asks = [f'one = stream(lab, "{HOSTILE}", model="script", dialect="{dialect}")\none' for dialect in DIALECTS]
    cells = [cell for ask in asks for cell in (ask, "_ = await one.done", "timeline(lab.wire())")]
    run("hostile", OPEN, *cells)

    expect(lanes(page)).to_have_count(len(DIALECTS), timeout=60_000)
    for turn in range(len(DIALECTS)):
        answer = page.get_by_role("log").nth(turn)
        expect(answer).to_have_text(re.compile("^<img src=x onerror=.* and more$"), timeout=60_000)
        lane = lanes(page).nth(turn)
        for place in range(lane.get_by_role("option").count()):
            lane.press("Home" if place == 0 else "ArrowRight")
    assert page.locator(".wirelab-box img").count() == 0
    assert "owned" not in page.title()


def test_the_timeline_has_a_tick_for_every_chunk_of_the_journal(page: Page, run: RunNotebook) -> None:
    ask = '_ = stream(lab, "Green| tea| is| good|.", model="script", dialect="{}").wait()'
    count = 'print("chunks:", len(lab.wire(-2).exchange.chunks), len(lab.wire().exchange.frames))'
    sources = (ask.format("query"), ask.format("websocket"), count, "timeline(sse=lab.wire(-2), socket=lab.wire())")
    run("ticks", OPEN, *sources)
    chunks, frames = (int(number) for number in printed(page, "chunks:").split())

    expect(lanes(page)).to_have_count(2)
    assert chunks == 8 and frames > 8  # start, five pieces, end, [DONE]; on the socket also what the client said
    assert lanes(page).nth(0).locator(".tick.chunk").count() == chunks
    assert lanes(page).nth(1).locator(".tick.sent, .tick.received").count() == frames


def test_arrow_keys_show_a_chunks_bytes_and_its_fields(page: Page, run: RunNotebook) -> None:
    ask = '_ = stream(lab, "Green| tea", model="script", dialect="{}").wait()'
    run("keys", OPEN, ask.format("query"), ask.format("websocket"), "timeline(lab.wire(-2), lab.wire())")
    detail = page.get_by_role("status", name="What crossed")
    first = lanes(page).nth(0)
    first.focus(timeout=60_000)
    expect(detail).to_contain_text("POST /api/v1/query/stream HTTP/1.1\\r\\n")
    assert "Bearer [key]" in detail.inner_text()

    for _ in range(3):
        page.keyboard.press("ArrowRight")

    expect(detail).to_contain_text("chunk 2 of 5")
    expect(detail.locator(".bytes")).to_have_text(re.compile(r'^data: \{"type": "content", "chunk": "Green".*\\n\\n$'))
    expect(detail.get_by_role("row").first).to_contain_text(re.compile(r'^data\s*\{"type": "content"'))
    expect(detail.get_by_role("row").last).to_contain_text("the event is complete")
    chosen = first.get_by_role("option", selected=True)
    expect(chosen).to_have_attribute("aria-label", re.compile(r"^chunk 2 of 5, at \d+ ms, \d+ bytes$"))
    assert first.get_attribute("aria-activedescendant") == chosen.get_attribute("id")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")

    expect(lanes(page).nth(1)).to_be_focused()
    expect(detail).to_contain_text(re.compile("frame size"))
    expect(detail.get_by_role("row", name="opcode")).to_contain_text("0x8 close")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_are_readable_in_both_themes(page: Page, run: RunNotebook, theme: str, tmp_path: Path) -> None:
    name = theme.rsplit(maxsplit=1)[-1].lower()
    question = "How do I brew green tea?"
    broken = f'_ = stream(lab, "{question}", headers={{"x-lab-fault": "stall;after=4,cut;after=9"}} | {BRISK}).wait()'
    ask = f'view = stream(lab, "{question}", headers={BRISK})\nview'
    socket = f'_ = stream(lab, "{question}", dialect="websocket", headers={BRISK}).wait()'
    draw = "_ = view.wait()\ntimeline(lab.wire(-3), lab.wire(-2), lab.wire())"
    run(f"theme_{name}", OPEN, broken, socket, ask, draw, theme=theme)
    expect(lanes(page)).to_have_count(3, timeout=60_000)
    lanes(page).nth(0).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.locator(".wirelab-timeline .fields").scroll_into_view_if_needed()
    shot(page, f"timeline_{name}", tmp_path)

    for each in (".lane-title", ".wirelab-bad", ".detail .bytes", ".wirelab-stream button", ".wirelab-stream .answer"):
        assert contrast(page, each) >= 4.5, f"{each} in {theme}"
