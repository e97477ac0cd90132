"""Check of 01.2: an empty dict is data too, and the caller's dict stays his. Knows the journal; knows no notebook."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks.bench import Bench
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1012
PATH = "/shop/orders"
NOTE = "Gift wrapped"

HINTS = (
    "`if data:` asks whether something is *in* the dict. The question here is another one: was a dict given at all?",
    "`None` means that nobody gave one; `data is None` asks exactly that. And `data[…] = …` writes into the dict of "
    "whoever called you: write into a copy.",
    "Almost the code: `if data is None:` a GET. Otherwise `body = dict(data)`; if there is a note, "
    '`body["note"] = note`; then one `requests.post(…, json=body)`, whose response you keep in a variable.',
)


def call_shop(bench: Bench, answer: Callable[..., Any]) -> str:
    """No data is a GET, an empty dict a POST, and a note on one order is on no other."""
    scene = bench.scene(SEED, door=True)
    steps = 0

    def asked(method: str, why: str, *args: Any, **options: Any) -> Exchange:
        nonlocal steps
        value = bench.call(scene, answer, scene.base_url, PATH, *args, **options)
        seen = scene.exchanges()[steps:]
        exchange = _the_one(seen, value, method, why)
        steps += 1
        return exchange

    asked("GET", "no data was given")
    form = asked("POST", "an order form was given, with nothing in it", {})
    _judge_body(form, {}, "the empty form, as it was given")
    order = {"product_id": 123, "quantity": 1}
    before = dict(order)
    first = asked("POST", "an order was given", order, note=NOTE)
    _judge_body(first, before | {"note": NOTE}, "the order with the note on it")
    second = asked("POST", "an order was given", order)
    _judge_other(second, order, before)
    return "GET without data, POST with an empty dict (422 from the shop), and one note on two orders."


def _the_one(seen: Sequence[Exchange], value: Any, method: str, why: str) -> Exchange:
    expected = f"one {method} {PATH}, because {why}"
    right = bool(seen) and value == _said(seen[-1])
    if len(seen) != 1:
        orders = sum(one.status == 201 for one in seen)
        raise Wrong(
            verdict(right, f"one call made {counted(orders, 'order')}." if orders > 1 else _number(seen)),
            expected=expected,
            seen=counted(len(seen), "request") if seen else "no request at base_url",
            proof=each(seen),
            look="each `requests.post` sends again: keep the response in a variable, and look at it twice"
            if seen
            else "which line sends the request in this case?",
        )
    (exchange,) = seen
    if exchange.method != method:
        emptied = method == "POST" and not exchange.request_body
        raise Wrong(
            f"The {'empty form' if emptied else 'call'} became a {exchange.method}.",
            expected=expected,
            seen=f"{exchange.method} {exchange.target}, answered {exchange.status}",
            proof=brief(exchange),
            look="what is `bool({})`? Then read the line that decides between GET and POST"
            if emptied
            else "the line that decides between GET and POST: which question does it ask?",
            belief="empty-is-nothing" if emptied else "",
        )
    if exchange.status == 415:
        raise Wrong(
            "The shop cannot read what you sent: 415.",
            expected=f"one {method} {PATH}, with a body of JSON that is announced as JSON",
            seen=f"Content-Type: {exchange.request.get('content-type') or '(none)'}",
            proof=brief(exchange, ["Content-Type"]),
            look="which argument of `requests.post` writes JSON and says so?",
            belief="data-is-json",
        )
    if not right:
        raise Wrong(
            "Your function returns something else than what the shop said.",
            expected=quoted(_said(exchange), 90),
            seen=quoted(value, 90),
            proof=brief(exchange),
            look="`response.json()`, also when the status is no 200: the shop says there what was wrong",
        )
    return exchange


def _number(seen: Sequence[Exchange]) -> str:
    return f"it took {counted(len(seen), 'request')}." if seen else "no request reached the shop."


def _said(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.body)
    except ValueError:
        return None


def _body(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.request_body)
    except ValueError:
        return None


def _judge_body(exchange: Exchange, due: dict[str, Any], what: str) -> None:
    if _body(exchange) != due:
        raise Wrong(
            "The body is not what it should be.",
            expected=f"{what}: {json.dumps(due)}",
            seen=exchange.request_body.decode("utf-8", "replace") or "no body",
            proof=brief(exchange, ["Content-Type"]),
            look="the dict that you give to `json=`: which entries does it have, and is it a dict?",
        )


def _judge_other(exchange: Exchange, order: dict[str, Any], before: dict[str, Any]) -> None:
    """The second order comes from the same dict, and nobody asked for a note."""
    if order != before:
        raise Wrong(
            "Your first call wrote into the caller's dict, and the second order shows it.",
            expected=f"{json.dumps(before)}, as the caller wrote it",
            seen=json.dumps(order),
            proof=brief(exchange),
            look="the line `data[…] = …`: whose dict is that? What would a copy change?",
            belief="my-parameter-is-mine",
        )
    _judge_body(exchange, before, "the order without a note")
