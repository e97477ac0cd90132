"""What the `openai` SDK makes of a stream that fails, is cut, ends too early, or is not read to its end."""

import asyncio

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
MESSAGES = [{"role": "user", "content": "|".join(WORDS)}]
FAST = "ttft=0;tps=10000;jitter=0"
SLOW = "ttft=0;tps=20;jitter=0"


def stream(client: OpenAI, fault: str = "", pace: str = FAST):
    headers = {"x-lab-pace": pace} | ({"x-lab-fault": fault} if fault else {})
    return client.chat.completions.create(model="script", messages=MESSAGES, stream=True, extra_headers=headers)


def word(chunk) -> str:
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


def deltas_in(answer: bytes) -> int:
    """How many deltas with words the server wrote, counted in the bytes that it sent."""
    return answer.count(b'"delta":{"content":')


def test_an_error_in_mid_stream_is_raised_after_the_words_that_came(client: OpenAI) -> None:
    heard = ""
    with stream(client, "late_error;after=2") as chunks, pytest.raises(openai.APIError) as caught:
        for chunk in chunks:
            heard += word(chunk)
    assert heard == "Green tea"
    assert type(caught.value) is openai.APIError, "no status: the 200 had left long before"
    assert (caught.value.code, caught.value.type) == ("server_error", "server_error")
    assert "stopped working" in caught.value.message


def test_a_cut_connection_is_raised_and_never_retried(server, key: str, client: OpenAI) -> None:
    heard = ""
    with stream(client, "cut;after=3") as chunks, pytest.raises(openai.APIConnectionError):
        for chunk in chunks:
            heard += word(chunk)
    assert heard == "Green tea"
    [record] = server.journal(key)
    assert record["ended"] == "cut by a fault"


@pytest.mark.parametrize(("fault", "heard"), [("no_done;after=3", "Green tea"), ("no_done", "Green tea is good 🍵.")])
def test_a_stream_that_ends_cleanly_but_too_early_is_silently_short(client: OpenAI, fault: str, heard: str) -> None:
    with stream(client, fault) as chunks:
        got = list(chunks)
    assert "".join(map(word, got)) == heard
    finished = got[-1].choices[0].finish_reason
    assert (finished == "stop") == (fault == "no_done"), "only the finish reason tells the short answer from the whole"


@pytest.mark.parametrize("fault", ["pings", "crlf", "slice;bytes=1", "slice;bytes=7,crlf,pings"])
def test_a_wire_that_is_odd_but_correct_changes_nothing(client: OpenAI, fault: str) -> None:
    with stream(client, fault) as chunks:
        assert [word(chunk) for chunk in chunks if word(chunk)] == WORDS


def test_break_without_close_lets_the_server_say_everything(server, key: str, client: OpenAI) -> None:
    chunks = stream(client, pace=SLOW)
    for chunk in chunks:
        if word(chunk) == " tea":
            break
    record = server.last(key, wait=5)
    chunks.close()
    assert record["ended"] == "complete"
    assert record["produced"] == deltas_in(record.answered) == len(WORDS)


def test_break_inside_with_stops_the_server_at_once(server, key: str, client: OpenAI) -> None:
    with stream(client, pace=SLOW) as chunks:
        for chunk in chunks:
            if word(chunk) == " tea":
                break
    record = server.last(key, wait=5)
    assert record["ended"] == "client left"
    assert 2 <= record["produced"] == deltas_in(record.answered) < len(WORDS)
    assert b"[DONE]" not in record.answered


async def test_the_async_client_reads_lists_streams_and_raises_the_same(server, key: str) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, default_headers={"x-lab-pace": FAST}) as client:
        assert "script" in [model.id async for model in client.models.list()]
        whole = await client.chat.completions.create(model="script", messages=MESSAGES)
        assert whole.choices[0].message.content == "".join(WORDS)
        async with await stream(client) as chunks:
            assert [word(chunk) async for chunk in chunks if word(chunk)] == WORDS
        with pytest.raises(openai.APIError, match="stopped working"):
            async with await stream(client, "late_error;after=1") as chunks:
                _ = [chunk async for chunk in chunks]
        with pytest.raises(openai.APIConnectionError):
            async with await stream(client, "cut;after=1") as chunks:
                _ = [chunk async for chunk in chunks]
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(model="none", messages=MESSAGES)


async def test_a_cancelled_task_stops_the_server_at_once(server, key: str) -> None:
    heard = asyncio.Event()

    async def listen() -> None:
        async with (
            AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as client,
            await stream(client, pace=SLOW) as chunks,
        ):
            async for chunk in chunks:
                if word(chunk) == " tea":
                    heard.set()

    listener = asyncio.create_task(listen())
    async with asyncio.timeout(10):
        await heard.wait()
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    record = server.last(key, wait=5)
    assert record["ended"] == "client left"
    assert record["produced"] < len(WORDS)


async def test_many_async_streams_at_once_each_hear_their_own_words(server, key: str) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, default_headers={"x-lab-pace": FAST}) as client:

        async def ask(number: int) -> str:
            messages = [{"role": "user", "content": f"cup|{number}"}]
            async with await client.chat.completions.create(model="script", messages=messages, stream=True) as chunks:
                return "".join([word(chunk) async for chunk in chunks])

        assert await asyncio.gather(*map(ask, range(20))) == [f"cup{number}" for number in range(20)]
    assert len(server.journal(key)) == 20
