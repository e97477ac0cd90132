"""`/v1/realtime` as the `openai` SDK drives it, and every event as its own types declare it."""

import re

import pytest
from openai import AsyncOpenAI, OpenAI
from realtime import SLOW, done, kinds, text, user

# The SDK's sync client opens its socket in a way that websockets 17.1 has begun to call old.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager:DeprecationWarning")

TEA = "Green| tea| is| good"


def test_the_sdk_holds_a_conversation(client: OpenAI) -> None:
    with client.realtime.connect(model="script") as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(
            session={"type": "realtime", "instructions": "Be brief.", "output_modalities": ["text"]}
        )
        assert connection.recv().session.instructions == "Be brief."
        connection.conversation.item.create(item=user(TEA))
        assert [connection.recv().type for _ in range(2)] == ["conversation.item.added", "conversation.item.done"]
        connection.response.create()
        words = []
        for event in connection:
            if event.type == "response.output_text.delta":
                words.append(event.delta)
            elif event.type == "response.done":
                break
        assert words == ["Green", " tea", " is", " good"]
        assert event.response.status == "completed"
        assert event.response.output[0].content[0].text == "Green tea is good"
        assert (event.response.usage.output_tokens, event.response.usage.total_tokens) == (
            4,
            4 + event.response.usage.input_tokens,
        )
        connection.conversation.item.retrieve(item_id=event.response.output[0].id)
        assert connection.recv().type == "rate_limits.updated"
        assert connection.recv().item.id == event.response.output[0].id


async def test_the_async_sdk_cancels_what_it_has_heard_enough_of(server, key: str) -> None:
    headers = {"x-lab-pace": SLOW}
    async with (
        AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, default_headers=headers) as client,
        client.realtime.connect(model="script") as connection,
    ):
        await connection.conversation.item.create(item=user("|".join(f" word{n}" for n in range(500))))
        await connection.response.create()
        heard = []
        async for event in connection:
            heard.append(event.type)
            if event.type == "response.output_text.delta" and heard.count(event.type) == 3:
                await connection.response.cancel()
            elif event.type == "response.done":
                break
        assert event.response.status == "cancelled"
        assert event.response.status_details.reason == "client_cancelled"
        assert heard.count("response.output_text.delta") < 100, "it ended long before the words did"


def test_the_sdks_event_handlers_are_called(client: OpenAI) -> None:
    said = []
    with client.realtime.connect(model="script") as connection:
        connection.on("response.output_text.delta", lambda event: said.append(event.delta))
        connection.on("response.done", lambda _: connection.close())
        connection.conversation.item.create(item=user(TEA))
        connection.response.create()
        connection.dispatch_events()
    assert "".join(said) == "Green tea is good"


def test_a_response_is_told_in_this_order(talk) -> None:
    events = talk().ask(TEA)
    assert kinds(events) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * 4,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
    ]
    created, added = events[0]["response"], events[1]
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert (added["item"]["status"], added["item"]["content"]) == ("in_progress", [])
    assert {event["response_id"] for event in events if "response_id" in event} == {created["id"]}
    assert {event["item_id"] for event in events if "item_id" in event} == {added["item"]["id"]}
    assert done(events)["output"] == [events[-3]["item"]] == [events[-4]["item"]]
    assert done(events)["output"][0]["status"] == "completed"


def test_every_event_has_an_id_of_its_own(talk) -> None:
    session = talk()
    session.ask(TEA)
    session.refused("nothing")
    names = [event["event_id"] for event in session.heard]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"event_[0-9a-f]{32}", name) for name in names)


def test_the_same_seed_tells_the_same_story(server, talk) -> None:
    def told() -> list[dict]:
        session = talk(server.sandbox(seed=3), model="tea-small")
        session.ask("What is green tea?", metadata={"a": "b"})
        return session.heard[:-1]  # the limits are in real time

    assert told() == told()


def test_a_second_question_is_about_the_first(talk) -> None:
    session = talk(model="tea-small")
    session.ask("My name is Ada.")
    assert "Ada" in text(session.ask("What is my name?"))


def test_a_session_shows_what_was_set_and_takes_it_back(talk) -> None:
    session = talk()
    tool = {
        "type": "function",
        "name": "look",
        "description": "Look",
        "parameters": {"type": "object", "properties": {}},
    }
    wishes = {"instructions": "Say hello.", "tools": [tool], "tool_choice": "required", "max_output_tokens": 7}
    session.say("session.update", session={"type": "realtime", **wishes})
    shown = session.hear("session.updated")["session"]
    assert {name: shown[name] for name in wishes} == wishes
    session.say("session.update", session={"type": "realtime", "tools": [], "tool_choice": "auto", "instructions": ""})
    later = session.hear("session.updated")["session"]
    assert (later["tools"], later["instructions"], later["max_output_tokens"]) == ([], "", 7)
    session.say("session.update", session={"type": "realtime", "max_output_tokens": None})
    assert session.hear("session.updated")["session"]["max_output_tokens"] == "inf"
    assert later["id"] == shown["id"] == session.heard[0]["session"]["id"]
    assert later["model"] == "script" and later["output_modalities"] == ["text"]


def test_the_sessions_instructions_reach_the_model(talk) -> None:
    session = talk(model="tea-small")
    session.say("session.update", session={"type": "realtime", "instructions": "You are Earl. Be kind."})
    session.hear("session.updated")
    assert "Earl" in text(session.ask("What is your name?"))
    assert "Rose" in text(session.respond(instructions="You are Rose."))


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-realtime-mini", "gpt-4o-mini"])
def test_the_usual_names_of_models_work_here(talk, model: str) -> None:
    session = talk(model=model)
    assert session.heard[0]["session"]["model"] == model
    assert "tea" in text(session.ask("What is tea?")).lower()


def test_the_pace_of_the_handshake_is_the_pace_of_each_answer(server, talk, key: str) -> None:
    session = talk(pace=SLOW)
    session.ask("a|b|c|d|e|f")
    deltas = [frame["at"] for frame in server.last(key, 0)["frames"] if "output_text.delta" in frame["payload"]]
    assert len(deltas) == 6
    assert deltas[-1] - deltas[0] > 0.2, "five gaps of a twentieth of a second"


def test_the_journal_shows_both_sides_of_a_session(server, talk, key: str) -> None:
    session = talk()
    session.ask(TEA)
    session.socket.close()
    record = server.last(key)
    received = [
        frame["payload"] for frame in record["frames"] if (frame["direction"], frame["opcode"]) == ("received", "text")
    ]
    sent = [frame["payload"] for frame in record["frames"] if (frame["direction"], frame["opcode"]) == ("sent", "text")]
    assert (record["kind"], record["status"], record["produced"]) == ("websocket", 101, 4)
    assert ["conversation.item.create" in received[0], "response.create" in received[1]] == [True, True]
    assert len(sent) == len(session.heard)
