"""The terminal's verbs against this home's own server, as they are typed: real processes, real pipes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import Open, Terminal

from labkit import runtime, session
from labkit.witness import Witness


@pytest.fixture(scope="module")
def running(shared_home: Path) -> runtime.Server:
    return session.ensure()


@pytest.fixture
def sandbox(running: runtime.Server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(running.url, seed=7) as witness:
        yield witness


@pytest.fixture
def terminal() -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*words: str, **how: object) -> Terminal:
        opened.append(Terminal(*words, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for each in opened:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()
        os.close(each.end)
