"""The picture of polls: a tick for every request of the journal, their number beside, words that every run shares."""

import httpx2
import pytest
from test_pictures import exchange

from labkit import plots, session
from labkit.exchange import Exchange
from labkit.plots import ticks
from labkit.witness import Witness


def asked(*opened: float, last: int = 200) -> list[Exchange]:
    """Polls at these moments; all but the last were told to come again."""
    return [exchange(at, 0.01, status=202 if at < opened[-1] else last) for at in opened]


def test_every_poll_is_a_tick_and_their_number_stands_beside() -> None:
    found = {"often": ticks.Asking.of(asked(10.0, 10.1, 10.2)), "once": ticks.Asking.of(asked(20.0))}
    [axes] = ticks.drawn(found).axes
    drawn = [[round(x, 6) for [[x, _], _] in lines.get_segments()] for lines in axes.collections]  # type: ignore[attr-defined]
    assert drawn == [[0, 0.1, 0.2], [0]]
    assert [text.get_text() for text in axes.texts] == ["3 requests", "1 request"]


def test_a_dot_stands_where_the_answer_was_there_and_nowhere_else() -> None:
    [axes] = ticks.drawn({"a": ticks.Asking.of(asked(0, 1)), "b": ticks.Asking.of(asked(0, 1, last=202))}).axes
    dots = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert dots == [(1, 0)]
    assert "never got its answer" in plots.polls({"b": asked(0, 1, last=202)}).alt


@pytest.mark.parametrize(
    ("lanes", "told"),
    [
        ({"many": asked(*range(16)), "few": asked(0, 1, 2)}, "“many” has by far the most ticks, “few” the fewest"),
        ({"many": asked(0, 1, 2, 3), "few": asked(0, 1, 2)}, "about as many ticks"),
    ],
)
def test_the_words_compare_and_name_no_number(lanes: dict[str, list[Exchange]], told: str) -> None:
    assert told in plots.polls(lanes).alt


def test_the_order_in_which_polls_are_given_does_not_matter() -> None:
    assert ticks.Asking.of(asked(1, 2, 5)[::-1]) == ticks.Asking((0, 1, 4), answered=True)


def test_a_lane_without_a_poll_is_said_with_what_to_give() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plots.polls({"often": asked(0), "never": []})


def test_the_pictures_numbers_are_the_journals(shared_home: object) -> None:
    with Witness.of_new_sandbox(session.ensure().url, seed=7) as witness:
        headers = {"x-api-key": witness.key, "x-lab-pace": "ttft=30"}
        with httpx2.Client(base_url=f"{witness.url}/api/v1", headers=headers, trust_env=False) as http:
            job = http.post("/infer", json={"prompt": "tea"}).json()["request_id"]
            for _ in range(3):
                http.get(f"/result/{job}")
            http.post(f"/cancel/{job}")
            http.get(f"/result/{job}")
        picture = plots.polls({"it": witness.exchanges(path="/api/v1/result/*")})
    assert picture.text.splitlines()[1].split()[:2] == ["it", "4"]
    assert "A dot ends each lane" in picture.alt
