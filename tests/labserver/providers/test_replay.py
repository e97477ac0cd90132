"""A recording is found by what is asked, or by its name, and told again as it was; or the error says what there is."""

import os
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from taped import CALL, EVENTS, FAILED, REFUSED, asks, put

from labserver.errors import (
    InvalidRequest,
    ModelNotFound,
    NotRecorded,
    ProviderFailed,
    RateLimited,
    Unavailable,
)
from labserver.events import Called, ChatRequest, End, Format, Message, Start, StreamEvent, Text, Tool, Usage
from labserver.pace import Pace
from labserver.providers import timing
from labserver.providers.mock import ALIASES
from labserver.providers.replay import Replay
from labserver.providers.tapes import MOST_FILES, read_folder
from labserver.settings import Settings

STOCK = Tool("get_stock", "How much is left", {"type": "object", "properties": {"tea": {"type": "string"}}})
OFFERED = [{"name": "get_stock", "parameters": {"properties": {"tea": {"type": "string"}}, "type": "object"}}]


def asking(*turns: str | Message, model: str = "gpt-4o-mini", **how: Any) -> ChatRequest:
    messages = tuple(Message("user", turn) if isinstance(turn, str) else turn for turn in turns)
    return ChatRequest(messages or (Message("user", "What is tea?"),), model, **how)


def playing(folder: Path, usual: bool = True) -> Replay:
    return Replay(read_folder(folder), usual=usual)


def words(replay: Replay, request: ChatRequest) -> str:
    return "".join(said.text for _, said in replay.rows(request) if isinstance(said, Text))


def says(folder: Path, name: str, text: str, at: float = 0.0, **header: Any) -> None:
    put(folder, name, EVENTS[0] | {"at": at}, EVENTS[1] | {"text": text, "at": 1}, *EVENTS[4:], **header)


async def told(replay: Replay, request: ChatRequest) -> list[StreamEvent]:
    async with aclosing(replay.stream(request)) as events:  # type: ignore[type-var]
        return [one async for one in events]


async def test_it_says_what_was_said_under_the_name_that_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "tea")
    replay = playing(tmp_path)
    said = [Start("gpt-4o"), Text("Tea"), Text(" is"), Text(" good"), End("stop"), Usage(11, 3, 2.4)]
    assert await told(replay, asking(model="gpt-4o")) == said
    assert [row.at for row in replay.rows(asking())] == [0.4, 0.5, 2.0, 2.1, 2.2, 2.4]


@pytest.mark.parametrize("question", [" What  is\ntea? ", "What is tea?\r\n"])
def test_spaces_in_the_question_do_not_count(tmp_path: Path, question: str) -> None:
    put(tmp_path, "tea")
    assert words(playing(tmp_path), asking(question)) == "Tea is good"


def test_two_spellings_of_one_letter_are_the_same(tmp_path: Path) -> None:
    put(tmp_path, "tea", messages=asks("Gru\u0308ner Tee?"))
    assert words(playing(tmp_path), asking("Grüner Tee?")) == "Tea is good"


def test_what_steers_an_answer_does_not_count_for_it_is_as_it_was(tmp_path: Path) -> None:
    put(tmp_path, "tea")
    request = asking(temperature=0.1, max_tokens=1, stop=("is",), seed=99)
    assert words(playing(tmp_path), request) == "Tea is good"


def test_any_other_question_is_refused_with_the_names_of_what_there_is(tmp_path: Path) -> None:
    put(tmp_path, "tea")
    put(tmp_path, "coffee", messages=asks("What is coffee?"))
    (tmp_path / "torn.jsonl").write_text("{")
    with pytest.raises(NotRecorded) as caught:
        playing(tmp_path).rows(asking("What is mate?"))
    assert caught.value.status == 404
    assert caught.value.message == (
        'Nothing is recorded for "What is mate?". Recorded here: "What is coffee?" (replay:coffee); "What is tea?" '
        "(replay:tea). Files that cannot be played: 1; the server's log says why. Ask one of these as it stands, or by "
        "its name as model."
    )


def test_a_long_list_is_cut_and_an_empty_one_says_so(tmp_path: Path) -> None:
    for number in range(12):
        put(tmp_path, f"tea-{number:02}", messages=asks(f"What is tea {number}? {'long ' * 40}"))
    with pytest.raises(NotRecorded) as caught:
        playing(tmp_path).rows(asking())
    assert "(replay:tea-09); and 2 more, which /v1/models lists." in caught.value.message
    assert len(caught.value.message) < 1500
    with pytest.raises(NotRecorded, match=r"Recorded here: nothing\.$"):
        Replay(read_folder(tmp_path.parent), usual=True).rows(asking())


