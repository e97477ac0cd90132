"""Seed 001's clients against the lab server: its JavaScript in Node, its Python, its curl lines."""

import json

import pytest
from programs import node, python, shell

PATH = "/api/v1/query/stream"
MESSAGES = {
    "start": {"type": str, "model": str, "timestamp": float},
    "content": {"type": str, "chunk": str, "accumulated_length": int},
    "end": {
        "type": str,
        "full_response": str,
        "model_used": str,
        "tokens_used": int,
        "processing_time": float,
        "finish_reason": str,
    },
    "error": {"type": str, "error": str, "timestamp": str},
}


def messages_in(stream: str) -> list[dict]:
    *events, end = stream.split("\n\n")
    assert end == "", "every event ends with a blank line"
    assert events[-1] == "data: [DONE]"
    assert all(event.startswith("data: ") and "\n" not in event for event in events)
    messages = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    for message in messages:  # the fields of the seed's "Stream Response Format", in its order, and no other
        assert {name: type(value) for name, value in message.items()} == MESSAGES[message["type"]]
        assert list(message) == list(MESSAGES[message["type"]])
    return messages


@pytest.mark.seed("001_019_fetch_stream.js")
def test_the_fetch_stream_prints_the_answer_in_node(snippet, door) -> None:
    done = node(snippet.as_written(door.url))
    assert done.returncode == 0, done.stderr
    first, *words, completed, last = done.stdout.splitlines()
    assert first == "🚀 Started with model: gpt-4o-mini"
    assert len(" ".join(words)) > 50
    assert completed.startswith("✅ Completed! Tokens: ")
    assert last == "✅ Stream completed!"


# A network cuts where it likes. Here it cuts the server's own bytes every seven, the same way each time.
CUT_EVERY_SEVEN = """
const fetched = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const bytes = new Uint8Array(await (await fetched(...asked)).arrayBuffer());
  return new Response(new ReadableStream({ start(pieces) {
    for (let at = 0; at < bytes.length; at += 7) { pieces.enqueue(bytes.slice(at, at + 7)); }
    pieces.close();
  } }));
};
"""


@pytest.mark.seed("001_019_fetch_stream.js")
def test_the_fetch_stream_loses_every_event_that_the_network_cuts(snippet, door) -> None:
    done = node(CUT_EVERY_SEVEN + snippet.as_written(door.url))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "no word of the answer, none of the trouble"
    [record] = door.journal()
    assert (record["ended"], record["produced"] > 10) == ("complete", True), "all of it was sent"


@pytest.mark.seed("001_083_stream.sh")
def test_the_streaming_curl_line_gets_the_documented_messages(snippet, door) -> None:
    told = messages_in(shell(snippet.as_written(door.url)).stdout)
    assert [message["type"] for message in told] == ["start", *["content"] * (len(told) - 2), "end"]
    start, *contents, end = told
    assert start["model"] == end["model_used"] == "gpt-4o-mini"
    assert "".join(message["chunk"] for message in contents) == end["full_response"]
    assert end["finish_reason"] == "stop"
    assert end["tokens_used"] > len(contents)
    lengths = [len("".join(message["chunk"] for message in contents[: n + 1])) for n in range(len(contents))]
    assert [message["accumulated_length"] for message in contents] == lengths
    assert "intelligen" in end["full_response"].lower(), "the answer is about what was asked"


@pytest.mark.seed("001_083_stream.sh")
def test_the_streaming_curl_line_sees_the_words_come_one_after_the_other(snippet, slow_door) -> None:
    told = messages_in(shell(snippet.as_written(slow_door.url)).stdout)
    [record] = slow_door.journal()
    times = [at for at, _ in record["response"]]
    assert told[-1]["processing_time"] > 0
    assert len(set(times)) > 10
    assert times[-1] - times[0] > 0.25, "at least the time to the first token"


@pytest.mark.seed("001_083_stream.sh")
def test_the_streaming_curl_line_gets_an_error_message_as_documented(snippet, door) -> None:
    door.spoil("late_error;after=2", path=PATH)
    told = messages_in(shell(snippet.as_written(door.url)).stdout)
    assert [message["type"] for message in told] == ["start", "content", "content", "error"]
    assert told[-1]["timestamp"] == "error"


@pytest.mark.seed("001_235_query.sh")
def test_the_plain_curl_line_gets_the_whole_answer(snippet, door) -> None:
    answer = json.loads(shell(snippet.as_written(door.url)).stdout)
    fields = {name: type(value) for name, value in answer.items()}
    assert fields == {
        "response": str,
        "model_used": str,
        "tokens_used": int,
        "processing_time": float,
        "finish_reason": str,
    }
    assert answer["model_used"] == "gpt-4o-mini"
    assert len(answer["response"]) > 20


# The snippet waits 3 s and 10 s, long enough for an answer. Here each wait is over when an answer is.
WAIT_FOR_ANSWERS = """
const waiting = [];
const wait = globalThis.setTimeout;  // Node's own WebSocket uses it too
globalThis.setTimeout = (act, milliseconds, ...rest) => [3000, 10000].includes(milliseconds)
  ? waiting.push({ act, milliseconds }) : wait(act, milliseconds, ...rest);
globalThis.WebSocket = class extends globalThis.WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener('message', (event) => {
      if (JSON.parse(event.data).type !== 'end') { return; }
      waiting.sort((one, other) => one.milliseconds - other.milliseconds);
      waiting.shift()?.act();
    });
  }
};
"""


@pytest.mark.seed("001_095_socket_client.js")
def test_the_socket_client_has_two_answers_and_hangs_up_in_node(snippet, door) -> None:
    done = node(WAIT_FOR_ANSWERS + snippet.as_written(door.url))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("🔗 WebSocket connected!", "🔒 WebSocket disconnected")
    assert lines.count("🚀 Starting response with gpt-4o-mini") == 2
    assert sum(line.startswith("✅ Response complete! Tokens: ") for line in lines) == 2
    [record] = door.journal()
    assert record["ended"] == "complete"


@pytest.mark.seed("001_095_socket_client.js")
def test_the_socket_client_cannot_ask_at_temperature_0_nor_before_it_is_connected(snippet, door) -> None:
    client = snippet.as_written(door.url).split("// Usage")[0]
    early = node(f"{client}\nnew GPTWebSocketClient().sendQuery('tea').catch((e) => console.log(e.message));")
    assert "null" in early.stdout, "sendQuery looks at `this.ws.readyState` while there is no `ws`"
    zero = """
    const client = new GPTWebSocketClient();
    client.connect()
      .then(() => client.sendQuery('tea', { temperature: 0 }))
      .then(() => setTimeout(() => client.disconnect(), 2000));
    """
    assert node(client + zero, quick=True).returncode == 0
    [record] = door.journal()
    asked = [frame for frame in record["frames"] if frame["direction"] == "received" and frame["opcode"] == "text"]
    assert json.loads(asked[0]["payload"])["temperature"] == 0.7


@pytest.mark.seed("001_188_socket_client.py")
def test_the_python_socket_client_prints_the_answer(snippet, door, capsys) -> None:
    python(snippet.as_written(door.url))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "🔗 Connected to WebSocket!",
        "📤 Sent: Explain neural networks briefly",
        "🚀 Started with model: gpt-4o-mini",
    ]
    assert len(" ".join(lines[3:-1])) > 100, "an answer worth reading"
    assert lines[-1].startswith("✅ Complete! Tokens: ")
