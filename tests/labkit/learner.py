"""What a learner does in a lab: asks, reads, answers an exercise rightly and wrongly. Knows no test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from labkit import checks
from labkit.notebook import Lab

ROOT = Path(__file__).parents[2]
PATH = "/api/v1/query/stream"
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=2;jitter=0"}
SCRIPT = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
TEA = {"query": "How do I brew green tea?", "max_tokens": 12}
EXERCISE = "00.1"  # quick to judge
LADDER = checks.CHECKS[EXERCISE].hints

Open = Callable[..., Lab]


def ask(lab: Lab, body: dict[str, object] = SCRIPT, pace: dict[str, str] = FAST) -> requests.Response:
    """A streamed answer, still to be read."""
    headers = {"authorization": f"Bearer {lab.key}"} | pace
    return requests.post(lab.url + PATH, json=body, headers=headers, stream=True, timeout=10)


def read(lab: Lab, body: dict[str, object] = SCRIPT) -> bytes:
    with ask(lab, body) as answer:
        return answer.content


def right(base_url: str, name: str) -> Any:
    return requests.get(f"{base_url}/health", headers={"X-Learner": name}, timeout=5).json()


def believes_that_the_response_is_the_data(base_url: str, name: str) -> Any:
    return requests.get(f"{base_url}/health", headers={"X-Learner": name}, timeout=5)


def asks_nobody(base_url: str, name: str) -> Any:
    return {}