@pytest.mark.parametrize(
    ("how", "differs"),
    [
        ({"tools": (STOCK,)}, "tools"),
        ({"format": Format()}, "response_format"),
        ({"n": 2, "tools": (STOCK,)}, "tools and n"),
    ],
)
def test_the_same_question_under_other_conditions_is_named_as_such(tmp_path: Path, how: Any, differs: str) -> None:
    put(tmp_path, "tea")
    with pytest.raises(NotRecorded, match=f'"What is tea\\?" is recorded, but with other {differs}\\.'):
        playing(tmp_path).rows(asking(**how))


def test_tools_are_the_same_in_any_order_and_whatever_their_description(tmp_path: Path) -> None:
    put(tmp_path, "call", *CALL, tools=[*OFFERED, {"name": "a"}])
    rows = playing(tmp_path).rows(asking(tools=(Tool("a", "other words"), STOCK)))
    assert "".join(getattr(said, "arguments", "") for _, said in rows) == '{"tea": "sencha"}'


def test_what_tools_answered_is_part_of_the_question_but_ids_are_not(tmp_path: Path) -> None:
    turn = [
        *asks("Is there tea?"),
        {"role": "assistant", "calls": [{"name": "get_stock", "arguments": '{"a": 1, "b": 2}'}]},
    ]
    for stock in ("none", "12"):
        says(tmp_path, stock, f"There is {stock}.", messages=[*turn, {"role": "tool", "content": stock}], tools=OFFERED)
    put(tmp_path, "call", *CALL, messages=turn[:1], tools=OFFERED)
    called = Message("assistant", "", (Called("call_77", "get_stock", '{"b":2,"a":1}'),))
    replay = playing(tmp_path)
    for stock in ("none", "12"):
        request = asking("Is there tea?", called, Message("tool", stock, call_id="call_77"), tools=(STOCK,))
        assert words(replay, request) == f"There is {stock}."
    assert words(replay, asking("Is there tea?", tools=(STOCK,))) == ""
    with pytest.raises(NotRecorded):
        replay.rows(asking("Is there tea?", called, Message("tool", "3"), tools=(STOCK,)))


def test_of_several_the_whole_then_the_conversation_then_the_model_then_the_newest(tmp_path: Path) -> None:
    request = asking(Message("system", "Be short."), "What is tea?", model="gpt-4o")
    system = [{"role": "system", "content": "Be short."}, *asks("What is tea?")]
    put(tmp_path, "a", EVENTS[0], FAILED, messages=system, model="gpt-4o", recorded="2026-06-01T00:00:00+00:00")
    assert isinstance(playing(tmp_path).rows(request)[-1].said, ProviderFailed)
    for name, header in {
        "older": {"recorded": "2025-01-01T00:00:00+00:00"},
        "newer": {},
        "model": {"model": "gpt-4o", "recorded": "2024-01-01T00:00:00+00:00"},
        "conversation": {"messages": system, "recorded": "2023-01-01T00:00:00+00:00"},
    }.items():
        says(tmp_path, name, name, **header)
        expected = "newer" if name == "older" else name
        assert words(playing(tmp_path), request) == (name if name == "older" else expected)
    assert words(playing(tmp_path), asking()) == "newer"


async def test_a_failure_is_raised_where_it_was_and_a_new_one_each_time(tmp_path: Path) -> None:
    put(tmp_path, "broke", *EVENTS[:3], FAILED)
    put(tmp_path, "busy", REFUSED, messages=asks("And now?"))
    replay = playing(tmp_path)
    heard: list[StreamEvent] = []
    raised = []
    for _ in range(2):
        with pytest.raises(ProviderFailed, match="OpenAI failed in the middle") as caught:
            async with aclosing(replay.stream(asking())) as events:  # type: ignore[type-var]
                async for event in events:
                    heard.append(event)
        raised.append(caught.value)
    assert heard[:3] == [Start("gpt-4o-mini"), Text("Tea"), Text(" is")]
    assert raised[0] is not raised[1]
    with pytest.raises(RateLimited) as limited:
        await told(replay, asking("And now?"))
    assert limited.value.retry_after == 7


def test_its_name_plays_it_whatever_is_asked(tmp_path: Path) -> None:
    put(tmp_path, "tea")
    replay = playing(tmp_path, usual=False)
    assert replay.models == ("replay:tea",)
    assert words(replay, asking("Anything", model="replay:tea", tools=(STOCK,))) == "Tea is good"
    for name in ("replay:coffee", "replay:", "replay:../tea", "replay:/etc/passwd", f"replay:{'x' * 999}"):
        with pytest.raises(ModelNotFound, match=r"There is no recording `.{0,80}`\. Recorded here: \"What is tea\?\""):
            replay.rows(asking(model=name))


