"""Every dialect gives the same pieces, leaves at once when it is closed, and says in words what went wrong."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import asking
import pytest

from labkit.notebook import Lab
from labkit.widgets.dialects import DIALECTS, LOST, NOBODY, AnswerError, Place, Turn, ask, known

SCRIPT = (Turn("user", asking.SCRIPT),)


def place(lab: Lab, fault: str = "", **wanted: str) -> Place:
    headers = asking.FAST | ({"x-lab-fault": fault} if fault else {})
    return Place(lab.url, wanted.get("key", lab.key), wanted.get("model", "script"), headers)


async def all_of(source: AsyncGenerator[str, None]) -> list[str]:
    return [piece async for piece in source]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_pieces_are_those_that_left_the_server(lab: Lab, dialect: str) -> None:
    assert await all_of(ask(dialect, place(lab), SCRIPT)) == asking.WORDS
    assert asking.text_of(asking.last(lab.witness)) == asking.WORDS


@pytest.mark.parametrize("dialect", ["query", "openai"])
async def test_to_close_it_is_to_leave_and_the_journal_says_after_which_piece(lab: Lab, dialect: str) -> None:
    slow = Place(lab.url, lab.key, "script", asking.SLOW)
    async with aclosing(ask(dialect, slow, SCRIPT)) as pieces:
        assert [await anext(pieces), await anext(pieces)] == asking.WORDS[:2]

    exchange = asking.last(lab.witness)
    assert exchange.ended == "client left"
    assert exchange.left_after == len(exchange.chunks) < 6
    assert exchange.produced < len(asking.WORDS)  # the model stopped, too


async def test_a_socket_is_closed_by_a_frame_of_ours(lab: Lab) -> None:
    slow = Place(lab.url, lab.key, "script", asking.SLOW)
    async with aclosing(ask("websocket", slow, SCRIPT)) as pieces:
        await anext(pieces)

    exchange = asking.last(lab.witness)
    closed = [frame.direction for frame in exchange.frames if frame.opcode == "close"]
    assert closed[0] == "received"
    assert exchange.produced < len(asking.WORDS)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("cut;after=3", LOST),
        ("reset;after=3", LOST),
        ("late_error;after=2", "The server broke the answer off: The model stopped working"),
        ("bad_json;after=2", "could not read|no JSON"),
    ],
)
async def test_a_broken_answer_is_told_kindly(lab: Lab, dialect: str, fault: str, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        await all_of(ask(dialect, place(lab, fault), SCRIPT))


@pytest.mark.parametrize(
    ("dialect", "fault"),
    [("query", "status;code=503"), ("openai", "status;code=503"), ("websocket", "refuse_upgrade;code=503")],
)
async def test_a_refusal_is_told_in_the_servers_own_words(lab: Lab, dialect: str, fault: str) -> None:
    with pytest.raises(AnswerError, match=r"^The server said no \(503\): This answer was broken on purpose: 503"):
        await all_of(ask(dialect, place(lab, fault), SCRIPT))


@pytest.mark.parametrize("dialect", ["query", "openai"])
async def test_an_answer_that_ends_without_its_end_is_no_whole_answer(lab: Lab, dialect: str) -> None:
    with pytest.raises(AnswerError, match="nothing said that it was finished"):
        await all_of(ask(dialect, place(lab, "no_done;after=3"), SCRIPT))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_unknown_key_is_refused_in_words(lab: Lab, dialect: str) -> None:
    with pytest.raises(AnswerError, match=r"^The server said no \(40[13]\): ."):
        await all_of(ask(dialect, place(lab, key="nobodys"), SCRIPT))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_where_nobody_listens_the_cure_is_told(lab: Lab, unused_tcp_port: int, dialect: str) -> None:
    nowhere = Place(f"http://127.0.0.1:{unused_tcp_port}", lab.key, "script")
    with pytest.raises(AnswerError) as told:
        await all_of(ask(dialect, nowhere, SCRIPT))
    assert str(told.value) == NOBODY


async def test_chat_completions_carry_the_whole_conversation(lab: Lab) -> None:
    turns = (Turn("user", "tea"), Turn("assistant", "yes"), *SCRIPT)
    await all_of(ask("openai", place(lab), turns))

    body = asking.last(lab.witness).request_body
    assert body.index(b'"tea"') < body.index(b'"yes"') < body.index(b'"Green|')


def test_an_unknown_dialect_is_told_what_there_is() -> None:
    with pytest.raises(LookupError, match=r"There is no dialect 'smoke'\. There are: query, openai, websocket\."):
        known("smoke")


def test_a_place_does_not_show_its_key() -> None:
    assert "secret" not in repr(Place("http://127.0.0.1:1", "secret", "script"))
