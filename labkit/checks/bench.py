"""Where an answer is tried: fresh sandboxes, the learner's code under a time limit. Judges nothing by itself."""

import linecache
import sysconfig
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from labkit.exchange import Exchange
from labkit.outcome import Wrong
from labkit.witness import Witness

PATIENCE = 20.0  # seconds for one call of the learner's code
LONGEST = 160  # characters of an error's message
TELLING = 8  # characters: a shorter piece of a key tells nobody anything
OURS = (Path(__file__).parent.parent, Path(sysconfig.get_path("stdlib")))  # no learner's code lies in these


class NotStarted(Exception):
    """The answer is still the stub."""


class Crashed(Exception):
    """The learner's code raised something; the message says what and on which of their lines.

    `fault` is the plan that it met; `belief` is the id of the misconception that such an error looks like.
    """

    def __init__(self, what: str, fault: str, belief: str) -> None:
        super().__init__(what)
        self.fault = fault
        self.belief = belief


@dataclass(frozen=True, slots=True)
class Scene:
    """A sandbox made for one try: `base_url` and `key` go to the learner's code, the witness stays with the check.

    `fault` is what its answers suffer. `beliefs` names the misconception that an error of this class looks like here.
    """

    base_url: str
    key: str
    witness: Witness
    fault: str = ""
    beliefs: Mapping[str, str] = field(default_factory=dict)

    def exchanges(self, wait: float = 3.0) -> list[Exchange]:
        return self.witness.exchanges(wait=wait)


@dataclass(slots=True)
class Bench:
    """Use it with `with`: the sandboxes that it made end with it. `keys` are those that no card may show."""

    url: str
    exercise: str
    patience: float = PATIENCE
    keys: list[str] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)

    def scene(self, seed: int, *faults: str, door: bool = False, beliefs: Mapping[str, str] | None = None) -> Scene:
        """A fresh seeded sandbox. Each fault is a plan for one request, in order; `door` gives it a port of its own."""
        witness = Witness.of_new_sandbox(self.url, seed=seed)
        self._open.callback(witness.close)  # which comes last, also where the server cannot be told any more
        self._open.callback(witness.end)
        self.keys.append(witness.key)
        for plan in faults:
            witness.add_fault(plan)
        base_url = witness.open_door() if door else self.url
        return Scene(base_url, witness.key, witness, ", then ".join(faults), beliefs or {})

    def keyless(self, text: str) -> str:
        """The text without any key, or a piece of one: what a card prints is saved in the notebook."""
        for key in self.keys:
            for size in range(len(key), TELLING - 1, -1):
                for start in range(len(key) - size + 1):
                    text = text.replace(key[start : start + size], "[key]")
        return text

    def call(self, scene: Scene, answer: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run the learner's code. Raises NotStarted, Crashed, or Wrong (it hangs).

        A call that hangs is freed by closing its connections: that also ends a blocking read.
        """
        box: dict[str, Any] = {}

        def run() -> None:
            try:
                box["value"] = answer(*args, **options)
            except BaseException as error:  # also SystemExit: whatever the code does is an outcome, not our failure
                box["error"] = error

        thread = threading.Thread(target=run, name=f"answer {self.exercise}", daemon=True)
        thread.start()
        thread.join(self.patience)
        if thread.is_alive():
            scene.witness.hang_up()
            thread.join(2)
            stuck = " It still runs: restart the kernel before you go on." if thread.is_alive() else ""
            raise Wrong(
                f"Your code did not come back within {self.patience:g} seconds.{stuck}",
                expected="an answer, or an exception",
                seen="it waits for something that never comes",
                look="which line waits? A stream that has ended sends nothing more: what tells your loop to stop?",
            )
        if "error" not in box:
            return box["value"]
        error = box["error"]
        if isinstance(error, NotImplementedError):
            raise NotStarted
        looks_like = (scene.beliefs[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in scene.beliefs)
        raise Crashed(_told(error), scene.fault, next(looks_like, ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _told(error: BaseException) -> str:
    """The error and the learner's own line that raised it; frames of ours and of libraries are left out."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _learners(frame.filename)]
    first = str(error).split("\n")[0]
    message = first if len(first) <= LONGEST else f"{first[:LONGEST]} …"
    where = ""
    if frames:
        line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
        names = [frame.name for frame in frames if not frame.name.startswith("<")]  # a comprehension has none
        where = f", in the line `{line}`" + (f" of {names[-1]}" if names else "")
    return f"{type(error).__name__}: {message}{where}"


def _learners(filename: str) -> bool:
    path = Path(filename)
    library = "site-packages" in path.parts or filename.startswith("<frozen")
    return not library and not any(folder in path.parents for folder in OURS)
