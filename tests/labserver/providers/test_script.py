import pytest

from labserver.errors import InvalidRequest, ProcessingFailed
from labserver.events import ChatRequest, Message, Start, Text
from labserver.providers.delivery import deliver
from labserver.providers.script import Script, parse


def test_it_plays_the_deltas_that_the_last_user_message_spells(ask) -> None:
    answer = ask("Not | this", "nor this", "Green| tea| is|{finish=length}", provider=Script())
    assert answer.deltas() == ["Green", " tea", " is"]
    assert answer.ends == {0: "length"}
    assert answer.usage.completion_tokens == 3


def test_a_bar_behind_a_backslash_is_said(ask) -> None:
    assert ask(r"a \| b|c", provider=Script()).deltas() == ["a | b", "c"]


@pytest.mark.parametrize("script", ["", "|", "||", "{finish=stop}"])
def test_a_script_without_words_ends_cleanly(ask, script: str) -> None:
    answer = ask(script, provider=Script())
    assert answer.deltas() == []
    assert answer.ends == {0: "stop"}


def test_braces_that_are_no_directive_are_said(ask) -> None:
    assert ask('{"tea": 1}|{x}|a {finish=stop}', provider=Script()).deltas() == ['{"tea": 1}', "{x}", "a {finish=stop}"]


def test_an_error_comes_after_the_words_before_it() -> None:
    events = deliver(ChatRequest((Message("user", ""),), "script"), [parse("Green| tea|{error=the kettle fell over}")])
    assert [next(events) for _ in range(3)] == [Start("script"), Text("Green"), Text(" tea")]
    with pytest.raises(ProcessingFailed, match="the kettle fell over"):
        next(events)


@pytest.mark.parametrize(
    ("script", "cure"),
    [
        ("a|{pause=3}", r"\{pause=\.\.\.\}.*\{finish=\.\.\.\} and \{error=\.\.\.\}"),
        ("a|{finish=tired}", "stop, length, content_filter"),
        ("a|{finish=stop}|b", "last piece"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_before_it_starts(ask, script: str, cure: str) -> None:
    started: list[object] = []

    async def play() -> None:
        async for event in Script().stream(ChatRequest((Message("user", script),), "script")):
            started.append(event)

    with pytest.raises(InvalidRequest, match=cure):
        play().send(None)
    assert started == []


def test_limits_and_stops_cut_a_script_as_they_cut_a_model(ask) -> None:
    assert ask("a|b|c|{error=late}", provider=Script(), max_tokens=2).ends == {0: "length"}
    assert ask("ab|cd|ef", provider=Script(), stop=("de",)).deltas() == ["ab", "c"]


def test_each_choice_plays_the_whole_script(ask) -> None:
    answer = ask("a|b|{finish=content_filter}", provider=Script(), n=3)
    assert answer.deltas() == ["a", "a", "a", "b", "b", "b"]
    assert answer.ends == {0: "content_filter", 1: "content_filter", 2: "content_filter"}
    assert answer.usage.completion_tokens == 6
