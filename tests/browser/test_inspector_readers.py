"""The inspector's readers against what they claim to know: the standard, the `openai` client, curl and a shell."""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from playwright.sync_api import Browser, Page

from labserver.conformance import CASES

pytestmark = pytest.mark.browser

DECODE = """
async ({ cases, size }) => {
  const { Decoder } = await import('/static/shared/eventstream.js');
  return cases.map((raw) => {
    const decoder = new Decoder();
    const told = [];
    for (let at = 0; at < raw.length; at += size) {
      const piece = Uint8Array.from(raw.slice(at, at + size), (letter) => letter.charCodeAt(0));
      told.push(...decoder.feed(piece).map(({ event, data, id, retry }) => [event, data, id, retry]));
    }
    return { told, last: decoder.lastId };
  });
}
"""
READ = """
async (record) => {
  const { read } = await import('/static/inspector/exchange.js');
  const { reading, joined } = await import('/static/inspector/sdk.js');
  const { pieces, whole } = read(record);
  const seen = reading(pieces, { whole, ended: record.ended });
  return { ...seen, ...joined(seen.given) };
}
"""
CURL = """
async (record) => {
  const { read } = await import('/static/inspector/exchange.js');
  const { curl } = await import('/static/inspector/curl.js');
  return curl(read(record), location.origin);
}
"""
SHOW = "async (raw) => (await import('/static/inspector/bytes.js')).escaped(raw)"
FAST = "ttft=0;tps=5000;jitter=0"


@pytest.fixture(scope="module")
def inspector(chromium: Browser, server) -> Iterator[Page]:
    """One page for all: its readers keep nothing between two calls."""
    page = chromium.new_page()
    page.goto(f"{server.url}/inspector")
    yield page
    page.close()


@pytest.mark.parametrize("size", [10_000, 3, 1], ids=["in one piece", "three bytes at a time", "byte by byte"])
def test_its_decoder_hears_of_every_case_exactly_what_the_standard_says(inspector: Page, size: int) -> None:
    raws = [case.raw.decode("latin-1") for case in CASES.values()]
    heard = inspector.evaluate(DECODE, {"cases": raws, "size": size})
    for (name, case), one in zip(CASES.items(), heard, strict=True):
        assert one["told"] == [[event.event, event.data, event.id, event.retry] for event in case.events], name
        assert one["last"] == case.last_id, name


# plan -> what the real client must have met, so that no row proves nothing
PLANS = {
    "": None,
    "pings": None,
    "crlf,slice;bytes=7": None,
    "cr": None,
    "no_done": None,
    "no_done;after=4": None,
    "duplicate;after=3": None,
    "bom": None,
    "late_error;after=3": "APIError",
    "bad_json;after=3": "JSONDecodeError",
    "cut;after=4": "APIConnectionError",
    "cut;byte=700": "APIConnectionError",
}


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("usage", [False, True], ids=["no bill", "with a bill"])
def test_it_makes_of_a_streams_bytes_what_the_real_client_makes(
    inspector: Page, server, plan: str, usage: bool
) -> None:
    key = server.sandbox()
    chunks, raised = listen(server, key, plan, stream_options={"include_usage": True} if usage else openai.omit)
    assert (type(raised).__name__ if raised else None) == PLANS[plan]
    seen = inspector.evaluate(READ, server.last(key))
    assert seen["given"] == [chunk.to_dict() for chunk in chunks]
    kinds = {None: {"done", "truncated"}}.get(PLANS[plan], {PLANS[plan]})
    assert seen["ending"]["kind"] in kinds
    if isinstance(raised, openai.APIError) and PLANS[plan] == "APIError":
        assert raised.message in seen["ending"]["words"]
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert "".join(choice["text"] for choice in seen["choices"]) == text
    bill = [chunk.usage for chunk in chunks if chunk.usage]
    assert (seen["usage"] or {}).get("total_tokens") == (bill[-1].total_tokens if bill else None)
    assert bool(seen["comments"]) == (plan == "pings")


