"""A realtime session in a real Chromium, whose key goes into a subprotocol: a page can set no header."""

import json

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TALK = """
({ key }) => new Promise((resolve) => {
  const heard = [];
  const socket = new WebSocket(
    `ws://${location.host}/v1/realtime?model=script`, ['realtime', `openai-insecure-api-key.${key}`]
  );
  const say = (event) => socket.send(JSON.stringify(event));
  socket.onopen = () => {
    const content = [{ type: 'input_text', text: 'Green| tea| 🍵' }];
    say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    say({ type: 'response.create' });
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    heard.push(event.delta ?? event.type);
    if (event.type === 'rate_limits.updated') { socket.close(); }
  };
  socket.onclose = ({ code }) => resolve({ heard, code, protocol: socket.protocol });
})
"""


def test_a_page_talks_with_its_key_in_a_subprotocol(lab_page: Page, server) -> None:
    key = server.sandbox()
    told = lab_page.evaluate(TALK, {"key": key})
    assert (told["protocol"], told["heard"][0]) == ("realtime", "session.created")
    assert [one for one in told["heard"] if "." not in one] == ["Green", " tea", " 🍵"]
    record = server.last(key)
    assert [one["in"] for one in record["credentials"]] == ["subprotocol"]
    assert key not in json.dumps(record)


def test_a_page_with_a_wrong_key_hears_nothing_but_the_end(lab_page: Page) -> None:
    told = lab_page.evaluate(TALK, {"key": "sk-unknown"})
    assert (told["heard"], told["code"]) == ([], 1006)
