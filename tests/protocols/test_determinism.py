"""The same seed, the same bytes: over two sandboxes, two servers, and whatever else happens at the same time."""

import asyncio
import json

import httpx2
import pytest
import websockets

FAST = "ttft=0;tps=100000;jitter=0.5"
MESSAGES = [{"role": "user", "content": "Tell me a story about AI"}]
ASKS = {
    "chat stream": ("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": MESSAGES, "stream": True}),
    "chat": ("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": MESSAGES, "n": 2}),
    "query stream": ("/api/v1/query/stream", {"query": "What is Rust?"}),
    "query": ("/api/v1/query", {"query": "Explain quantum computing"}),
}


def ask(server, key: str, name: str) -> httpx2.Response:
    path, body = ASKS[name]
    return server.http.post(path, json=body, headers={"x-api-key": key, "x-lab-pace": FAST}).raise_for_status()


@pytest.mark.parametrize("name", ASKS)
def test_the_same_seed_gives_the_same_bytes_in_every_sandbox_and_server(server, shared_server, name: str) -> None:
    runs = []
    for live in (server, server, shared_server):
        key = live.sandbox(seed=7)
        answers = [ask(live, key, name) for _ in range(3)]
        runs.append([(answer.content, answer.headers["x-request-id"]) for answer in answers])
    assert runs[0] == runs[1] == runs[2]
    assert len({request_id for _, request_id in runs[0]}) == 3, "and asking again is a request of its own"


@pytest.mark.parametrize("name", ["chat", "chat stream"])
def test_another_seed_gives_other_ids(server, name: str) -> None:
    found = [ask(server, server.sandbox(seed=seed), name).text.partition('"id":"')[2][:33] for seed in range(5)]
    assert all(one.startswith("chatcmpl-") for one in found)
    assert len(set(found)) == 5


def test_without_a_seed_nothing_repeats(server) -> None:
    key = server.sandbox(seed=None)
    first, second = (ask(server, key, "chat").json() for _ in range(2))
    assert first["id"] != second["id"]
    assert first["created"] > 1_704_067_200 + 365 * 24 * 3600


def test_the_seed_reaches_the_models_words(server) -> None:
    told = {
        ask(server, server.sandbox(seed=seed), "query stream").text.rpartition("full_response")[2] for seed in range(6)
    }
    assert len(told) > 1


def test_a_requests_own_seed_and_temperature_reach_them_too(server) -> None:
    def words(**more) -> str:
        path, body = ASKS["chat"]
        answer = server.http.post(
            path, json=body | {"n": 1} | more, headers={"x-api-key": server.sandbox(), "x-lab-pace": FAST}
        )
        return answer.json()["choices"][0]["message"]["content"]

    assert words(seed=1) == words(seed=1)
    assert len({words(seed=seed) for seed in range(6)}) > 1
    assert len({words(seed=seed, temperature=0) for seed in range(3)}) == 1


async def test_ids_do_not_depend_on_what_else_is_asked_at_the_same_time(server) -> None:
    async def run() -> dict[str, str]:
        headers = {"x-api-key": server.sandbox(), "x-lab-pace": FAST}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers) as client:

            async def one(number: int) -> tuple[str, str]:
                messages = [{"role": "user", "content": f"cup {number}"}]
                answer = await client.post("/v1/chat/completions", json={"model": "script", "messages": messages})
                return messages[0]["content"], answer.json()["id"]

            return dict(await asyncio.gather(*map(one, range(20))))

    first, second = await run(), await run()
    assert first == second
    assert len(set(first.values())) == 20


async def test_a_websocket_says_the_same_twice(server) -> None:
    async def run() -> list[str]:
        headers = {"x-api-key": server.sandbox(), "x-lab-pace": FAST}
        async with websockets.connect(
            f"{server.ws_url}/api/v1/query/ws", additional_headers=headers, proxy=None
        ) as socket:
            heard: list[str] = []
            for query in ("What is Rust?", "What is Rust?"):
                await socket.send(json.dumps({"query": query}))
                heard.append(str(await socket.recv()))
                while json.loads(heard[-1])["type"] != "end":
                    heard.append(str(await socket.recv()))
            return heard

    assert await run() == await run()
