"""Check of 01.1: the shop filters, asked for exactly what was typed. Knows the journal; knows no notebook."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1011
PATH = "/shop/products"
WISHES = (  # what a customer types, and the most he wants to spend; the middle one looks fine when it is cut at the &
    ("kettle", 40),
    ("Ginger & Lemon", 10),
    ("milk & honey", 50),
)
LOST = "The text reached the shop in pieces"

LOOKS = {  # by the kind of what was returned
    "NoneType": "does your function `return` the names, or does it print them?",
    "str": "a `return` inside a loop ends the function at the first name: where do the names gather?",
    "other": "the answer is a dict; under `products` is a list of dicts, and each of them has a `name`",
}

HINTS = (
    "The shop can search: its list takes parameters, in the address, behind a `?`. What it filters out never travels.",
    "`/docs` on the lab server tells the parameters of GET /shop/products. `requests.get` takes `params=`, a dict, and "
    "writes it into the address so that no `&` in a value is taken for a separator.",
    'Almost the code: `response = requests.get(base_url + "/shop/products", params={"q": …, "max_price": …})`. The '
    'names are in `response.json()["products"]`, one in each of its dicts.',
)


def find_products(bench: Bench, answer: Callable[..., Any]) -> str:
    """For each of WISHES one GET whose q and max_price are the customer's own; the names that the shop answered."""
    for text, most in WISHES:
        scene = bench.scene(SEED, door=True)
        value = bench.call(scene, answer, scene.base_url, text, most)
        seen = scene.exchanges()
        due = _due(scene, text, most)
        right = value == due
        exchange = _the_one(seen, right, text, most)
        _judge_question(exchange, right, text, most)
        if not right:
            raise Wrong(
                "The shop was asked well, but this is not what it answered.",
                expected=quoted(due, 90),
                seen=quoted(value, 90),
                proof=brief(exchange),
                look=LOOKS.get(type(value).__name__, LOOKS["other"]),
            )
    return "Three searches, one request each, and the shop was asked for every & that was typed."


def _due(scene: Scene, text: str, most: int) -> list[str]:
    answer = scene.ask("GET", PATH, params={"q": text, "max_price": most})
    return [product["name"] for product in answer.json()["products"]]


def _the_one(seen: list[Exchange], right: bool, text: str, most: int) -> Exchange:
    expected = f"one GET {PATH}, with q={text!r} and max_price={most} among its parameters"
    if len(seen) != 1:
        raise Wrong(
            verdict(right, f"it took {counted(len(seen), 'request')}." if seen else "nobody asked the shop."),
            expected=expected,
            seen=counted(len(seen), "request") if seen else "no request at base_url",
            proof=each(seen),
            look="each `requests.get` is a request of its own; one can carry all that you want to know"
            if seen
            else "where do your names come from? Ask at base_url",
        )
    (exchange,) = seen
    if (exchange.method, exchange.path) != ("GET", PATH):
        raise Wrong(
            verdict(right, "another question was asked."),
            expected=expected,
            seen=f"{exchange.method} {exchange.target}",
            proof=brief(exchange),
            look="the first line of the request: a method, then a path",
        )
    return exchange


def _judge_question(exchange: Exchange, right: bool, text: str, most: int) -> None:
    asked = dict(parse_qsl(exchange.target.partition("?")[2], keep_blank_values=True))
    told = asked.get("q", text)
    if not told or not text.startswith(told):
        raise Wrong(
            verdict(right, "the shop was asked for another text."),
            expected=f"a parameter q whose value is {text!r}",
            seen=f"q is {told!r}",
            proof=brief(exchange),
            look="where does this text come from? Give `params=` the one that your function is given, as it is",
        )
    if told != text:
        raise Wrong(
            verdict(right, f"{LOST[0].lower()}{LOST[1:]}."),
            expected=f"a parameter q whose value is {text!r}",
            seen=f"q is {asked['q']!r}" + "".join(f", and {name!r} is another parameter" for name in _odd(asked)),
            proof=brief(exchange),
            look="what does an `&` mean in an address? Who could write this one so that it means itself?",
            belief="query-is-glued-text",
        )
    missing = [name for name in ("q", "max_price") if name not in asked]
    if missing:
        raise Wrong(
            verdict(True, f"your program filtered, and {_sent(exchange)} travelled for it.")
            if right
            else "The shop was not told what to look for.",
            expected=f"q={text!r} and max_price={most} in the address: the shop filters",
            seen=f"no {' and no '.join(missing)} in {exchange.target}",
            proof=brief(exchange),
            look="which parameters does GET /shop/products take? They stand in the lab server's /docs",
            belief="filter-at-home" if right else "",
        )
    if float(asked["max_price"] or "nan") != most:
        raise Wrong(
            verdict(right, "the shop was told another price."),
            expected=f"max_price={most}",
            seen=f"max_price={asked['max_price']}",
            proof=brief(exchange),
            look="where does this number come from? Use the one that your function is given",
        )


def _odd(asked: dict[str, str]) -> list[str]:
    return [name for name in asked if name not in ("q", "max_price", "per_page", "page", "sort", "category")]


def _sent(exchange: Exchange) -> str:
    return f"a list of {counted(len(exchange.body), 'byte')}"
