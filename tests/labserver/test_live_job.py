"""A job of a real model: its log is written while the model speaks, and read as any other job's is."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from upstream import HOLD, Answer, Upstream, chunk, refuses, says
from websockets.sync.client import connect

from labserver import sse


@pytest.fixture(scope="module")
def real(there: Upstream, start_for_all) -> Any:
    return start_for_all("--provider", "ollama", "--provider-url", there.url, "--solo")


def held(*words: str) -> Answer:
    """The first word, and the others once the test releases them."""
    answer = says(*words)
    answer.pieces.insert(2, HOLD)
    return answer


@pytest.fixture
def mine(real) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {real.sandbox()}"}
    with httpx2.Client(base_url=f"{real.url}/api/v1", headers=headers, timeout=10) as client:
        yield client


def submit(client: httpx2.Client) -> str:
    return str(client.post("/infer", json={"prompt": "What is tea?"}).raise_for_status().json()["request_id"])


def until(client: httpx2.Client, job: str, status: str) -> dict[str, Any]:
    """The job's view once it has this status; the stream of its events is what waits."""
    with client.stream("GET", f"/stream/{job}") as answer:
        answer.read()
    view: dict[str, Any] = client.get(f"/status/{job}").json()
    assert view["status"] == status
    return view


def test_events_are_told_as_the_model_says_them_and_polling_agrees(mine, upstream: Upstream) -> None:
    upstream.answers.append(held("Tea", " is", " good"))
    job, decoder = submit(mine), sse.Decoder()
    with mine.stream("GET", f"/stream/{job}") as answer:
        pieces = answer.iter_bytes()
        heard: list[Any] = []
        while len(heard) < 2:
            heard.extend(decoder.feed(next(pieces)))
        assert [(one.event, one.id) for one in heard] == [("start", "0"), ("token", "1")]
        assert mine.get(f"/status/{job}").json()["status"] == "processing"
        assert mine.get(f"/result/{job}").status_code == 202
        upstream.release()
        for piece in pieces:
            heard.extend(decoder.feed(piece))
    assert [json.loads(one.data).get("data") for one in heard] == [None, "Tea", " is", " good", None]
    assert mine.get(f"/result/{job}").json()["result"] == "Tea is good"
    resumed = mine.get(f"/stream/{job}", headers={"last-event-id": "2"}).text
    assert [one.event for one in sse.Decoder().feed(resumed.encode())] == ["token", "complete"]
    assert mine.get(f"/stream/{job}", headers={"last-event-id": "4"}).status_code == 204


def test_a_job_goes_on_though_nobody_listens_and_its_session_remembers(mine, upstream: Upstream) -> None:
    first = mine.post("/infer", json={"prompt": "What is tea?", "session_id": "s"}).json()["request_id"]
    until(mine, first, "completed")
    mine.post("/infer", json={"prompt": "And then?", "session_id": "s"})
    said = [(one["role"], one["content"]) for one in upstream.asked(2).body["messages"]]
    assert said == [("user", "What is tea?"), ("assistant", "Tea is good"), ("user", "And then?")]


def test_cancelling_closes_the_call_upstream_and_keeps_what_was_said(mine, upstream: Upstream) -> None:
    upstream.answers.append(Answer([chunk({"content": "Tea"}), HOLD]))
    job = submit(mine)
    asked = upstream.asked()
    assert mine.post(f"/cancel/{job}").json()["status"] == "cancelled"
    assert asked.left.wait(5)
    assert mine.get(f"/result/{job}").status_code == 409


def test_a_failure_upstream_is_the_jobs_failure_in_words(mine, upstream: Upstream) -> None:
    upstream.answers.append(refuses(404, "no such model"))
    view = until(mine, submit(mine), "failed")
    assert "Get it with `ollama pull llama3.2`" in view["error"]


def test_the_socket_tells_each_token_and_the_result(real, upstream: Upstream) -> None:
    with connect(f"{real.ws_url}/api/v1/ws?key={real.sandbox()}") as socket:
        socket.send(json.dumps({"prompt": "What is tea?", "stream": True}))
        said = [json.loads(socket.recv(10)) for _ in range(5)]
    assert [one["type"] for one in said] == ["ack", "token", "token", "token", "result"]
    assert said[-1]["result"] == "Tea is good"


def test_a_reset_of_the_sandbox_ends_its_calls(mine, real, upstream: Upstream) -> None:
    upstream.answers.append(Answer([HOLD]))
    submit(mine)
    asked = upstream.asked()
    real.http.post("/lab/reset", headers=mine.headers).raise_for_status()
    assert asked.left.wait(5)


async def test_its_end_is_told_to_the_clients_own_server(mine, upstream: Upstream) -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        told.put_nowait(json.loads(await reader.readexactly(int(length.split(b":")[1]))))
        writer.write(b"HTTP/1.1 204 Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/done"
        upstream.answers.append(held("Tea", " is"))
        ask = {"prompt": "What is tea?", "callback_url": url}
        await asyncio.to_thread(mine.post, "/infer", json=ask)
        await asyncio.to_thread(upstream.asked)
        assert told.empty()
        upstream.release()
        assert (await asyncio.wait_for(told.get(), 10))["result"] == "Tea is"
