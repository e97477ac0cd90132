"""Where an answer is tried: fresh sandboxes, the learner's code under a time limit. Judges nothing by itself."""

import asyncio
import inspect
import linecache
import sysconfig
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self

import httpx2

from labkit.checks import crash
from labkit.checks.calling import Called, in_loop, in_thread
from labkit.checks.own_server import NotServing, OwnServer
from labkit.checks.prints import Prints
from labkit.checks.proof import brief
from labkit.exchange import Exchange
from labkit.outcome import Wrong
from labkit.witness import Witness

PATIENCE = 20.0  # seconds for one call of the learner's code
LONGEST = 160  # characters of an error's message
TELLING = 8  # characters: a shorter piece of a key tells nobody anything
LABKIT = Path(__file__).parent.parent
OURS = (LABKIT, LABKIT.parent / "leafkettle", Path(sysconfig.get_path("stdlib")))  # no learner's code lies in these


class NotStarted(Exception):
    """The answer is still the stub."""


class Crashed(Exception):
    """The learner's code raised something; the message says what and on which of their lines.

    `seen` is what the server says about it, `proof` the last exchange before it, `look` where to look next; `belief`
    is the id of the misconception that such an error looks like.
    """

    def __init__(
        self, what: str, *, seen: str = "", proof: str = "", look: str = crash.DEFAULT, belief: str = ""
    ) -> None:
        super().__init__(what)
        self.seen = seen
        self.proof = proof
        self.look = look
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

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """What the server says to the check itself, with the scene's key; ask after the journal was read."""
        headers = {"authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        with httpx2.Client(base_url=self.base_url, trust_env=False, verify=False, timeout=10) as http:
            return http.request(method, path, headers=headers, **options)


@dataclass(slots=True)
class Bench:
    """Use it with `with`: the sandboxes that it made end with it. `keys` are those that no card may show.

    `loop` is the kernel's own, where an async answer runs; the judge itself is then in another thread. `prints` is
    what the answer printed.
    """

    url: str
    exercise: str
    patience: float = PATIENCE
    keys: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    prints: Prints = field(default_factory=Prints)
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
        """Run the learner's code: a function, a class, a method of what a class made; async ones are awaited.

        Raises NotStarted, Crashed, or Wrong (it hangs). A call that hangs is freed by closing its connections, which
        also ends a blocking read; an async one is cancelled.
        """
        value = self._outcome(scene, self._run(scene, answer, partial(answer, *args, **options)))
        if inspect.iscoroutine(value):  # made by a plain function, or awaited by nobody
            value.close()
            raise Wrong(
                "Your function gave back a coroutine: none of its lines has run.",
                expected="the result, which `await` gives",
                seen="a call of an `async def` function without `await` before it",
                look="who awaits it? Make your own function `async def` too, and write `await` before the call",
            )
        return value

    def items(
        self, scene: Scene, answer: Callable[..., Any], *args: Any, most: int | None = None, **options: Any
    ) -> list[Any]:
        """What the learner's generator yields, or its first `most`: then it is closed, as by a `break`."""

        def work() -> Any:
            made = answer(*args, **options)
            return _gathered(made, most) if isinstance(made, AsyncIterator) else _listed(made, most)

        found: list[Any] = self._outcome(scene, self._run(scene, answer, work))
        return found

    def serve(self, answer: Any) -> OwnServer:
        """The learner's own server in a process of its own, which ends with this bench. Raises as `call` does.

        `answer` is an ASGI application, or a function that makes one. What it prints is kept with the other prints.
        """
        try:
            server = OwnServer(answer, self.prints, self.patience)
        except NotServing as error:
            if error.kind == "NotImplementedError":
                raise NotStarted from None
            raise Crashed(str(error)) from None
        self._open.callback(server.end)
        return server

    def _run(self, scene: Scene, answer: Callable[..., Any], work: Callable[[], Any]) -> Called:
        free, plain = scene.witness.hang_up, inspect.isfunction(answer) and not inspect.isasyncgenfunction(answer)
        if self.loop is None or (plain and not inspect.iscoroutinefunction(answer)):
            return in_thread(work, f"answer {self.exercise}", self.patience, free, self.prints)
        return in_loop(self.loop, work, self.patience, free, self.prints)

    def _outcome(self, scene: Scene, called: Called) -> Any:
        if called.late:
            stuck = " It still runs: restart the kernel before you go on." if called.stuck else ""
            raise Wrong(
                f"Your code did not come back within {self.patience:g} seconds.{stuck}",
                expected="an answer, or an exception",
                seen="it waits for something that never comes",
                look="which line waits? A stream that has ended sends nothing more: what tells your loop to stop?",
            )
        if called.error is None:
            return called.value
        causes = list(_causes(called.error))
        if isinstance(causes[-1], NotImplementedError):
            raise NotStarted
        names = [kind.__name__ for cause in reversed(causes) for kind in type(cause).__mro__]
        last = next(reversed(scene.exchanges(wait=0.2)), None)
        raise Crashed(
            told(called.error),
            seen=crash.seen(scene.fault, last),
            proof=brief(last) if last else "",
            look=crash.look(names, last, below=_below(causes[-1])),
            belief=next((scene.beliefs[name] for name in names if name in scene.beliefs), ""),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


async def _gathered(made: AsyncIterator[Any], most: int | None) -> list[Any]:
    found: list[Any] = []
    try:
        while most is None or len(found) < most:
            found.append(await anext(made))
    except StopAsyncIteration:
        return found
    finally:
        if (close := getattr(made, "aclose", None)) is not None:
            await close()
    return found


def _listed(made: Iterable[Any], most: int | None) -> list[Any]:
    try:
        return list(islice(made, most))
    finally:
        if (close := getattr(made, "close", None)) is not None:
            close()


def _causes(error: BaseException) -> Iterable[BaseException]:
    """The error, and inside a group of errors the first one, down to one that is no group."""
    yield error
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
        yield error


def told(error: BaseException) -> str:
    """The error and the learner's own line that raised it; frames of ours and of libraries are left out."""
    causes = list(_causes(error))
    frames = [
        frame for cause in causes for frame in traceback.extract_tb(cause.__traceback__) if _learners(frame.filename)
    ]
    first = str(causes[-1]).split("\n")[0]
    message = first if len(first) <= LONGEST else f"{first[:LONGEST]} …"
    group = f"{type(error).__name__}, and in it " if len(causes) > 1 else ""
    where = ""
    if frames:
        line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
        names = [frame.name for frame in frames if not frame.name.startswith("<")]  # a comprehension has none
        where = f", in the line `{line}`" + (f" of {names[-1]}" if names else "")
    return f"{group}{type(causes[-1]).__name__}: {message}{where}"


def _below(error: BaseException) -> bool:
    """Whether it was raised in a library that the learner's line had called, and not in that line."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and not _learners(frames[-1].filename)


def _learners(filename: str) -> bool:
    path = Path(filename)
    library = "site-packages" in path.parts or filename.startswith("<frozen")
    return not library and not any(folder in path.parents for folder in OURS)
