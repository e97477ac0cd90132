import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from labserver.events import End, Text
from labserver.providers import tokens
from labserver.providers.mock import Mock
from labserver.providers.script import Script

TEA = "How do I brew green tea?"
ELSEWHERE = """
import asyncio, hashlib
from labserver.events import ChatRequest, Message
from labserver.providers.mock import Mock

async def events():
    request = ChatRequest((Message("user", {prompt!r}),), "tea-small", temperature=1.3, n=3, seed=7)
    return [event async for event in Mock().stream(request)]

print(hashlib.sha256(repr(asyncio.run(events())).encode()).hexdigest())
"""


def test_the_same_request_gets_the_same_events(ask) -> None:
    assert ask(TEA, seed=3, n=2).events == ask(TEA, seed=3, n=2).events


@pytest.mark.parametrize("prompt", [TEA, "What is a qanun?"])
def test_another_process_says_the_same(ask, prompt: str) -> None:
    here = hashlib.sha256(repr([*ask(prompt, temperature=1.3, n=3, seed=7).events]).encode()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", ELSEWHERE.format(prompt=prompt)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "12345"},
    )
    assert there.stdout.strip() == here


@pytest.mark.parametrize("prompt", [TEA, "What is a qanun?", "Hello", ""])
def test_temperature_zero_ignores_the_seed(ask, prompt: str) -> None:
    answers = {ask(prompt, temperature=0, seed=seed, n=2).choice(seed % 2) for seed in range(8)}
    assert len(answers) == 1


@pytest.mark.parametrize("prompt", [TEA, "What is a qanun?"])
def test_temperature_one_varies_with_the_seed(ask, prompt: str) -> None:
    assert len({ask(prompt, seed=seed).text for seed in range(12)}) >= 6


def test_a_higher_temperature_strays_further_from_the_canonical_words(ask) -> None:
    canonical = ask(TEA, temperature=0).text

    def strays(heat: float) -> int:
        return sum(ask(TEA, temperature=heat, seed=seed).text != canonical for seed in range(40))

    assert strays(0.02) < strays(0.2) < strays(2)


@pytest.mark.parametrize("limit", [1, 2, 7, 30])
def test_max_tokens_is_met_exactly_and_only_cuts(ask, limit: int) -> None:
    cut = ask(TEA, seed=5, max_tokens=limit)
    assert len(cut.deltas()) == cut.usage.completion_tokens == limit
    assert cut.ends == {0: "length"}
    assert ask(TEA, seed=5).text.startswith(cut.text)


def test_every_delta_is_one_token(ask) -> None:
    answer = ask(TEA, n=3)
    for choice in range(3):
        assert answer.deltas(choice) == tokens.split(answer.choice(choice))
    assert answer.usage.completion_tokens == len(answer.deltas())


def test_the_prompt_is_billed_with_every_message(ask) -> None:
    usage = ask("a b", "c", TEA, system="Be kind.").usage
    assert usage.prompt_tokens == sum(map(tokens.count, ["a b", "c", TEA, "Be kind."])) + 4 * 4 + 2


def test_a_stop_sequence_cuts_wherever_it_stands(ask) -> None:
    whole = ask(TEA, seed=1).text
    for start in range(0, len(whole) - 4, 7):
        stop = whole[start : start + 4]
        answer = ask(TEA, seed=1, stop=(stop,))
        assert answer.text == whole[: whole.index(stop)]
        assert answer.ends == {0: "stop"}


def test_the_first_of_several_choices_is_what_one_choice_would_be(ask) -> None:
    several = ask(TEA, seed=9, n=4)
    assert several.choice(0) == ask(TEA, seed=9).text
    assert len({several.choice(index) for index in range(4)}) > 1
    assert set(several.ends) == {0, 1, 2, 3}


def test_choices_are_interleaved(ask) -> None:
    events = ask(TEA, n=3).events
    assert [event.index for event in events[1:7] if isinstance(event, Text | End)] == [0, 1, 2, 0, 1, 2]


def test_words_that_cannot_be_encoded_do_no_harm(ask) -> None:
    answer = ask("What is \ud800\x00\u202e?", "\udfff", "again \ud800")
    assert answer.text.encode()


def test_mock_and_script_share_no_model_name() -> None:
    assert not set(Mock.models) & set(Script.models)
