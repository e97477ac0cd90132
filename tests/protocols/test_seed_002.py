"""Seed 002's API versioning: v1 and v2 of `generate` side by side, the old one deprecated as the RFCs have it."""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from openapi_spec_validator import validate

V1, V2 = "/api/v1/generate", "/api/v2/generate"
TEA = "Green| tea"
SCRIPT = {"prompt": "Green| tea| is| good| 🍵|.", "model": "script", "metadata": {"user": "alice", "tags": [1, None]}}
NOTICES = ("deprecation", "sunset", "link")


def owner(server, **headers: str) -> dict[str, str]:
    key = server.sandbox()
    return {"x-api-key": key, "x-lab-pace": "ttft=0;tps=10000;jitter=0"} | headers


def links(field: str) -> dict[str, str]:
    """rel -> target, one link each."""
    return {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="([^"]*)"', field)}


def events(text: str) -> list[Any]:
    assert text.endswith("\n\n")
    said = [line.removeprefix("data: ") for line in text.split("\n\n")[:-1]]
    return [one if one == "[DONE]" else json.loads(one) for one in said]


def test_v1_takes_the_prompt_in_the_query_as_the_seed_declares_it(server) -> None:
    answer = requests.post(f"{server.url}{V1}", params={"prompt": "What is tea?"}, headers=owner(server), timeout=5)
    assert answer.status_code == 200
    assert set(answer.json()) == {"text"}
    assert len(answer.json()["text"]) > 10


def test_v2_takes_a_body_and_gives_the_metadata_back(server) -> None:
    answer = requests.post(f"{server.url}{V2}", json=SCRIPT, headers=owner(server), timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"text": "Green tea is good 🍵.", "meta": SCRIPT["metadata"]})
    alone = requests.post(f"{server.url}{V2}", json={"prompt": "What is tea?"}, headers=owner(server), timeout=5)
    assert set(alone.json()) == {"text", "meta"}
    assert alone.json()["meta"] == {}


def test_both_ask_the_same_model_so_a_client_can_move_over(server) -> None:
    old = server.http.post(V1, params={"prompt": "What is tea?"}, headers=owner(server)).json()["text"]
    like_v1 = {"prompt": "What is tea?", "temperature": 1.0}
    assert server.http.post(V2, json=like_v1, headers=owner(server)).json()["text"] == old


@pytest.mark.parametrize(("params", "body"), [({}, {"prompt": "tea"}), ({"prompt": ""}, None), ({}, None)])
def test_a_body_is_no_prompt_for_v1(server, params: dict[str, str], body: dict[str, str] | None) -> None:
    answer = server.http.post(V1, params=params, json=body, headers=owner(server))
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == ["prompt"]


def test_a_query_is_no_prompt_for_v2(server) -> None:
    answer = server.http.post(V2, params={"prompt": "tea"}, json={}, headers=owner(server))
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["prompt"])
    assert server.http.post(V2, json={"prompt": "tea", "model": "gpt-9"}).status_code == 404


def test_v2_streams_its_words_then_the_metadata_then_done(server) -> None:
    answer = server.http.post(V2, json=SCRIPT | {"stream": True}, headers=owner(server))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    *words, last, done = events(answer.text)
    assert words == [{"text": word} for word in ["Green", " tea", " is", " good", " 🍵", "."]]
    assert last == {"text": "", "meta": SCRIPT["metadata"], "finish_reason": "stop"}
    assert done == "[DONE]"


def test_a_model_that_fails_in_a_stream_says_so_in_its_last_event(server) -> None:
    body = SCRIPT | {"prompt": "Green|{error=no}", "stream": True}
    *_, last = events(server.http.post(V2, json=body, headers=owner(server)).text)
    assert last["error"]["code"] == "PROCESSING_FAILED"
    body["stream"] = False
    assert server.http.post(V2, json=body, headers=owner(server)).status_code == 500


def test_v2_stops_where_it_is_told(server) -> None:
    body = {"prompt": "Tell me about tea", "max_tokens": 3, "stream": True}
    *words, last, _ = events(server.http.post(V2, json=body, headers=owner(server)).text)
    assert (len(words), last["finish_reason"]) == (3, "length")


REFUSED = {
    "answered": ({"prompt": TEA}, {}, 200),
    "misfit": ({}, {}, 422),
    "unknown key": ({"prompt": TEA}, {"x-api-key": "lab-wrong"}, 401),
    "another method": (None, {}, 405),
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_answer_of_v1_says_that_it_is_deprecated_since_when_until_when_and_what_follows(server, case) -> None:
    params, headers, status = REFUSED[case]
    method = "PUT" if params is None else "POST"
    answer = server.http.request(method, V1, params=params or {}, headers=owner(server) | headers)
    assert answer.status_code == status
    assert answer.headers["deprecation"] == "@1704067200", "RFC 9745: a date as RFC 9651 writes it"
    assert answer.headers["sunset"] == "Tue, 01 Jan 2030 00:00:00 GMT", "RFC 8594: an HTTP-date"
    assert parsedate_to_datetime(answer.headers["sunset"]).timestamp() > 1704067200
    told = links(answer.headers["link"])
    assert told == {"successor-version": V2, "deprecation": "/redoc#tag/versions", "sunset": "/redoc#tag/versions"}
    assert server.http.get(told["deprecation"]).status_code == 200


@pytest.mark.parametrize("path", [V2, "/api/v1/query"])
def test_nothing_else_is_deprecated(server, path: str) -> None:
    answer = server.http.post(path, json=SCRIPT | {"query": "tea"}, headers=owner(server))
    assert (answer.status_code, [name for name in NOTICES if name in answer.headers]) == (200, [])


def test_the_description_says_so_and_is_valid(server) -> None:
    document = server.http.get("/openapi.json").json()
    validate(document)
    old, new = document["paths"][V1]["post"], document["paths"][V2]["post"]
    assert old["deprecated"] is True
    assert "deprecated" not in new
    assert set(old["responses"]["200"]["headers"]) >= {"Deprecation", "Sunset", "Link"}
    assert "Deprecation" not in new["responses"]["200"]["headers"]
    assert [parameter["in"] for parameter in old["parameters"] if parameter["name"] == "prompt"] == ["query"]
    assert set(new["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}


def test_a_page_of_another_port_can_read_the_notice(server) -> None:
    answer = server.http.post(V1, params={"prompt": TEA}, headers=owner(server, origin="http://localhost:8888"))
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed.issuperset(NOTICES)
