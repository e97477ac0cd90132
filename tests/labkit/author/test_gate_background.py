"""Prints behind the reader's back: every way to start something, and what may print all the same."""

from typing import Any

import pytest

from labkit.author.gates.background import STARTERS, background

HEAD = "def tell():\n    print(1)\n\n\ndef deeper():\n    tell()\n\n\ndef quiet():\n    heard.append(1)\n\n\n"
STARTS = {
    "Thread": "threading.Thread(target={})",
    "Timer": "Timer(1, {})",
    "submit": "pool.submit({})",
    "to_thread": "await asyncio.to_thread({})",
    "run_in_executor": "await loop.run_in_executor(None, {})",
    "call_soon": "loop.call_soon({})",
    "call_later": "loop.call_later(1, {})",
    "call_soon_threadsafe": "loop.call_soon_threadsafe({})",
    "add_done_callback": "task.add_done_callback({})",
    "create_task": "asyncio.create_task({}())",
    "ensure_future": "asyncio.ensure_future({}())",
    "start_new_thread": "_thread.start_new_thread({}, ())",
}


def found(bench: Any, source: str) -> list[str]:
    return [problem.what for problem in background(bench.page(bench.code(HEAD), bench.code(source)))]


def test_every_starter_is_tried_below() -> None:
    assert set(STARTS) == set(STARTERS)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", ["tell", "deeper", "print"])
def test_a_function_that_prints_is_found_in_every_starter(bench: Any, start: str, name: str) -> None:
    assert found(bench, STARTS[start].format(name)) == [f"line 1 prints in the background, by {start}."]


@pytest.mark.parametrize("start", STARTS.values())
def test_a_function_that_collects_passes(bench: Any, start: str) -> None:
    assert found(bench, start.format("quiet")) == []


def test_a_lambda_and_a_method_are_looked_into(bench: Any) -> None:
    source = (
        "class Cup:\n    def fill(self):\n        print(1)\n\n\nThread(target=Cup().fill)\nTimer(1, lambda: tell())"
    )
    assert len(found(bench, source)) == 2


def test_a_task_group_waits_in_its_own_cell(bench: Any) -> None:
    source = "async with asyncio.TaskGroup() as group:\n    group.create_task(tell())"
    assert found(bench, source) == []
    assert len(found(bench, source.replace("group.create", "asyncio.create"))) == 1


def test_a_function_that_calls_itself_ends_the_search(bench: Any) -> None:
    assert found(bench, "def on():\n    on()\n\n\nThread(target=on)") == []
