"""A clock for polls: waits are recorded and not waited, and a job ends when they add up. Knows one job of a scene."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

from labkit.checks import waits
from labkit.checks.bench import Scene
from labkit.checks.proof import counted, each, verdict
from labkit.checks.waits import Sleep
from labkit.exchange import Exchange
from labkit.outcome import Wrong

MANY = 100  # waits: whoever waits more often than this for one job does not stop by himself
PENDING = 202
LATE = 0.5  # seconds between two requests that nobody can need who does not sleep
ROUTES = ("/api/v1/result/*", "/api/v1/status/*")
LOG = "/api/v1/stream/"  # where the check itself waits for a job's end


class Enough(BaseException):
    """Ends a loop that would never end by itself. No Exception, so that no `except Exception` keeps it alive."""


class Patience(Sleep):
    """Stands where `time.sleep` stood. The job is over once the waits add up to `due` seconds, if not before.

    `most` ends a loop: it raises Enough when the waits add up to more. The job is the scene's last one.
    """

    def __init__(self, scene: Scene, *, due: float = float("inf"), most: float = 3600.0) -> None:
        super().__init__(scene)
        self._due = due
        self._most = most

    def __call__(self, seconds: float) -> None:
        super().__call__(seconds)
        total = sum(self.waits)
        if total > self._most or len(self.waits) > MANY:
            raise Enough
        if total >= self._due:
            self._due = float("inf")
            self._scene.ask("GET", f"{LOG}{submitted(self._scene.exchanges(wait=0))}")


def submit(scene: Scene, pace: str, fault: str = "", **question: Any) -> str:
    """Hand in a job of the check's own; gives its request_id."""
    headers = {"x-lab-pace": pace} | ({"x-lab-fault": fault} if fault else {})
    answer = scene.ask("POST", "/api/v1/infer", json=question, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["request_id"])


def exchanges(scene: Scene) -> list[Exchange]:
    """What the journal holds, but for the check's own wait, which came after every poll that was told to come again."""
    return [one for one in scene.exchanges() if not one.path.startswith(LOG)]


def submitted(seen: Sequence[Exchange]) -> str:
    """The request_id that the last submit was answered with; empty where there was none."""
    for one in reversed(seen):
        if one.method == "POST" and one.path == "/api/v1/infer" and one.status == 200:
            return str(json.loads(one.body)["request_id"])
    return ""


def polls(seen: Sequence[Exchange]) -> list[Exchange]:
    """The requests that asked for a job's status or result."""
    return [one for one in seen if one.method == "GET" and any(fnmatchcase(one.path, route) for route in ROUTES)]


def retry_after_kept(sleep: Sleep, seen: Sequence[Exchange], *, right: bool = False) -> None:
    """No poll came earlier than the answer before it had asked for; what follows the last poll may. Raises Wrong."""
    last = max((place for place, one in enumerate(seen, start=1) if polls([one])), default=0)
    waits.retry_after_kept(sleep, seen[:last], right=right)


def given_sleep(sleep: Sleep, asked: Sequence[Exchange], *, right: bool = False) -> None:
    """Whoever let time pass between two requests did it with the `sleep` that was given. Raises Wrong."""
    gaps = [after.opened - before.opened for before, after in pairwise(asked)]
    if gaps and not sleep.waits and max(gaps) > LATE:
        raise Wrong(
            verdict(right, "your function has waited, and not with the `sleep` that it was given."),
            expected="`sleep(…)`, the parameter: the check counts its seconds instead of waiting for them",
            seen=f"{counted(len(asked), 'poll')}, and `sleep` was never called",
            proof=each(asked, most=4),
            look="which `sleep` does your loop call: `time.sleep`, or the parameter of that name?",
        )