def test_a_stream_that_lost_its_first_event_to_a_byte_order_mark_is_read_as_the_client_reads_it(
    inspector: Page, server
) -> None:
    """The client strips none, so the first field is not called `data` and the role chunk is gone."""
    key = server.sandbox()
    chunks, _ = listen(server, key, "bom")
    assert chunks[0].choices[0].delta.role is None
    seen = inspector.evaluate(READ, server.last(key))
    assert seen["choices"][0]["role"] is None and len(seen["ignored"]) == 1


def test_tool_calls_are_joined_as_the_client_gets_them(inspector: Page, server) -> None:
    key = server.sandbox()
    tool = {"name": "look_up", "parameters": {"type": "object", "properties": {"tea": {"type": "string"}}}}
    wanted: dict[str, Any] = {
        "tools": [{"type": "function", "function": tool}],
        "tool_choice": {"type": "function", "function": {"name": "look_up"}},
    }
    chunks, _ = listen(server, key, "", model="gpt-4o-mini", **wanted)
    deltas = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    said = "".join(call.function.arguments or "" for call in deltas)
    [call] = inspector.evaluate(READ, server.last(key))["choices"][0]["tools"]
    assert call == {"name": "look_up", "arguments": said, "fragments": len(deltas)}
    assert len(deltas) > 1


def listen(server, key: str, plan: str, model: str = "script", **wanted: Any) -> tuple[list[Any], Exception | None]:
    """(the chunks that the client gave, what it raised)"""
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)
    headers = {"x-lab-pace": FAST} | ({"x-lab-fault": plan} if plan else {})
    chunks: list[Any] = []
    said = [{"role": "user", "content": "Green| tea| is| good| 茶|.| Drink| it| now"}]
    with client:
        try:
            for chunk in client.chat.completions.create(
                model=model, messages=said, stream=True, extra_headers=headers, **wanted
            ):
                chunks.append(chunk)
        except Exception as error:
            return chunks, error
    return chunks, None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\r\n\tb\\n", r"a\r\n\tb\\n"),
        ("茶 🍵".encode().decode("latin-1"), "茶 🍵"),
        ("\xff\x80a\xc3", r"\xff\x80a\xc3"),
        ("\x00\x1b\x7f", r"\0\x1b\x7f"),
        ("\u202e".encode().decode("latin-1"), r"\u{202e}"),
        ("<b>", "<b>"),
    ],
)
def test_bytes_are_readable_and_exact(inspector: Page, raw: str, shown: str) -> None:
    assert inspector.evaluate(SHOW, raw) == shown


HOSTILE = 'it\'s `$(touch pwned)` "$HOME" \\ \n !! 茶 \x1b[0m [key] é'


@pytest.mark.skipif(os.name == "nt", reason="the command is for a POSIX shell")
def test_a_copied_command_sends_the_same_request_again_and_runs_nothing_else(inspector: Page, server, tmp_path) -> None:
    key = server.sandbox()
    body = {"query": HOSTILE, "model": "script"}
    headers = {"authorization": f"Bearer {key}", "x-lab-pace": FAST, "x-note": "it's; `id`"}
    server.http.post("/api/v1/query?tea=%C3%A9&cup='1'", json=body, headers=headers).raise_for_status()
    first = server.last(key)
    command = inspector.evaluate(CURL, first)
    assert key not in command and '"$KEY"' in command
    environment = {"KEY": key, "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(["bash", "-c", command], check=True, cwd=tmp_path, env=environment, capture_output=True, timeout=20)
    assert list(tmp_path.iterdir()) == []
    second = server.last(key)
    assert second["number"] == first["number"] + 1
    assert said(second.asked) == said(first.asked)


def said(asked: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """The request line, the headers that the command carries, and the body."""
    head, _, body = asked.partition(b"\r\n\r\n")
    line, *rows = head.split(b"\r\n")
    fields = dict(row.lower().split(b": ", 1) for row in rows)
    own = (b"host", b"content-length", b"connection", b"accept-encoding")
    return line, {name: value for name, value in fields.items() if name not in own}, body
