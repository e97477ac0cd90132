"""Each claim holds for the lab server, and is red where somebody spoils just that."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from spoilt import SPOILT, Spoiling
from upstream import Upstream, refuses

from labserver.parity.__main__ import LAB
from labserver.parity.claims import CLAIMS, Claim
from labserver.parity.report import verdicts
from labserver.parity.target import Target
from labserver.parity.verdict import Verdict
from labserver.providers.presets import PRESETS

BY_ID = {claim.id: claim for claim in CLAIMS}
SEEN_ONLY_WHEN_IT_HAPPENS = {"header.retry-after"}
AskedOf = Callable[..., dict[str, Verdict]]


@pytest.fixture(scope="module")
def quick(start_for_all) -> Any:
    """A lab server whose model does not wait."""
    return start_for_all("--solo", "--time-scale", "0")


@pytest.fixture
def asked(quick) -> Iterator[AskedOf]:
    """Verdicts by id: of some claims, or of all, each answer spoilt or as it is; `plan` is a fault of every answer."""
    targets: list[Target] = []

    def ask(*claims: Claim, spoil=None, plan: str = "", url: str = "", preset=LAB) -> dict[str, Verdict]:
        key = quick.sandbox()
        if plan:
            rule = {"plan": plan, "every": 1}
            quick.http.post("/lab/faults", json=rule, headers={"x-api-key": key}).raise_for_status()
        transport = Spoiling(spoil) if spoil else None
        targets.append(Target(preset, url=url or f"{quick.url}/v1", model="tea-small", key=key, transport=transport))
        return {verdict.id: verdict for verdict in verdicts(targets[-1], claims or CLAIMS)}

    yield ask
    for target in targets:
        target.close()


def outcomes(found: dict[str, Verdict], outcome: str) -> set[str]:
    return {name for name, verdict in found.items() if verdict.outcome == outcome}


def test_the_lab_server_holds_every_claim_of_its_lessons(asked: AskedOf) -> None:
    found = asked()
    assert not [verdict for verdict in found.values() if verdict.outcome == "differs"]
    assert outcomes(found, "not seen") == SEEN_ONLY_WHEN_IT_HAPPENS
    assert outcomes(found, "not offered") == set()


@pytest.mark.parametrize("name", BY_ID)
def test_a_claim_is_red_where_just_that_is_spoilt(asked: AskedOf, name: str) -> None:
    before = [BY_ID["stop.hidden"]] if name == "header.retry-after" else []  # which meets the 429
    verdict = asked(*before, BY_ID[name], spoil=SPOILT[name])[name]
    assert verdict.outcome == "differs", f"{name} holds though it was spoilt"
    assert verdict.seen
    assert "another shape" not in verdict.seen or name == "stream.sdk", "the claim says what it saw, in its own words"


def test_every_claim_has_its_own_words_and_a_way_to_go_red() -> None:
    assert set(SPOILT) == set(BY_ID)
    assert len(BY_ID) == len(CLAIMS) == len({claim.says for claim in CLAIMS})
    assert all(re.fullmatch(r"\d\d", claim.lesson) for claim in CLAIMS)
    assert CLAIMS[-1].id == "header.retry-after", "it looks at every answer before it"


@pytest.mark.parametrize(
    ("plan", "red"),
    [
        ("no_done", {"stream.done"}),
        ("no_usage", {"usage.chunk", "usage.sum"}),
        ("late_error;after=2", {"stream.done", "stream.finish", "stream.sdk", "tools.json"}),
        ("cut;after=3", {"stream.done", "stream.finish", "stream.sdk"}),
        ("bad_json;after=2", {"stream.one-answer", "stream.sdk"}),
        ("rename_field;field=message;to=msg", {"whole.shape", "errors.four", "tools.whole"}),
        ("bom", {"stream.sdk"}),
    ],
)
def test_the_labs_own_faults_are_found(asked: AskedOf, plan: str, red: set[str]) -> None:
    found = asked(plan=plan)
    assert red <= outcomes(found, "differs"), {name: found[name] for name in red}
    assert "models.list" in outcomes(found, "holds")


def test_a_429_with_its_time_is_no_difference_of_that_claim(asked: AskedOf) -> None:
    found = asked(BY_ID["whole.shape"], BY_ID["header.retry-after"], plan="rate_limit;retry_after=3")
    assert (found["whole.shape"].outcome, found["header.retry-after"].outcome) == ("differs", "holds")
    assert "429" in found["whole.shape"].seen


def test_what_a_provider_says_it_does_not_do_is_no_failure(asked: AskedOf, upstream: Upstream) -> None:
    upstream.answers.append(refuses(400, "tools are not supported by this model"))
    found = asked(BY_ID["tools.json"], url=upstream.url)
    assert found["tools.json"].outcome == "not offered"
    assert "was answered 400: tools are not supported" in found["tools.json"].seen
    mistral = asked(BY_ID["usage.chunk"], url=upstream.url, preset=PRESETS["mistral"])
    assert mistral["usage.chunk"].seen == "Mistral does not take `stream_options`"


def test_a_provider_cannot_speak_to_the_terminal(asked: AskedOf, upstream: Upstream) -> None:
    upstream.answers.append(refuses(500, "\x1b[2Jall is well\x07"))
    assert asked(BY_ID["whole.shape"], url=upstream.url)["whole.shape"].seen.endswith("500: [2Jall is well")


def test_a_question_is_asked_once_for_all_claims_that_look_at_its_answer(asked: AskedOf, upstream: Upstream) -> None:
    looks = [claim for claim in CLAIMS if claim.id.startswith(("stream.d", "stream.f", "stream.r", "usage.c"))]
    assert len(looks) == 5
    asked(*looks, url=upstream.url)
    [only] = upstream.chats
    assert only.body["stream_options"] == {"include_usage": True}
    assert json.dumps(only.body).count("green tea") == 1
