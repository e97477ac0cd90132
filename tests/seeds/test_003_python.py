"""Seed 003's clients with today's openai SDK against `/v1`: with a stream, and with a fault."""

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from programs import python
from snippet import Snippet

CLIENT = Snippet("003_067_client.py").written
CHAT = "/v1/chat/completions"
SDK = ("openai.ChatCompletion.create(", "openai.OpenAI().chat.completions.create(")


def sent(record: Any) -> list[str]:
    """The deltas of a chat stream, as they crossed the wire."""
    chunks = [json.loads(data) for data in re.findall(r"data: (\{.*\})", record.answered.decode())]
    texts = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if chunk.get("choices")]
    return [text for text in texts if text]


async def collect(stream: Any) -> list[Any]:
    async with asyncio.timeout(20):
        return [item async for item in stream]


@pytest.mark.seed("003_019_whole.py", ("# Traditional approach", "import openai\n\n# Traditional approach"), SDK)
def test_the_whole_answer_needs_todays_sdk(snippet, sdk, capsys) -> None:
    with pytest.raises(NameError, match="openai"):
        python(snippet.as_written(sdk.url))
    with pytest.raises(openai.lib._old_api.APIRemovedInV1, match=r"no longer supported in openai>=1\.0\.0"):
        python(snippet.as_written(sdk.url), openai=openai)
    names = python(snippet.corrected(sdk.url))
    assert capsys.readouterr().out == names["full_response"] + "\n"
    assert len(names["full_response"]) > 50


@pytest.mark.seed("003_042_stream.py", ("# Streaming approach", "import openai\n\n# Streaming approach"), SDK)
def test_the_stream_needs_todays_sdk_and_a_ui(snippet, sdk, capsys) -> None:
    with pytest.raises(openai.lib._old_api.APIRemovedInV1):
        python(snippet.as_written(sdk.url), openai=openai)
    shown: list[str] = []
    python(snippet.corrected(sdk.url), update_ui=shown.append)  # the snippet leaves the UI to its reader
    [record] = sdk.journal()
    assert capsys.readouterr().out == "".join(shown) == "".join(sent(record))
    assert len(shown) > 10


@pytest.mark.seed("003_067_client.py")
def test_the_streaming_client_yields_each_delta(snippet, sdk) -> None:
    client = python(snippet.as_written(sdk.url))["StreamingAIClient"](api_key="your_api_key")
    heard = [text for text in client.stream_chat("What is tea?", system_prompt="Be brief.") if text]
    [record] = sdk.journal()
    assert heard == sent(record)
    assert len(heard) > 5
    assert b'"role": "system"' in record.asked or b'"role":"system"' in record.asked


@pytest.mark.seed("003_067_client.py")
def test_the_streaming_client_gives_an_error_out_as_the_answer_and_counts_words_for_tokens(snippet, sdk) -> None:
    make = python(snippet.as_written(sdk.url))["StreamingAIClient"]
    [answer] = make(api_key="sk-wrong").stream_chat("What is tea?")
    assert answer.startswith("Error: Error code: 401")
    sdk.spoil("cut;after=4", path=CHAT)
    *words, last = make(api_key="your_api_key").stream_chat("What is tea?")
    assert last.startswith("Error: "), "the answer ends in the error's text"
    assert len([word for word in words if word]) > 1
    told = list(make(api_key="your_api_key").stream_with_metadata("What is tea?"))
    billed = sdk.journal()[-1]["produced"]
    assert told[-1]["tokens"] != billed
    assert max(one["estimated_completion"] for one in told) <= 0.5, "half done, says the last word of the answer"


@pytest.mark.seed("003_133_recovery.py", ("import json\n", "import json\nimport openai\n"))
def test_the_recovering_client_shows_its_states_once_openai_is_imported(snippet, sdk) -> None:
    with pytest.raises(NameError, match="openai"):
        python(snippet.as_written(sdk.url))["AdvancedStreamingClient"](api_key="your_api_key")
    told = asyncio.run(recovered(snippet.corrected(sdk.url)))
    [record] = sdk.journal()
    states = [chunk.state.value for chunk in told]
    assert states == ["starting", *["streaming"] * (len(told) - 2), "completed"]
    assert [chunk.content for chunk in told if chunk.content] == sent(record)


async def recovered(source: str, waits: list[float] | None = None) -> list[Any]:
    names = python(source)
    if waits is not None:

        async def wait(seconds: float) -> None:
            waits.append(seconds)

        names["asyncio"] = SimpleNamespace(sleep=wait)
    client = names["AdvancedStreamingClient"](api_key="your_api_key")
    try:
        return await collect(client.stream_with_recovery("What is tea?", "tea"))
    finally:
        await client.client.close()


@pytest.mark.seed("003_133_recovery.py", ("import json\n", "import json\nimport openai\n"))
def test_the_recovering_client_shows_the_beginning_again_after_a_cut(snippet, sdk) -> None:
    sdk.spoil("cut;after=4", path=CHAT)
    waits: list[float] = []
    told = asyncio.run(recovered(snippet.corrected(sdk.url), waits))
    cut, whole = sdk.journal()
    assert waits == [1]
    assert [chunk.state.value for chunk in told].count("error") == 1
    assert [chunk.content for chunk in told if chunk.content] == sent(cut) + sent(whole)
    assert sent(cut) == sent(whole)[: len(sent(cut))] != [], "what was shown is shown, and paid for, again"


