"""The shop's notifications in a real Chromium: a page hears of its own orders, also over cuts, each once."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# The next order follows when the one before was heard: so it falls into the silence before a cut. `last_event_id=0` is
# for the connection that is cut before its first event: without an id to come back with, it would begin with now.
SHOP = """
({ key, count }) => new Promise((resolve) => {
  const told = [], ordered = [];
  const source = new EventSource(`/shop/notifications?last_event_id=0&retry=50&key=${key}`);
  const done = () => { source.close(); resolve({ told, ordered, errors }); };
  const order = async () => {
    const response = await fetch('/shop/orders', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Authorization': `Bearer ${key}` },
      body: JSON.stringify({ product_id: 123, quantity: 1 })
    });
    ordered.push((await response.json()).id);
    if (told.length === count && ordered.length === count) { done(); }  // an event may overtake its own order's answer
  };
  let begun = false, errors = 0;
  source.onopen = () => { if (!begun) { begun = true; order(); } };
  source.onerror = () => { errors += 1; if (source.readyState === EventSource.CLOSED) { done(); } };
  source.addEventListener('order_placed', (e) => {
    told.push([e.lastEventId, JSON.parse(e.data).order_id]);
    if (told.length < count) { order(); } else if (ordered.length === count) { done(); }
  });
  setTimeout(done, 20000);  // so that a failure shows what was heard
})
"""
EACH_ONCE: dict[str, Any] = {"told": [["1", 5], ["2", 6], ["3", 7], ["4", 8]], "ordered": [5, 6, 7, 8], "errors": 0}


def shop(page: Page, key: str) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(SHOP, {"key": key, "count": len(EACH_ONCE["ordered"])})
    return told


def test_a_page_hears_of_its_own_orders(lab_page: Page, server) -> None:
    assert shop(lab_page, server.sandbox()) == EACH_ONCE


@pytest.mark.parametrize(("after", "returns"), [(1, [None] * 3), (2, [None, b"1", b"2"])], ids=["nothing", "an event"])
def test_over_two_cuts_after_it_heard(lab_page: Page, server, after: int, returns: list[bytes | None]) -> None:
    """The first piece of the stream is its `retry:`, so a cut after the second one comes after an event."""
    key = server.sandbox()
    rule = {"plan": f"stall;after={after};seconds=0.5,cut;after={after}", "path": "/shop/notifications", "first": 2}
    server.http.post("/lab/faults", json=rule, headers={"authorization": f"Bearer {key}"}).raise_for_status()
    assert shop(lab_page, key) == EACH_ONCE | {"errors": 2}
    asked = [record.asked for record in server.journal(key) if b"/notifications" in record.asked]
    ids = [re.search(rb"(?i)\r\nlast-event-id: ([^\r]*)", one) for one in asked]
    assert [found and found[1] for found in ids] == returns
