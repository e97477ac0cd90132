"""Which tools a request asks for. The words of a tool's name, parameters and description are the only evidence."""

import json
import random
import string
from typing import Any

import jsonschema
import pytest

from labserver.events import Tool
from labserver.providers.choosing import nearest, wanted


def tool(name: str, description: str = "", required: list[str] | None = None, **properties: Any) -> Tool:
    needed = list(properties) if required is None else required
    return Tool(name, description, {"type": "object", "properties": properties, "required": needed})


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
SHOP = [
    tool("get_order_status", "Where an order is", order_id=WHOLE),
    tool("cancel_order", "Cancel an order", order_id=WHOLE),
    tool("find_tea", "Search teas of a category", category=TEXT | {"enum": ["green", "black", "oolong"]}),
    tool("get_weather", "The weather in a city", ["city"], city=TEXT, unit={"enum": ["celsius", "fahrenheit"]}),
    tool("calculate", "Evaluate arithmetic", expression=TEXT),
    tool("createTicket", "Open a support ticket", title=TEXT, priority={"enum": ["low", "high"]}),
]


def asked(prompt: str, tools: list[Tool] = SHOP) -> list[tuple[str, Any]]:
    return [(one.name, json.loads(one.arguments)) for one in wanted(tools, prompt)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Where is order 1042?", [("get_order_status", {"order_id": 1042})]),
        ("Where is my parcel 1042?", [("get_order_status", {"order_id": 1042})]),
        ("Please cancel order 7.", [("cancel_order", {"order_id": 7})]),
        ("Which oolong do you have?", [("find_tea", {"category": "oolong"})]),
        ("Weather in Oslo in fahrenheit", [("get_weather", {"city": "Oslo", "unit": "fahrenheit"})]),
        ("Will I need an umbrella in Rome?", [("get_weather", {"city": "Rome"})]),
        ("What is 17 * 23?", [("calculate", {"expression": "17 * 23"})]),
        ("Open a high priority ticket 'It leaks'", [("createTicket", {"title": "It leaks", "priority": "high"})]),
        ("orders 7, 8 and 9: where are they?", [("get_order_status", {"order_id": each}) for each in (7, 8, 9)]),
        ("Use get_weather for Bern", [("get_weather", {"city": "Bern"})]),
        ("Use get_weather", [("get_weather", {"city": "London"})]),
        ("Hello!", []),
        ("Where is my order?", []),
        ("What is the weather?", []),
        ("", []),
        ("What is a WebSocket?", []),
        ("Tell me about HTTP status codes", []),
    ],
)
def test_the_words_decide(prompt: str, expected: Any) -> None:
    assert asked(prompt) == expected


def test_the_order_of_the_calls_is_that_of_the_words() -> None:
    names = [name for name, _ in asked("The weather in Rome please, and where is order 3?")]
    assert names == ["get_weather", "get_order_status"]


def test_a_free_text_gets_what_the_tool_does_not_say_itself() -> None:
    assert asked("Do you have any green tea?", [tool("find_tea", category=TEXT)]) == [
        ("find_tea", {"category": "green"})
    ]


def test_examples_in_a_description_are_looked_for_first() -> None:
    category = TEXT | {"description": "such as green, black or herbal"}
    find = tool("find_tea", category=category)
    assert asked("Which herbal teas could Ada sell today?", [find]) == [("find_tea", {"category": "herbal"})]


def test_two_numbers_for_two_parameters_are_one_call() -> None:
    add = tool("add", "Add two numbers", a=WHOLE, b=WHOLE)
    assert asked("Please add 4 and 5, with the tool for numbers", [add]) == [("add", {"a": 4, "b": 5})]


def test_one_must_be_called_when_one_must_be_called() -> None:
    assert nearest(SHOP, "umbrella").name == "get_weather"
    assert nearest(SHOP, "Hello").name == "get_order_status", "the first, where nothing speaks for any"


def test_a_tool_without_parameters_is_called_with_none() -> None:
    assert asked("What is the time? get_time", [Tool("get_time", "The time")]) == [("get_time", {})]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_said_the_arguments_are_valid(seed: int) -> None:
    dice = random.Random(seed)
    words = [
        "order",
        "weather",
        "tea",
        "12",
        "Oslo",
        "green",
        "ticket",
        "3.5",
        "1e9",
        "'x'",
        "…",
        "\ud800",
        "-7",
        "cancel",
    ]
    prompt = " ".join(dice.choices([*words, "".join(dice.choices(string.printable, k=5))], k=dice.randint(1, 40)))
    for one in [*wanted(SHOP, prompt), nearest(SHOP, prompt)]:
        schema = next(tool.parameters for tool in SHOP if tool.name == one.name)
        jsonschema.validate(json.loads(one.arguments), schema)
