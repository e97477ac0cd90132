"""What a route says when its real provider does not answer stands in its OpenAPI: the status, and the code."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from upstream import Answer, Upstream, refuses

PROMPT = {"prompt": "tea"}
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "tea"}]}
ROUTES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": CHAT,
    "/v1/responses": {"model": "gpt-4o-mini", "input": "tea"},
    "/api/v1/query": {"query": "tea"},
    "/api/v1/query/stream": {"query": "tea"},
    "/api/v1/generate": PROMPT,
    "/api/v2/generate": PROMPT,
}
every_route = pytest.mark.parametrize("path", ROUTES)
OURS = {502: {"PROVIDER_REFUSED", "PROVIDER_FAILED", "PROVIDER_UNREACHABLE"}, 504: {"PROVIDER_TIMEOUT"}}


@pytest.fixture(scope="module")
def real(there: Upstream, start_for_all) -> Iterator[Any]:
    """A server for many with a real provider, and its description."""
    yield start_for_all("--provider", "ollama", "--provider-url", there.url)


@pytest.fixture(scope="module")
def promises(real) -> dict[str, Any]:
    """path -> status -> the examples' errors."""
    document = real.http.get("/openapi.json").json()

    def told(path: str) -> dict[str, list[dict[str, Any]]]:
        responses = document["paths"][path]["post"]["responses"]
        contents = {status: said.get("content", {}).get("application/json", {}) for status, said in responses.items()}
        return {
            status: [example["value"]["error"] for example in content.get("examples", {}).values()]
            for status, content in contents.items()
        }

    return {path: told(path) for path in ROUTES}


def ask(real, path: str, key: str | None, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    asked = {"params": PROMPT} if path == "/api/v1/generate" else {"json": ROUTES[path] | more}
    return real.http.post(path, headers=headers, **asked)


@every_route
@pytest.mark.parametrize(
    "answer",
    [
        refuses(401, "no"),
        refuses(500, "no"),
        refuses(504, "no"),
        refuses(503, "no", retry_after="3"),
        refuses(429, "no", retry_after="3"),
    ],
    ids=["key", "failed", "slow", "overloaded", "limited"],
)
def test_a_refusal_of_the_provider_has_a_status_and_a_code_that_are_promised(
    real, promises, upstream: Upstream, path: str, answer: Answer
) -> None:
    upstream.answers.append(answer)
    said = ask(real, path, real.sandbox())
    assert said.status_code >= 400, said.text
    examples = promises[path][str(said.status_code)]
    assert said.json()["error"]["code"] in {example["code"] for example in examples}
    assert {frozenset(example) for example in examples} == {frozenset(said.json()["error"])}


@every_route
def test_what_only_a_real_provider_can_refuse_is_promised_in_the_dialect_of_the_route(promises, path: str) -> None:
    told = promises[path]
    assert {"429", "502", "504"} <= told.keys()
    codes = {status: {example["code"] for example in told[str(status)]} for status in (429, 502, 504)}
    if path.startswith("/v1"):
        assert codes[502] == codes[504] == {"server_error"}
        assert codes[429] == {"insufficient_quota", "rate_limit_exceeded"}
    else:
        assert {status: codes[status] for status in OURS} == OURS
        assert codes[429] == {"BUDGET_SPENT", "RATE_LIMITED"}


@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/api/v1/generate"])
def test_the_open_sandbox_is_refused_as_it_is_promised(real, promises, path: str) -> None:
    said = ask(real, path, None, model="ollama/anything")
    assert said.status_code == 403, said.text
    assert said.json()["error"] in [{**example} for example in promises[path]["403"]]


@every_route
def test_what_any_route_refuses_is_still_promised_beside_it(promises, path: str) -> None:
    forbidden = json.dumps(promises[path]["403"])
    assert "scope" in forbidden
    assert "x-lab-fault" in forbidden
