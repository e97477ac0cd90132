"""What the learner's code prints, kept apart from the cell that checks it, and bounded. Knows streams; judges nothing.

`sys.stdout` and `sys.stderr` are replaced once by routers that stay. A router asks whose print it is: a context that
runs an answer (its thread, its tasks, and the threads that it starts meanwhile) writes into that answer's `Prints`;
everybody else writes where they always did. What an answer prints after its check is over goes nowhere: it must not
land in another cell.
"""

import sys
import threading
from contextvars import Context, ContextVar, copy_context
from typing import Any
from weakref import WeakKeyDictionary

MOST = 4000  # characters kept of each stream of one check
NAMES = ("stdout", "stderr")

_keeper: ContextVar["Prints | None"] = ContextVar("wirelab_prints", default=None)
_strangers: list["Prints"] = []  # whose threads, started during a call, carry no context
_leftovers: WeakKeyDictionary[threading.Thread, "Prints"] = WeakKeyDictionary()  # threads that outlived their call


class Prints:
    """What one check's answer printed: `stdout` and `stderr`, each its first MOST characters."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {name: [] for name in NAMES}
        self._sizes = dict.fromkeys(NAMES, 0)
        self._known: frozenset[int | None] = frozenset()
        self._lock = threading.Lock()

    @property
    def stdout(self) -> str:
        return self._text("stdout")

    @property
    def stderr(self) -> str:
        return self._text("stderr")

    def add(self, name: str, text: str) -> None:
        with self._lock:
            room = MOST - self._sizes[name]
            self._sizes[name] += len(text)
            if room > 0:
                self._pieces[name].append(text[:room])

    def context(self) -> Context:
        """A context in which prints come here, for a thread or a task."""
        _install()
        context = copy_context()
        context.run(_keeper.set, self)
        return context

    def __enter__(self) -> "Prints":
        """While this is open, threads that nobody knew before count as the answer's."""
        _install()
        self._known = frozenset(thread.ident for thread in threading.enumerate())
        _strangers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _strangers.remove(self)
        for thread in threading.enumerate():
            if self.owns(thread.ident):
                _leftovers.setdefault(thread, self)

    def owns(self, ident: int | None) -> bool:
        return ident not in self._known

    def _text(self, name: str) -> str:
        with self._lock:
            more = self._sizes[name] - MOST
            text = "".join(self._pieces[name])
        return f"{text}\n… and {more} more characters" if more > 0 else text


class Router:
    """Stands where sys.stdout or sys.stderr stood; for whoever is no answer it is that stream."""

    def __init__(self, name: str, stream: Any) -> None:
        self._name = name
        self._stream = stream

    def write(self, text: str) -> int:
        keeper = _whose()
        if keeper is None:
            self._stream.write(text)
        else:
            keeper.add(self._name, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _whose() -> Prints | None:
    keeper = _keeper.get()
    if keeper is not None:
        return keeper
    here = threading.current_thread()
    return next((prints for prints in _strangers if prints.owns(here.ident)), _leftovers.get(here))


def _install() -> None:
    for name in NAMES:
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Router):
            setattr(sys, name, Router(name, stream))
