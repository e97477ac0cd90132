"""Where a fault struck, in words and in time, as real broken exchanges tell it; where nobody can say, no mark."""

import asking
import pytest
import requests
from websockets.exceptions import ConnectionClosed

from labkit.exchange import Exchange
from labkit.notebook import Lab
from labkit.widgets.strikes import Strike, strikes


def over_sse(lab: Lab, plan: str) -> tuple[Exchange, list[Strike]]:
    """One streamed question that the plan breaks, and what is said of it."""
    try:
        with asking.post(
            lab.witness, "/api/v1/query/stream", asking.QUERY, asking.FAST | {"x-lab-fault": plan}
        ) as answer:
            assert answer.status_code
            assert answer.content is not None
    except requests.RequestException:
        pass  # it was broken on purpose
    exchange = asking.last(lab.witness)
    return exchange, strikes(exchange)


@pytest.mark.parametrize(
    ("plan", "where"),
    [
        ("cut;after=2", "at the end"),
        ("reset;after=2", "at the end"),
        ("lose_reply", "at the end"),
        ("status;code=503", "instead of the answer"),
        ("rate_limit", "instead of the answer"),
        ("latency;seconds=0.05", "before the answer"),
        ("slow_first_byte;seconds=0.05", "before the body"),
        ("stall;after=2;seconds=0.05", "after 2 events"),
        ("bad_json;after=1", "after 1 event"),
        ("duplicate;after=2", "after 2 events"),
        ("late_error;after=2", "after 2 deltas"),
        ("bad_chunk;after=3", "after 3 chunks"),
        ("pings", "throughout"),
    ],
)
def test_each_kind_is_placed_where_it_struck(lab: Lab, plan: str, where: str) -> None:
    exchange, (strike,) = over_sse(lab, plan)

    assert strike.where == where
    assert strike.at is not None and 0 <= strike.at <= (exchange.seconds or 0)
    assert strike.says == f"fault {exchange.fault} struck {where}"


def test_a_stall_is_marked_before_the_silence_and_a_cut_after_the_last_byte(lab: Lab) -> None:
    exchange, (stall, cut) = over_sse(lab, "stall;after=2;seconds=0.3,cut;after=4")
    times = [at for at, _ in exchange.chunks]

    assert stall.at == times[1]
    assert times[2] - times[1] >= 0.25
    assert cut.at == exchange.seconds and cut.at >= times[-1]


def test_the_event_that_is_broken_is_the_one_that_is_marked(lab: Lab) -> None:
    exchange, (strike,) = over_sse(lab, "bad_json;after=2")

    assert strike.at == exchange.events[2].at
    assert exchange.events[2].json == {} and exchange.events[1].json


@pytest.mark.parametrize("plan", ["truncate;bytes=1", "close;code=1011;after=1", "stall;after=900;seconds=0.1"])
def test_what_cannot_be_placed_is_said_and_not_marked(lab: Lab, plan: str) -> None:
    _, (strike,) = over_sse(lab, plan)

    assert strike.at is None
    assert strike.says.endswith("was in the plan")


def test_on_a_socket_a_closing_fault_is_placed_after_its_messages(lab: Lab) -> None:
    with (
        asking.dial(lab.witness, asking.FAST | {"x-lab-fault": "close;after=2"}) as socket,
        pytest.raises(ConnectionClosed),
    ):
        asking.hear(socket)
    exchange = asking.last(lab.witness)
    (strike,) = strikes(exchange)

    assert strike.where == "after 2 events"
    assert strike.at == exchange.events[1].at


def test_an_honest_exchange_has_none(lab: Lab) -> None:
    asking.read(lab.witness, "/api/v1/query/stream", asking.QUERY)
    assert strikes(asking.last(lab.witness)) == []