@pytest.mark.seed("003_328_progress.py", ("class ProgressTracker:", "import time\n\n\nclass ProgressTracker:"))
def test_the_progress_tracker_is_95_percent_done_after_48_chunks_of_anything(snippet, sdk) -> None:
    with pytest.raises(NameError, match="time"):
        python(snippet.as_written(sdk.url))["ProgressTracker"]().start_tracking()
    tracker = python(snippet.corrected(sdk.url))["ProgressTracker"]()
    tracker.start_tracking()
    told = [tracker.update_progress("tea and cake") for _ in range(100)]
    assert [one["chunk_count"] for one in told] == list(range(1, 101))
    assert [one["estimated_completion"] for one in told[47:]] == [0.95] * 53
    rates = [one["words_per_minute"] * one["elapsed_time"] / 60 for one in told]
    assert rates == pytest.approx([3] * 100), "always the words of the newest chunk alone, over all the time"


@pytest.mark.seed(
    "003_366_buffer.py",
    ("class BufferedStreamProcessor:", "import time\nfrom typing import Optional\n\n\nclass BufferedStreamProcessor:"),
)
def test_the_buffer_holds_back_what_came_before_a_stall(snippet, sdk) -> None:
    with pytest.raises(NameError, match="Optional"):
        python(snippet.as_written(sdk.url))
    buffer = python(snippet.corrected(sdk.url))["BufferedStreamProcessor"](flush_interval=3600)
    client = python(CLIENT)["StreamingAIClient"](api_key="your_api_key")
    words = list(client.stream_chat("What is tea?"))
    shown = [text for word in words if (text := buffer.process_chunk(word)) is not None]
    assert shown == ["".join(words[at : at + 5]) for at in range(0, len(words) - len(words) % 5, 5)]
    assert "".join(shown) + buffer.flush_remaining() == "".join(words), "until somebody flushes, nobody sees the rest"


@pytest.mark.seed("003_402_memory.py")
def test_the_memory_manager_keeps_an_answers_end_and_calls_it_complete(snippet, sdk) -> None:
    make = python(snippet.as_written(sdk.url))["StreamMemoryManager"]
    client = python(CLIENT)["StreamingAIClient"](api_key="your_api_key")
    words = list(client.stream_chat("What is tea?"))
    roomy, small = make(), make(max_history=5)
    for word in words:
        roomy.store_chunk("tea", word)
        small.store_chunk("tea", word)
    assert roomy.get_complete_response("tea") == "".join(words)
    assert small.get_complete_response("tea") == "".join(words[-5:])
    small.cleanup_stream("tea")
    assert small.get_complete_response("tea") == ""


@pytest.mark.seed("003_434_resume.py", ("async for chunk in", "for chunk in"))
def test_the_resumable_stream_hears_nothing_until_it_iterates_as_its_client_does(snippet, sdk) -> None:
    client = python(CLIENT)["StreamingAIClient"](api_key="your_api_key")
    silent = python(snippet.as_written(sdk.url))["ResumableStream"](client)
    assert asyncio.run(collect(silent.stream_with_resume("What is tea?", "tea"))) == []
    assert sdk.journal() == [], "the seed's client is no asynchronous one: a TypeError, swallowed"
    stream = python(snippet.corrected(sdk.url))["ResumableStream"](client)
    heard = asyncio.run(collect(stream.stream_with_resume("What is tea?", "tea")))
    assert [word for word in heard if word] == sent(sdk.journal()[-1])
    kept = stream.checkpoints["tea"]
    assert kept["content"] == heard[kept["chunk_count"] - 1] != "", "of every ten chunks a checkpoint keeps the last"


@pytest.mark.seed("003_434_resume.py", ("async for chunk in", "for chunk in"))
def test_the_resumable_stream_does_not_resume(snippet, sdk) -> None:
    class Cut:
        """A client that lets a cut through: the seed's own hides it in the text."""

        def stream_chat(self, message: str) -> Any:
            with openai.OpenAI().chat.completions.create(
                model="gpt-4", messages=[{"role": "user", "content": message}], stream=True
            ) as stream:
                yield from (chunk.choices[0].delta.content or "" for chunk in stream)

    sdk.spoil("cut;after=15", path=CHAT)
    stream = python(snippet.corrected(sdk.url))["ResumableStream"](Cut())
    heard = asyncio.run(collect(stream.stream_with_resume("What is tea?", "tea")))
    assert heard[-1] == "[Resuming from chunk 0]", "it says so, after 15, and ends"
    assert len(sdk.journal()) == 1, "nobody asked again"


@pytest.mark.seed(
    "003_471_limiter.py",
    ("class AdaptiveRateLimiter:", "import asyncio\nimport time\n\n\nclass AdaptiveRateLimiter:"),
)
def test_the_rate_limiter_lets_51_calls_pass_at_once_and_never_hears_a_429(snippet, sdk) -> None:
    with pytest.raises(NameError, match="time"):
        asyncio.run(python(snippet.as_written(sdk.url))["AdaptiveRateLimiter"]().wait_if_needed())
    names = python(snippet.corrected(sdk.url))
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def calls() -> None:
        limiter = names["AdaptiveRateLimiter"]()
        for _ in range(54):
            await limiter.wait_if_needed()

    names["asyncio"] = SimpleNamespace(sleep=wait)
    asyncio.run(calls())
    assert waits == [1, 1.5, 2.25]
    assert "429" not in snippet.written
    assert "retry" not in snippet.written.lower()
