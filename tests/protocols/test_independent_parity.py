"""What `wirelab parity` finds at LiteLLM's proxy: where it is not OpenAI, as it stands in docs/parity.md.

A newer LiteLLM may have mended something: then the row goes, here and there.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from independent import KEY, Independent

from labserver.parity.__main__ import main

pytestmark = pytest.mark.timeout(240)  # the proxy takes its time to start

# What differs with a lab server behind it, and words of what is seen; all else holds.
DIFFERS = {
    "usage.chunk": 'choices is [{"index": 0, "delta": {}}]',
    "usage.null": "a chunk has no `usage`",
    "choices.n": "choice 1 has 0 finish reasons",
    "errors.four": "with provider_specific_fields too",
    "errors.401": "a wrong key is answered 400: No connected db.",
    "errors.404": "an unknown model is answered 400",
    "header.request-id": "x-litellm-call-id",
    "header.rate-limit": "only x-ratelimit-limit-requests",
    "responses.names": "event message carries the type response.created",
    "responses.end": "the last event is [DONE]",
}
NOT_OFFERED = {"header.processing"}
NOT_SEEN = {"header.retry-after"}
# Its own mock says its sentence whatever it is asked for.
DEAF = {"limit.length", "stop.hidden", "tools.json", "json.object", "errors.400", "stream.role"}


@pytest.fixture
def found(independent: Independent, capsys, monkeypatch):
    monkeypatch.setenv("VLLM_API_KEY", KEY)

    def ask(model: str) -> dict[str, dict[str, Any]]:
        assert main(["--provider", "vllm", "--base-url", independent.url, "--model", model, "--json"]) == 1
        said = capsys.readouterr().out
        assert KEY not in said
        return {claim["id"]: claim for claim in json.loads(said)["claims"]}

    return ask


def named(claims: dict[str, dict[str, Any]], outcome: str) -> set[str]:
    return {name for name, claim in claims.items() if claim["outcome"] == outcome}


def test_it_differs_in_just_what_the_documentation_says(found) -> None:
    claims = found("tea")
    assert named(claims, "differs") == set(DIFFERS), {name: claims[name]["seen"] for name in named(claims, "differs")}
    assert (named(claims, "not offered"), named(claims, "not seen")) == (NOT_OFFERED, NOT_SEEN)
    assert {name: words for name, words in DIFFERS.items() if words not in claims[name]["seen"]} == {}


def test_a_model_that_hears_nothing_is_found_out(found) -> None:
    assert named(found("canned"), "differs") >= DEAF


def test_the_documentation_names_each_difference() -> None:
    told = (Path(__file__).parents[2] / "docs" / "parity.md").read_text(encoding="utf-8")
    assert [name for name in DIFFERS if f"`{name}`" not in told] == []
