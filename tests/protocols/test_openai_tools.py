"""Tool calls over the real wire with the real SDK: picked, filled, streamed, answered, and then told in words."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest
from openai import OpenAI


def tool(name: str, description: str, required: list[str], **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


ORDER = tool("get_order_status", "Where an order of the shop is", ["order_id"], order_id={"type": "integer"})
TEA = tool(
    "find_tea", "Teas of a category", ["category"], category={"type": "string", "enum": ["black", "green", "oolong"]}
)
WEATHER = tool("get_weather", "The weather in a city", ["city"], city={"type": "string"})
TOOLS = [ORDER, TEA, WEATHER]
RESULTS: dict[str, Callable[..., Any]] = {
    "get_order_status": lambda order_id: {"order_id": order_id, "status": "shipped", "carrier": "Kettle Post"},
    "find_tea": lambda category: [f"{category} one", f"{category} two"],
    "get_weather": lambda city: f"It is 7 degrees in {city}.",
}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def calls(completion) -> list[tuple[str, Any]]:
    return [
        (call.function.name, json.loads(call.function.arguments))
        for call in completion.choices[0].message.tool_calls or ()
    ]


@pytest.fixture
def create(openai_client: OpenAI) -> Callable[..., Any]:
    def create(question: str = "Where is order 1042?", **more: Any) -> Any:
        asked = {"model": "gpt-4o-mini", "messages": [user(question)], "tools": TOOLS} | more
        return openai_client.chat.completions.create(**asked)

    return create


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Where is order 1042?", [("get_order_status", {"order_id": 1042})]),
        ("Do you have any green tea?", [("find_tea", {"category": "green"})]),
        ("Is it raining in Oslo?", [("get_weather", {"city": "Oslo"})]),
        (
            "What is the weather in Paris and in New York?",
            [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "New York"})],
        ),
        (
            "Where is order 1042, and what is the weather in Lisbon?",
            [("get_order_status", {"order_id": 1042}), ("get_weather", {"city": "Lisbon"})],
        ),
    ],
)
def test_the_calls_are_those_that_a_reader_would_expect(create, question: str, expected: Any) -> None:
    answer = create(question)
    assert calls(answer) == expected
    [choice] = answer.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    ids = [call.id for call in choice.message.tool_calls]
    assert len(set(ids)) == len(expected)
    assert all(one.startswith("call_") and len(one) == 29 for one in ids)


@pytest.mark.parametrize("question", ["Hello!", "What is a WebSocket?", "Who are you?"])
def test_a_question_that_needs_no_tool_is_answered_in_words(create, question: str) -> None:
    [choice] = create(question).choices
    assert choice.finish_reason == "stop"
    assert choice.message.tool_calls is None
    assert len(choice.message.content) > 20


def test_a_call_is_streamed_opening_first_and_then_its_arguments_in_pieces(create) -> None:
    with create("What is the weather in Paris and in Oslo?", stream=True) as chunks:
        first, *middle, last = [chunk.choices[0] for chunk in chunks]
    assert (first.delta.role, first.delta.content, first.delta.tool_calls) == ("assistant", None, None)
    assert (last.finish_reason, last.delta.tool_calls) == ("tool_calls", None)
    deltas = [choice.delta.tool_calls[0] for choice in middle]
    for index in (0, 1):
        opening, *pieces = [delta for delta in deltas if delta.index == index]
        assert opening.id.startswith("call_")
        assert (opening.type, opening.function.name, opening.function.arguments) == ("function", "get_weather", "")
        assert {(piece.id, piece.type, piece.function.name) for piece in pieces} == {(None, None, None)}
        assert len(pieces) > 2
        assert json.loads("".join(piece.function.arguments for piece in pieces)) == {"city": ["Paris", "Oslo"][index]}


def test_the_sdks_stream_helper_puts_calls_together_and_parses_them(openai_client: OpenAI) -> None:
    class GetWeather(pydantic.BaseModel):
        """The weather in a city"""

        city: str

    tools = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
    asked = {"model": "gpt-4o-mini", "messages": [user("Weather in Oslo?")], "tools": tools}
    with openai_client.chat.completions.stream(**asked) as events:
        done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
        final = events.get_final_completion()
    assert [(event.name, event.parsed_arguments) for event in done] == [("get_weather", GetWeather(city="Oslo"))]
    assert final.choices[0].message.tool_calls[0].function.parsed_arguments == GetWeather(city="Oslo")
    parsed = openai_client.chat.completions.parse(**asked)
    assert parsed.choices[0].message.tool_calls[0].function.parsed_arguments == GetWeather(city="Oslo")


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize(
    ("choice", "expected", "finish"),
    [
        ("none", [], "stop"),
        ("auto", ["get_order_status"], "tool_calls"),
        ("required", ["get_order_status"], "tool_calls"),
        (named("get_weather"), ["get_weather"], "stop"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named("find_tea")]}},
            ["find_tea"],
            "tool_calls",
        ),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [named("find_tea")]}}, [], "stop"),
    ],
)
def test_tool_choice_decides_which_tools_there_are(create, choice: Any, expected: list[str], finish: str) -> None:
    answer = create(tool_choice=choice)
    assert [name for name, _ in calls(answer)] == expected
    assert answer.choices[0].finish_reason == finish


def test_required_calls_something_even_for_a_greeting(create) -> None:
    [(name, arguments)] = calls(create("Hello!", tool_choice="required"))
    assert name in RESULTS
    assert arguments


def test_without_parallel_calls_there_is_one_at_a_time_until_all_are_made(create, openai_client: OpenAI) -> None:
    question = "Where is order 7, and what is the weather in Oslo and in Rome?"
    messages, rounds = [user(question)], []
    for _ in range(5):
        answer = openai_client.chat.completions.create(
            model="gpt-4o-mini", messages=messages, tools=TOOLS, parallel_tool_calls=False
        )
        if answer.choices[0].finish_reason != "tool_calls":
            break
        rounds.append(calls(answer))
        [call] = answer.choices[0].message.tool_calls
        result = RESULTS[call.function.name](**json.loads(call.function.arguments))
        messages += [
            answer.choices[0].message,
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)},
        ]
    assert [[name for name, _ in one] for one in rounds] == [["get_order_status"], ["get_weather"], ["get_weather"]]
    told = answer.choices[0].message.content
    assert all(word in told for word in ("shipped", "Kettle Post", "Oslo", "Rome"))


@pytest.mark.parametrize("streamed", [False, True])
def test_an_agents_loop_ends_with_the_results_in_words(openai_client: OpenAI, streamed: bool) -> None:
    messages: list[Any] = [user("Where is order 1042? And what is the weather in Oslo?")]
    rounds = 0
    while True:
        rounds += 1
        asked = {"model": "gpt-4o-mini", "messages": messages, "tools": TOOLS}
        if streamed:
            with openai_client.chat.completions.stream(**asked) as events:
                message = events.get_final_completion().choices[0].message
        else:
            message = openai_client.chat.completions.create(**asked).choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}, warnings=False))
        for call in messages[-1]["tool_calls"]:
            call["function"].pop("parsed_arguments", None)
            result = RESULTS[call["function"]["name"]](**json.loads(call["function"]["arguments"]))
            content = result if isinstance(result, str) else json.dumps(result)
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": content})
    assert rounds == 2
    assert all(word in message.content for word in ("1042", "shipped", "Kettle Post", "It is 7 degrees in Oslo."))


def test_a_short_question_afterwards_calls_the_same_tool_again(create) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
    before = [
        user("What is the weather in Oslo?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7 degrees"},
        {"role": "assistant", "content": "It is 7 degrees."},
    ]
    assert calls(create(messages=[*before, user("And in Rome?")])) == [("get_weather", {"city": "Rome"})]
    assert calls(create(messages=[*before, user("Thanks!")])) == []


def test_the_older_functions_still_work(ask) -> None:
    functions = [each["function"] for each in TOOLS]
    [answer] = ask(messages=[user("Where is order 1042?")], functions=functions)
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "get_order_status", "arguments": '{"order_id":1042}'}
    _, opening, *pieces, last = ask(messages=[user("Where is order 1042?")], functions=functions, stream=True)
    assert opening["choices"][0]["delta"] == {"function_call": {"name": "get_order_status", "arguments": ""}}
    assert "".join(one["choices"][0]["delta"]["function_call"]["arguments"] for one in pieces) == '{"order_id":1042}'
    assert last["choices"][0]["finish_reason"] == "function_call"
    messages = [
        user("Where is order 1042?"),
        choice["message"],
        {"role": "function", "name": "get_order_status", "content": '{"status": "shipped"}'},
    ]
    [told] = ask(messages=messages, functions=functions)
    assert "shipped" in told["choices"][0]["message"]["content"]
    [forced] = ask(messages=[user("Hi")], functions=functions, function_call={"name": "find_tea"})
    assert forced["choices"][0]["message"]["function_call"]["name"] == "find_tea"
    [silent] = ask(messages=[user("Where is order 1042?")], functions=functions, function_call="none")
    assert silent["choices"][0]["finish_reason"] == "stop"


def test_the_same_question_gets_the_same_call_ids_and_another_sandbox_others(server, ask) -> None:
    asked = {"messages": [user("Where is order 1042?")], "tools": TOOLS}

    def id_of(seed: int) -> str:
        [answer] = ask(server.sandbox(seed=seed), **asked)
        return str(answer["choices"][0]["message"]["tool_calls"][0]["id"])

    assert id_of(7) == id_of(7) != id_of(8)


def test_tools_and_their_calls_are_billed(ask) -> None:
    [plain] = ask(messages=[user("Hello")])
    [offered] = ask(messages=[user("Hello")], tools=TOOLS)
    assert offered["usage"]["prompt_tokens"] > plain["usage"]["prompt_tokens"] + 30
    [called] = ask(messages=[user("Where is order 1042?")], tools=TOOLS)
    assert called["usage"]["completion_tokens"] > 5


def test_a_script_ignores_tools(create) -> None:
    [choice] = create("Where| is| order 1042?", model="script").choices
    assert choice.message.content == "Where is order 1042?"


def test_a_late_error_strikes_between_pieces_of_arguments_too(create) -> None:
    heard = []
    with (
        create(stream=True, extra_headers={"x-lab-fault": "late_error;after=2"}) as chunks,
        pytest.raises(openai.APIError) as caught,
    ):
        heard.extend(chunks)
    assert caught.value.code == "server_error"
    assert len(heard) == 3, "the role, the opening and one piece"
