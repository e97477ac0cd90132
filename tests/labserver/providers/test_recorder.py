"""What is written down and what is not, in which files, and how much of it."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from upstream import HOLD, Answer, Upstream, chunk, says

from labserver.errors import BudgetSpent, LabError, ProviderFailed
from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, Usage
from labserver.providers import recorder, tape
from labserver.providers.presets import PRESETS
from labserver.providers.recorder import Recorded, Recorder, name_of
from labserver.providers.remote import Remote
from labserver.providers.tapes import read_folder

KEY = "sk-operator-0123456789abcdef"
SAID: list[StreamEvent | LabError] = [Start("gpt-4o-mini"), Text("Tea"), End("stop"), Usage(11, 1)]


def asking(question: str = "What is tea?") -> ChatRequest:
    return ChatRequest((Message("user", question),), "gpt-4o-mini")


async def saying(*told: StreamEvent | LabError) -> AsyncIterator[StreamEvent]:
    for said in told:
        if isinstance(said, LabError):
            raise said
        yield said


async def passed(folder: Path, *told: StreamEvent | LabError, question: str = "What is tea?") -> list[StreamEvent]:
    async with aclosing(Recorder(folder).through(saying(*(told or SAID)), asking(question), "openai")) as events:
        return [event async for event in events]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_nothing_changes_for_the_one_who_listens(tmp_path: Path) -> None:
    assert await passed(tmp_path / "new" / "folder") == SAID
    assert names(tmp_path / "new" / "folder") == ["what-is-tea.jsonl"]


async def test_each_answer_has_a_file_of_its_own_that_says_what_was_asked(tmp_path: Path) -> None:
    for question in ("What is tea?", "what is TEA", "茶?", f"My key is {KEY}, and so on and on and on it goes"):
        await passed(tmp_path, question=question)
    assert names(tmp_path) == [
        "my-key-is-key-and-so-on-and-on-and-on-it.jsonl", "recording.jsonl", "what-is-tea-2.jsonl", "what-is-tea.jsonl",
    ]  # fmt: skip
    assert read_folder(tmp_path).bad == {}


async def test_a_failure_is_kept_and_still_raised_and_our_own_refusals_are_not_kept(tmp_path: Path) -> None:
    for error, kept in ((ProviderFailed("Broke."), ["what-is-tea.jsonl"]), (BudgetSpent("Spent."), [])):
        folder = tmp_path / error.code
        with pytest.raises(type(error)):
            await passed(folder, Start("m"), Text("Tea"), error)
        assert names(folder) == kept
    assert [len(tape.rows) for tape in read_folder(tmp_path / "PROVIDER_FAILED").good.values()] == [3]


async def test_an_answer_that_its_client_left_is_not_kept(tmp_path: Path) -> None:
    events = Recorder(tmp_path).through(saying(*SAID), asking(), "openai")
    async with aclosing(events):
        assert await anext(events) == SAID[0]
        assert await anext(events) == SAID[1]
    assert names(tmp_path) == []


async def test_too_much_for_one_file_or_one_folder_is_told_to_the_log_alone(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    from labserver import logs

    logs.install("warning", "json", sys.stderr)
    monkeypatch.setattr(recorder, "MOST_EVENTS", 50)
    monkeypatch.setattr(tape, "MOST_EVENTS", 50)
    monkeypatch.setattr(recorder, "MOST_FILES", 2)
    long = [SAID[0], *[Text("tea ")] * 60, *SAID[2:]]
    assert len(await passed(tmp_path, *long)) == 63
    assert names(tmp_path) == []
    for _ in range(3):
        assert await passed(tmp_path) == SAID
    assert len(names(tmp_path)) == 2
    gone = tmp_path / "gone"
    there = Recorder(gone)
    gone.rmdir()
    async with aclosing(there.through(saying(*SAID), asking(), "openai")) as events:
        assert [event async for event in events] == SAID
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in told] == ["not recorded"] * 3
    assert told[0]["why"] == "it has more than 50 events"
    assert told[1]["why"] == "the folder holds 2 recordings already"
    assert told[2]["why"] == "No such file or directory"


async def test_a_real_provider_is_recorded_under_the_name_of_the_model_that_answered(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.answers.append(says(f"The key is {KEY[:9]}", f"{KEY[9:]}."))
    remote = Remote(PRESETS["openai"], url=upstream.url, key=KEY, model="tiny")
    recorded = Recorded(remote, Recorder(tmp_path))
    assert (recorded.name, recorded.paced, recorded.models) == ("openai", False, remote.models)
    async with aclosing(recorded.stream(asking())) as events:  # type: ignore[type-var]
        said = [event async for event in events]
    await remote.close()
    assert f"{KEY}." in "".join(event.text for event in said if isinstance(event, Text)), "the client hears it all"
    kept = (tmp_path / "what-is-tea.jsonl").read_text()
    assert "operator" not in kept
    assert json.loads(kept.splitlines()[0])["answered_by"] == "tiny"


async def test_a_listener_who_goes_closes_the_provider_behind_the_recorder(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers.append(Answer([chunk({"content": "Tea"}), HOLD]))
    remote = Remote(PRESETS["vllm"], url=upstream.url)
    events = Recorded(remote, Recorder(tmp_path)).stream(asking())
    async with aclosing(events):  # type: ignore[type-var]
        assert [await anext(events), await anext(events)] == [Start("gpt-4o-mini"), Text("Tea")]
    assert upstream.asked().left.wait(5)
    await remote.close()
    assert names(tmp_path) == []


def test_a_name_is_made_of_the_question_and_leads_nowhere_else() -> None:
    for question in ("../../etc/passwd", "/etc/passwd", "a\0b", "..", "CON: " + "x" * 99):
        assert set(name_of(asking(question))) <= set("abcdefghijklmnopqrstuvwxyz-0123456789")
        assert 0 < len(name_of(asking(question))) <= 40
