import math

import pytest

from labserver.providers.odds import odds

TOKENS = ["Green", " tea", ".", "\n\n", " 🍵", '":', "the", "a", "1042", "\ud800"]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("top", [0, 1, 5, 20])
def test_the_likeliest_are_as_many_as_asked_for_and_no_more_likely_than_certain(token: str, top: int) -> None:
    (said, logprob), *likely = odds(token, top, key=("seed", 1))
    assert said == token
    assert -1 < logprob < 0
    assert len(likely) == top
    assert len({each for each, _ in likely}) == top, "no token is listed twice"
    assert sum(math.exp(each) for _, each in likely) <= 1
    assert [each for _, each in likely] == sorted((each for _, each in likely), reverse=True)


def test_the_same_key_gives_the_same_odds_and_another_key_others() -> None:
    assert odds(" tea", 5, 1) == odds(" tea", 5, 1) != odds(" tea", 5, 2)


def test_asking_for_more_rivals_changes_nothing_for_the_token_itself() -> None:
    assert odds(" tea", 0, 1)[0] == odds(" tea", 20, 1)[0]
