"""Check of 10.4: a model asks for a tool, and only a whole call is acted on. Knows the journal; knows no notebook."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks.bench import Bench, Scene
from labkit.checks.chat import PATH, asked, field, told
from labkit.checks.proof import brief, counted, each, parted, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SHOP = "/shop/orders/"
QUESTIONS = (  # a fault, and what the customer asks
    ("", "Where is order 2?"),
    ("", "Where are orders 2 and 3?"),
    ("", "Where is order 1042?"),
    ("no_done;after=12", "Where is order 1042?"),  # every fragment comes, and no word that it was the last
)

ORDER_ANSWER_HINTS = (
    "The model does not run anything. It writes down what it wants, in pieces; you read that, run it, and send the "
    "result back in a second request. Until the finish_reason says `tool_calls`, what you hold is a part.",
    "Three turns of the conversation go into the second request: the user's question, the assistant's message with "
    "`tool_calls`, and for each call a message with role `tool` and its `tool_call_id`. Look at `ask` in the lesson.",
    "Almost the code: `with client.chat.completions.stream(…) as stream:` and `get_final_completion()`. If the "
    'finish_reason is "stop", return the content; if it is not "tool_calls", None. Otherwise append the message, then '
    "GET the order of each call and append its text.",
)


def order_answer(bench: Bench, answer: Callable[..., Any]) -> str:
    """Each question's words, from exactly the orders that the model asked for; None where its call was not whole."""
    looked_up = 0
    for seed, (plan, prompt) in enumerate(QUESTIONS, start=1041):
        scene = bench.scene(seed, *filter(None, [plan]))
        value = bench.call(scene, answer, scene.base_url, scene.key, prompt)
        looked_up += _judged(value, scene)
    return (
        f"{len(QUESTIONS)} questions, {counted(looked_up, 'order')} looked up, each of them wanted; "
        "and from a call that was not whole you kept your hands off."
    )


def _judged(value: Any, scene: Scene) -> int:
    """How many orders were looked up."""
    seen = scene.exchanges()
    chats = [exchange for exchange in seen if exchange.path == PATH]
    visits = [exchange for exchange in seen if exchange.path.startswith(SHOP)]
    _refuse_other_talk(chats, seen)
    wanted, whole = _wanted(chats[0])
    right = value in [told(chat).text for chat in chats[1:]] if whole else value is None
    _judge_visits([visit.path for visit in visits], wanted, whole, right, chats[0])
    rounds = 2 if whole else 1
    if len(chats) != rounds:
        raise Wrong(
            verdict(right, f"the model was asked {counted(len(chats), 'time')}, and {rounds} was right here."),
            expected="one request for the call, and one that brings the results back" if whole else "one request",
            seen=counted(len(chats), "request"),
            proof=each(seen),
            look="when is there something new to tell the model?",
        )
    if not right:
        due, got = parted(told(chats[-1]).text, value) if whole and isinstance(value, str) else ("None", quoted(value))
        raise Wrong(
            "These are not the model's last words." if whole else "There was no whole answer to return.",
            expected=due if whole and isinstance(value, str) else "the text of the last answer" if whole else "None",
            seen=got,
            proof=brief(chats[-1]),
            look="the content of the answer whose finish_reason is stop" if whole else "finish_reason: which one came?",
        )
    return len(visits)


def _refuse_other_talk(chats: Sequence[Exchange], seen: Sequence[Exchange]) -> None:
    if not chats:
        raise Wrong(
            "The model was never asked.",
            expected=f"POST {PATH} with your key",
            seen="an empty journal" if not seen else counted(len(seen), "other request"),
            proof=each(seen),
            look="the address (base_url, then the path) and the header Authorization: Bearer, a space, the key",
        )
    for chat in chats:
        body = asked(chat)
        if chat.status != 200:
            look = "the first line of the request, then what the server says about it"
            summary = f"The server answered {chat.status}."
            raise Wrong(summary, expected="200", seen=chat.target, proof=brief(chat), look=look)
        if body.get("stream") is not True or not body.get("tools"):
            missing = "tools" if body.get("stream") is True else "stream"
            raise Wrong(
                f"A request to the model goes without `{missing}`.",
                expected='"stream": true and the tool, in every request',
                seen=field(body, missing),
                proof=brief(chat),
                look="what does the model need to know each time? It keeps nothing in mind",
            )


def _wanted(chat: Exchange) -> tuple[list[str], bool]:
    """(the paths of the orders that the model asked for, whether it said that its calls are whole)."""
    arguments: dict[int, str] = {}
    finish = None
    choices: list[Any] = [choice for event in chat.events for choice in event.json.get("choices", ())]  # type: ignore[attr-defined]
    for choice in choices:
        finish = choice["finish_reason"] or finish
        for part in choice["delta"].get("tool_calls") or ():
            arguments[part["index"]] = arguments.get(part["index"], "") + part["function"]["arguments"]
    if finish == "stop":
        raise Wrong(
            "The model saw no use for your tool.",
            expected="a description from which it understands what the tool is for",
            seen="an answer in words at once",
            proof=brief(chat),
            look="the tool's name, description and parameters: leave them as they are given",
        )
    if finish != "tool_calls":
        return [], False
    return [f"{SHOP}{next(iter(json.loads(text).values()))}" for text in arguments.values()], True


def _judge_visits(visited: list[str], wanted: list[str], whole: bool, right: bool, chat: Exchange) -> None:
    if visited and not whole:
        raise Wrong(
            "You acted on a call that was not whole.",
            expected="no request to the shop: nothing said that this was the last fragment",
            seen=f"GET {visited[0]}",
            proof=brief(chat),
            look="what in the stream would prove that the call is complete? Is it there?",
            belief="parsed-so-complete",
        )
    strange = [path for path in visited if path not in wanted]
    if strange:
        raise Wrong(
            f"The shop was asked about {strange[0].removeprefix(SHOP)}, which the model never asked for.",
            expected=", ".join(f"GET {path}" for path in wanted),
            seen=", ".join(f"GET {path}" for path in visited),
            proof=brief(chat),
            look="when do you read the arguments? A fragment of a number is a number too",
            belief="parsed-so-complete",
        )
    if sorted(visited) != sorted(wanted):
        what = "an order was looked up more than once." if len(visited) > len(wanted) else "an order was not looked up."
        raise Wrong(
            verdict(right and len(visited) > len(wanted), what),
            expected=", ".join(f"GET {path}" for path in wanted),
            seen=", ".join(f"GET {path}" for path in visited) or "no request to the shop",
            proof=brief(chat),
            look="one call of the model, one GET: each `index` is a call of its own",
        )
