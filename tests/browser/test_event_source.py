"""Seed 004's EventSource in a real Chromium: its events, its own reconnects with Last-Event-ID, and its end by 204."""

import json

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]

# The seed's client. It closes on any error; `patient` lets the browser reconnect, as it does by itself.
LISTEN = """
async ({ key, patient, closeAtEnd }) => {
  const response = await fetch('/api/v1/infer', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Authorization': `Bearer ${key}`, 'x-lab-pace': 'ttft=0;tps=1000' },
    body: JSON.stringify({ prompt: 'Green| tea| is| good| 🍵|.', model: 'script' })
  });
  const { request_id } = await response.json();
  const told = [];
  await new Promise((resolve) => {
    const source = new EventSource(`/api/v1/stream/${request_id}?key=${key}`);
    source.addEventListener('start', (e) => told.push(['start', e.lastEventId, e.data]));
    source.addEventListener('token', (e) => told.push(['token', e.lastEventId, e.data]));
    source.addEventListener('complete', (e) => {
      told.push(['complete', e.lastEventId, e.data]);
      if (closeAtEnd) { source.close(); resolve(); }
    });
    source.onerror = () => {
      told.push(['error', source.readyState, '']);
      if (!patient) { source.close(); }
      if (source.readyState === EventSource.CLOSED) { resolve(); }
    };
  });
  return told;
}
"""


def listen(page: Page, key: str, *, patient: bool = False, close_at_end: bool = True) -> list[list]:
    return page.evaluate(LISTEN, {"key": key, "patient": patient, "closeAtEnd": close_at_end})


def check(told: list[list]) -> None:
    """Every event once and in order, whatever happened between."""
    events = [one for one in told if one[0] != "error"]
    assert [place for _, place, _ in events] == [str(place) for place in range(8)]
    assert [name for name, _, _ in events] == ["start", *["token"] * 6, "complete"]
    assert [json.loads(data)["data"] for _, _, data in events[1:-1]] == WORDS
    assert json.loads(events[-1][2]) == {"status": "done"}


def test_the_seeds_client_hears_every_event(lab_page, server) -> None:
    told = listen(lab_page, server.sandbox())
    check(told)
    assert len(told) == 8


def test_a_cut_stream_is_resumed_by_the_browser_itself(lab_page, server) -> None:
    """The stall leaves the browser time to read: of events that arrive together with the FIN it may tell only some.

    (A proxy between the two saw ids 3, 4, 5 and the FIN arrive; Chromium told 3 and came back for what follows it.)
    """
    key = server.sandbox()
    rule = {"plan": "stall;after=3;seconds=0.5,cut;after=3", "path": "/api/v1/stream/*", "first": 2}
    server.http.post("/lab/faults", json=rule, headers={"authorization": f"Bearer {key}"}).raise_for_status()
    told = listen(lab_page, key, patient=True)
    check(told)
    assert [one for one in told if one[0] == "error"] == [["error", 0, ""]] * 2
    asked = [record.asked.lower() for record in server.journal(key) if b"/stream/" in record.asked]
    assert [b"last-event-id: 2\r\n" in asked[1], b"last-event-id: 5\r\n" in asked[2], len(asked)] == [True, True, 3]


def test_who_never_closes_is_stopped_by_204(lab_page, server) -> None:
    """An EventSource takes a stream's end for a fault and comes again; the answer 204 tells it not to."""
    key = server.sandbox()
    told = listen(lab_page, key, patient=True, close_at_end=False)
    check(told)
    assert [one for one in told if one[0] == "error"] == [["error", 0, ""], ["error", 2, ""]]
    assert server.last(key).answered.startswith(b"HTTP/1.1 204 ")
