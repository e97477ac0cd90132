"""The cases of the event-stream standard, read by a real Chromium's EventSource: who disagrees, it or our table?"""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from labserver.conformance import CASES

pytestmark = pytest.mark.browser

# Every name that any case mentions is listened to, so that an event under a wrong one is heard too.
NAMES = sorted({"message"} | {name for case in CASES.values() for name in re.findall(r"event: ?(\w+)", str(case.raw))})

# One page hears all cases at once. A stream that ends is an error to an EventSource: it comes again by itself.
# `patient` lets it, and stops it then.
LISTEN = """
({ urls, names, patient }) => Promise.all(urls.map((url) => new Promise((resolve) => {
  const source = new EventSource(url);
  const told = [];
  let ended = null;
  const close = (waited) => { source.close(); resolve({ told, waited }); };
  source.onopen = () => { if (ended !== null) { close(performance.now() - ended); } };
  source.onerror = () => {
    if (!patient || source.readyState !== EventSource.CONNECTING) { close(null); }
    ended = performance.now();
  };
  for (const name of names) {
    source.addEventListener(name, (e) => { if (ended === null) { told.push([e.type, e.data, e.lastEventId]); } });
  }
})))
"""


def listen(page: Page, query: str, **how: Any) -> dict[str, dict[str, Any]]:
    """What each case told, by its name, and the milliseconds from its end to the second connection."""
    urls = [f"/raw/sse/conformance/{name}?{query}" for name in CASES]
    told = page.evaluate(LISTEN, {"urls": urls, "names": NAMES, "patient": False, **how})
    return dict(zip(CASES, told, strict=True))


@pytest.mark.parametrize("slice", [1000, 1], ids=["in one piece", "byte by byte"])
def test_an_eventsource_hears_of_every_case_exactly_what_the_table_says(lab_page, server, slice: int) -> None:
    heard = listen(lab_page, f"key={server.sandbox()}&slice={slice}")
    for name, case in CASES.items():
        due = [[event.event, event.data, event.id] for event in case.events]
        assert heard[name]["told"] == due, f"{name}: {case.rule}"


def test_when_and_with_which_id_it_comes_again(lab_page, server) -> None:
    """Not by the clock, but side by side: 7 ms, then 1500 ms, then the browser's own "few seconds"."""
    key = server.sandbox()
    waited = {name: told["waited"] for name, told in listen(lab_page, f"key={key}", patient=True).items()}
    assert None not in waited.values(), "every stream that ended is asked for again"
    own_choice = min(waited[name] for name, case in CASES.items() if b"retry" not in case.raw)
    assert waited["retry-zeros"] < waited["retry"] < own_choice
    assert waited["retry-alone"] < waited["retry-negative"] and waited["retry-alone"] < waited["retry-no-number"]
    assert min(waited["retry"], waited["retry-alone"]) >= 1490

    asked = [record.asked for record in server.journal(key)]
    for name, case in CASES.items():
        of_case = [one for one in asked if f"/conformance/{name}?".encode() in one]
        due = [case.last_id.encode()] if case.last_id else []
        said = [re.findall(rb"(?i)\r\nlast-event-id: ([^\r]*)\r\n", one) for one in of_case]
        assert said == [[], due], f"{name}: {case.rule}"
