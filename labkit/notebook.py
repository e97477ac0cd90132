"""What a notebook holds: a sandbox of its own and five verbs. Knows the other rooms; speaks no HTTP itself."""

import textwrap
from asyncio import AbstractEventLoop
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from labkit import checks, counsel, reach, render, runtime, session, shelf, source, workspace
from labkit.attempt import Attempt
from labkit.card import show
from labkit.exchange import Exchange
from labkit.outcome import Outcome
from labkit.progress import Progress
from labkit.witness import Witness

COLUMNS = 96  # of a hint: a notebook breaks a longer line wherever its window ends, also inside a word


@dataclass(frozen=True, slots=True, repr=False)
class Wire:
    """One exchange and its text. In a notebook it shows the text; `exchange` has everything that the server saw."""

    exchange: Exchange
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, repr=False)
class Rules:
    """The faults in force, and their text, which a notebook shows."""

    rules: list[dict[str, Any]]
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(slots=True, repr=False)
class Lab:
    """A lesson's lab. `url`, `ws_url` and `key` are for your code; five verbs are for you.

    They are wire, fault, check, hint and solution.
    """

    lesson: str
    url: str
    key: str
    witness: Witness
    home: str
    progress: Progress
    course: Path
    _answers: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Lab {self.lesson}: a sandbox of your own, seeded so that everyone sees the same."

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def browser_url(self) -> str:
        """Where your browser finds this lab; your code uses `url`. Behind a hub it is a path inside Jupyter."""
        return reach.for_browser(self.url)

    def wire(self, nth: int = -1, *, raw: bool = False, wait: float = 2.0, show: str = "", origin: str = "lab") -> Wire:
        """The last exchange (or the `nth`, counted as in a list) as it crossed the wire.

        Waits up to `wait` seconds for open exchanges to end. `raw` shows every byte but keys, `show="ratelimit"` also
        the rate limit's headers, `show="timing"` the one that says how long it took; `origin="stranger"` what the
        second origin saw. Raises LookupError with what to do where there is no such exchange.
        """
        seen = self.witness.exchanges(wait=wait, origin=origin)
        try:
            exchange = seen[nth]
        except IndexError:
            count = "no request" if not seen else f"only {len(seen)} request{'s' if len(seen) > 1 else ''}"
            raise LookupError(
                f"The server saw {count} of this lab. Did yours carry the key, lab.key? Without it, it is nobody's."
            ) from None
        return Wire(exchange, render.wire(exchange, raw=raw, show=show))

    def fault(
        self,
        plan: str | None,
        *,
        path: str = "*",
        first: int | None = None,
        every: int | None = None,
        probability: float | None = None,
        ttl: float | None = None,
    ) -> str:
        """Break the next answer (or the `first` few) on purpose, as `plan` says. None takes all rules back.

        `path` is a shell-style pattern. `every` breaks only every so many-th answer, `probability` by seeded chance,
        `ttl` for so many seconds: these go on until they are taken back, unless `first` says how often.
        """
        if not plan:
            self.witness.clear_faults()
            return "no faults"
        return self.witness.add_fault(plan, path=path, first=first, every=every, probability=probability, ttl=ttl)

    def faults(self) -> "Rules":
        """The rules that are in force, and what else there is to break."""
        rules, table = self.witness.faults()
        return Rules(rules, render.rules(rules, table))

    def check(self, exercise: str, answer: Callable[..., Any] | None = None) -> Attempt | None:
        """Try an answer against a fresh sandbox and say what the server saw. An async one: `await lab.check(…)`."""
        self._answers[checks.known(exercise)] = answer
        if checks.awaits(exercise, answer):
            return Attempt(exercise, partial(self._tried, exercise, answer))
        show(self._tried(exercise, answer))
        return None

    def _tried(self, exercise: str, answer: Any, loop: AbstractEventLoop | None = None) -> Outcome:
        """The outcome, noted at once: whatever happens to this kernel next, it is not lost."""
        after = counsel.unsolved(self.course, self.progress, exercise)
        outcome = checks.run(exercise, answer, self.home, keys=[self.key], loop=loop, after=after)
        self.progress.attempt(outcome)
        return outcome

    def hint(self, exercise: str) -> None:
        """The next step of this exercise's hints; the first one speaks to what the last attempt looked like."""
        print(_in_lines(counsel.hint(self.course, self.progress, exercise)))

    def solution(self, exercise: str, *, insist: bool = False) -> None:
        """A solution with its explanation, beside what you checked last: after a pass, three attempts, or insisting."""
        have = source.of(self._answers.get(exercise))
        print(counsel.solution(self.course, self.progress, exercise, insist=insist, have=have))

    def stop(self) -> None:
        """Close this lab's own door (`labkit.open(..., own_door=True)`): whoever knocks now is refused."""
        self.witness.close_door()

    def start(self) -> None:
        """Open this lab's own door again."""
        self.url = self.witness.open_door()


def open(lesson: str, *, own_door: bool = False) -> Lab:
    """A lab for this lesson: the server found or started, a fresh sandbox in it, seeded by the lesson's number.

    `own_door` gives the sandbox a port of its own, which `lab.stop()` closes and `lab.start()` opens again. Raises
    LookupError for a lesson that does not exist and SessionError, with the cure, where no server is to be had.
    """
    course = workspace.course_root()
    seed = int(shelf.lesson(course, lesson).id)
    server = session.ensure()
    session.keep_alive(server)
    witness = Witness.of_new_sandbox(server.url, seed=seed)
    url = witness.open_door() if own_door else server.url
    here = runtime.environment()
    progress = Progress(here.progress, here.slip)
    return Lab(lesson, url, witness.key, witness, server.url, progress, course)


def _in_lines(text: str) -> str:
    """The text in lines that end between two words."""
    return textwrap.fill(text, COLUMNS, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