def test_choices_that_are_not_asked_for_are_left_out_and_missing_ones_are_an_error(tmp_path: Path) -> None:
    second = [line | {"choice": 1} for line in EVENTS[1:5]]
    both = sorted([*EVENTS, *second], key=lambda line: line["at"])
    put(tmp_path, "two", *both, n=2)
    replay = playing(tmp_path)
    assert words(replay, asking(n=2)) == "TeaTea is is good good"
    assert words(replay, asking(model="replay:two")) == "Tea is good"
    with pytest.raises(InvalidRequest, match="This recording has 2 of 3 choices"):
        replay.rows(asking(model="replay:two", n=3))


def test_odds_come_as_many_as_are_asked_for(tmp_path: Path) -> None:
    odds = [["Tea", -0.1], ["Mate", -2.0], ["Ale", -3.0]]
    put(tmp_path, "odds", EVENTS[0], EVENTS[1] | {"odds": odds}, *EVENTS[4:])
    replay = playing(tmp_path)
    kept = [len(replay.rows(asking(top_logprobs=wanted))[1].said.odds) for wanted in (None, 0, 1, 5)]  # type: ignore[union-attr]
    assert kept == [0, 1, 2, 3]


def test_it_takes_the_usual_names_only_where_it_stands_in_for_a_provider(tmp_path: Path) -> None:
    put(tmp_path, "tea", model="openai/gpt-5")
    assert set(playing(tmp_path).models) == {"replay:tea", "openai/gpt-5", *ALIASES}
    assert Replay.from_settings(Settings()).models == ()
    assert Replay.from_settings(Settings(recordings=tmp_path)).models == ("replay:tea",)
    assert "gpt-4o" in Replay.from_settings(Settings(recordings=tmp_path, provider="replay")).models
    with pytest.raises(Unavailable, match="Name it with --recordings"):
        Replay.from_settings(Settings(provider="replay"))
    with pytest.raises(Unavailable, match="There is no folder of recordings at"):
        Replay.from_settings(Settings(recordings=tmp_path / "nowhere"))


def test_a_question_with_a_key_in_it_is_found_though_the_recording_holds_none(tmp_path: Path) -> None:
    put(tmp_path, "key", messages=asks("Is lab-abc4[key*************] good?"))
    masked = "Is [key*******************] good?"
    put(tmp_path, "masked", messages=asks(masked))
    key = "sk-abcdefgh0123456789abc"[: len("[key*******************]")]
    assert words(playing(tmp_path), asking(f"Is {key} good?")) == "Tea is good"


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among files there, and links need a privilege")
def test_a_folder_is_read_in_order_of_names_and_every_bad_file_is_named(tmp_path: Path) -> None:
    folder, outside = tmp_path / "tapes", tmp_path / "outside.jsonl"
    put(folder, "tea")
    put(folder, "b")
    outside.write_text((folder / "tea.jsonl").read_text())
    (folder / "link.jsonl").symlink_to(outside)
    (folder / "inside.jsonl").symlink_to(folder / "tea.jsonl")
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()
    (folder / "a name.jsonl").write_text("")
    (folder / "notes.txt").write_text("no recording")
    tapes = read_folder(folder)
    assert list(tapes.good) == ["b", "inside", "tea"]
    assert tapes.bad == {
        "a name.jsonl": "its name is none for a model: use letters, digits, - _ and .",
        "folder.jsonl": "it is no file",
        "link.jsonl": "it is a link to a place outside this folder",
        "pipe.jsonl": "it is no file",
    }


def test_a_folder_has_no_more_recordings_than_a_list_of_models_should(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        put(tmp_path, f"t{number:04}")
    tapes = read_folder(tmp_path)
    assert len(tapes.good) == MOST_FILES
    assert tapes.bad == {f"t{MOST_FILES:04}.jsonl": "the folder has more than 500 recordings, and this is one too many"}


def test_its_moments_are_those_of_the_recording_at_the_speed_that_is_wished(tmp_path: Path) -> None:
    put(tmp_path, "tea")
    replay = playing(tmp_path)

    def moments(**how: float) -> list[float]:
        source = timing.moments(replay, asking(), Pace(**how), 1)
        return [next(source) for _ in range(5)]

    assert moments() == [0.5, 2.0, 2.1, 2.4, 2.4]
    assert moments(speed=4) == [0.125, 0.5, 0.525, 0.6, 0.6]
    assert moments(speed=0) == [0.0] * 5
    assert next(timing.moments(replay, asking("What?"), Pace(), 1)) == 0.0
