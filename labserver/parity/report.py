"""The claims looked at one after another, and the verdicts as text or JSON. Knows the table, and no provider."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import openai

from labserver.parity.claims import CLAIMS, Claim
from labserver.parity.heard import short
from labserver.parity.target import Target
from labserver.parity.verdict import Differs, NotOffered, NotSeen, Outcome, Verdict

OUTCOMES: tuple[Outcome, ...] = ("holds", "differs", "not offered", "not seen")


def verdicts(target: Target, claims: Sequence[Claim] = CLAIMS) -> Iterator[Verdict]:
    for claim in claims:
        outcome, seen = _looked(target, claim)
        yield Verdict(claim.id, claim.says, claim.lesson, outcome, target.told(seen))


def _looked(target: Target, claim: Claim) -> tuple[Outcome, str]:
    try:
        claim.look(target)
    except Differs as error:
        return "differs", str(error)
    except NotOffered as error:
        return "not offered", str(error)
    except NotSeen as error:
        return "not seen", str(error)
    except (openai.OpenAIError, httpx2.HTTPError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        # A provider may send anything at all, so what a claim stumbles over is a finding and no crash of ours.
        return "differs", f"an answer of another shape: {type(error).__name__}: {short(str(error))}"
    return "holds", ""


def as_line(verdict: Verdict) -> str:
    line = f"{verdict.outcome:<12}{verdict.lesson}  {verdict.id:<20}{verdict.claim}"
    return f"{line}\n{'':<16}seen: {verdict.seen}" if verdict.seen else line


def summary(found: Sequence[Verdict]) -> str:
    count = Counter(verdict.outcome for verdict in found)
    return f"Of {len(found)} claims: {', '.join(f'{name} {count[name]}' for name in OUTCOMES)}."


def as_json(target: Target, found: Sequence[Verdict]) -> str:
    count = Counter(verdict.outcome for verdict in found)
    told: dict[str, Any] = {"provider": target.preset.name, "url": target.url, "model": target.model}
    told["counts"] = {name: count[name] for name in OUTCOMES}
    told["claims"] = [
        {"id": one.id, "claim": one.claim, "lesson": one.lesson, "outcome": one.outcome, "seen": one.seen}
        for one in found
    ]
    return json.dumps(told, indent=1, ensure_ascii=False)


def fails(found: Sequence[Verdict]) -> bool:
    return any(verdict.outcome == "differs" for verdict in found)
