"""Seed 001's routes beyond its own snippets: plain and streamed agree, defaults, health and the index page."""

import json

FAST = {"x-lab-pace": "ttft=0;tps=100000"}
ASK = {"query": "What is artificial intelligence?", "model": "gpt-4o-mini"}


def test_the_whole_and_the_streamed_answer_agree_in_sandboxes_of_one_seed(server) -> None:
    def ask(path: str) -> str:
        owner = {"x-api-key": server.sandbox()}
        return server.http.post(f"/api/v1/query{path}", json=ASK, headers=FAST | owner).raise_for_status().text

    whole, streamed = json.loads(ask("")), ask("/stream").split("\n\n")[-3]
    end = json.loads(streamed.removeprefix("data: "))
    assert end["full_response"] == whole["response"]
    assert end["tokens_used"] == whole["tokens_used"]


def test_the_seeds_defaults_hold_when_a_client_says_only_its_query(server) -> None:
    answer = server.http.post("/api/v1/query", json={"query": "Hello"}, headers=FAST)
    assert answer.json()["model_used"] == "gpt-4o-mini"


def test_health_says_what_seed_004_says(server) -> None:
    assert server.http.get("/health").json() == {"status": "healthy", "service": "web-api"}


def test_the_index_lists_every_route_with_what_it_does(server) -> None:
    page = server.http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in ("/api/v1/query", "/api/v1/query/stream", "/api/v1/query/ws", "/v1/chat/completions", "/lab/journal"):
        assert f"<code>{path}</code>" in page.text
    assert "<td></td>" not in page.text, "every route says what it does"
