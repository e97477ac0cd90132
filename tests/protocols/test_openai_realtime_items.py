"""The conversation of a realtime session: items in their order, functions and their outputs, bounds."""

import json

from realtime import SLOW, Payload, done, kinds, text, user

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def output(call: Payload, **found: object) -> Payload:
    return {"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(found)}


def test_an_item_is_told_again_with_what_it_lacked(talk) -> None:
    session = talk()
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"}
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tea?"}, picture]}
    session.say("conversation.item.create", item=item)
    added, finished = session.hear("conversation.item.added"), session.hear("conversation.item.done")
    assert added["item"] == finished["item"]
    assert added["item"] == {"id": added["item"]["id"], "object": "realtime.item", "status": "completed", **item}
    assert added["previous_item_id"] is finished["previous_item_id"] is None
    session.say("conversation.item.retrieve", item_id=added["item"]["id"])
    assert session.hear("conversation.item.retrieved")["item"] == added["item"]


def test_items_go_where_they_are_told_to(talk) -> None:
    session = talk()
    before: dict[str, str | None] = {}
    for name, after in (("first", None), ("last", None), ("between", "first"), ("zeroth", "root")):
        where = {} if after is None else {"previous_item_id": after}
        session.say("conversation.item.create", item=user(name) | {"id": name}, **where)
        before[name] = session.hear("conversation.item.done")["previous_item_id"]
    assert before == {"first": None, "last": "first", "between": "first", "zeroth": None}
    again = session.refused("conversation.item.create", item=user("x") | {"id": "first"})
    assert (again["param"], "already exists" in again["message"]) == ("item.id", True)


def test_a_deleted_item_is_forgotten(talk) -> None:
    session = talk(model="tea-small")
    item = session.put("My name is Ada.")
    assert "Ada" in text(session.ask("What is my name?"))
    ids = [event["item"]["id"] for event in session.heard if event["type"] == "conversation.item.done"]
    for name in ids:
        session.say("conversation.item.delete", item_id=name)
        assert session.hear("conversation.item.deleted")["item_id"] == name
    assert item["id"] == ids[0]
    assert "Ada" not in text(session.ask("What is my name?"))


def test_an_item_that_is_being_made_is_not_deleted_and_not_read(talk) -> None:
    session = talk(pace=SLOW)
    session.put("|".join(f" word{n}" for n in range(500)))
    session.say("response.create")
    name = session.hear("response.output_text.delta")["item_id"]
    session.say("conversation.item.delete", item_id=name)
    assert "is being made" in session.hear("error")["error"]["message"]
    aside = {"conversation": "none", "input": [{"type": "item_reference", "id": name}]}
    session.say("response.create", response=aside)
    assert "is being made" in session.hear("error")["error"]["message"]
    session.say("response.create", response={"conversation": "none", "max_output_tokens": 1})
    assert session.hear("response.done")["response"]["status"] == "incomplete", "the rest of it is read"


def test_a_reference_brings_an_item_into_a_response_of_its_own(talk) -> None:
    session = talk()
    item = session.put("Green| tea")
    session.put("Black| tea")
    reference = [{"type": "item_reference", "id": item["id"]}]
    assert text(session.respond(conversation="none", input=reference)) == "Green tea"
    assert text(session.respond(input=[user("White| tea")])) == "White tea"
    assert text(session.respond()) == "Black tea", "the last question of the conversation"


def test_a_function_is_called_and_its_output_becomes_an_answer(talk) -> None:
    session = talk(model="tea-small")
    session.say("session.update", session={"type": "realtime", "tools": [WEATHER]})
    session.hear("session.updated")
    events = session.ask("What is the weather in Oslo?")
    assert kinds(events)[:3] == ["response.created", "response.output_item.added", "conversation.item.added"]
    [call] = done(events)["output"]
    assert (call["type"], call["name"], json.loads(call["arguments"])) == (
        "function_call",
        "get_weather",
        {"city": "Oslo"},
    )
    told = [event for event in events if event["type"].startswith("response.function_call_arguments")]
    assert {(event["call_id"], event["item_id"]) for event in told} == {(call["call_id"], call["id"])}
    assert "".join(event.get("delta", "") for event in told) == told[-1]["arguments"] == call["arguments"]
    assert told[-1]["name"] == "get_weather"
    session.say("conversation.item.create", item=output(call, temperature="7 degrees"))
    assert session.hear("conversation.item.done")["previous_item_id"] == call["id"]
    assert "7 degrees" in text(session.respond())


def test_a_call_without_its_output_does_not_stop_the_conversation(talk) -> None:
    session = talk(model="tea-small")
    first = done(session.ask("What is the weather in Oslo?", tools=[WEATHER]))["output"][0]
    assert text(session.ask("What is green tea?")).startswith("Green tea")
    session.say("conversation.item.create", item=output(first, temperature="7 degrees"))
    session.hear("conversation.item.done")
    assert text(session.ask("What is black tea?"))


def test_a_call_can_be_demanded_and_can_be_forbidden(talk) -> None:
    session = talk(model="tea-small")
    must = {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "get_weather"}}
    assert done(session.ask("What is green tea?", **must))["output"][0]["type"] == "function_call"
    response = done(session.ask("What is the weather in Oslo?", tools=[WEATHER], tool_choice="none"))
    assert response["output"][0]["type"] == "message"


def test_a_conversation_has_bounds_and_deleting_makes_room(talk) -> None:
    session = talk()
    big = user("a" * 300_000)
    for number in range(3):
        session.say("conversation.item.create", item=big | {"id": f"item_{number}"})
        session.hear("conversation.item.done")
    full = session.refused("conversation.item.create", item=big)
    assert (full["code"], "Delete some with 'conversation.item.delete'" in full["message"]) == (
        "conversation_full",
        True,
    )
    session.say("conversation.item.delete", item_id="item_0")
    session.hear("conversation.item.deleted")
    session.say("conversation.item.create", item=big)
    assert session.hear("conversation.item.done")["previous_item_id"] == "item_2"


def test_what_is_too_long_to_read_is_cut_at_its_beginning_or_refused(talk) -> None:
    session = talk(model="tea-small")
    session.put("My name is Ada.")
    for _ in range(20):
        session.put("Tea is good. " * 20)
    short = {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 400}}
    assert "Ada" in text(session.ask("What is my name?"))
    session.say("session.update", session={"type": "realtime", "truncation": short})
    assert session.hear("session.updated")["session"]["truncation"] == short
    events = session.ask("What is my name?")
    assert "Ada" not in text(events)
    assert done(events)["usage"]["input_tokens"] <= 200
