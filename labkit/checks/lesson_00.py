"""Checks of lesson 00: one GET with a name on it, and a 404 on purpose. Knows the journal; knows no notebook."""

from collections.abc import Callable
from typing import Any

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

HEADER = "X-Learner"
NAMES = ("Mira", "Tadeusz")  # ASCII: other letters need an encoding that a header does not have
SEED = 1001

SAY_HELLO_HINTS = (
    "A header is a line of its own in the request: a name, a colon, a value. The address stays as it is.",
    "`requests.get` takes `headers=`, a dict of header names and values. What it returns is the whole answer: status, "
    "headers and body. Its method `.json()` gives the data in the body.",
    'Almost the code: `response = requests.get(base_url + "/health", headers={"X-Learner": …})`, then '
    "`return response.…()`. Mind the brackets after a method's name.",
)

FIND_NOTHING_HINTS = (
    "404 is an answer, so a server must be there to give it. It says: I am here, and nothing is at this path.",
    "The path is what follows the address of the server. `base_url` is the address; the path you may invent.",
    'Almost the code: `requests.get(base_url + "/…")`, with any word that no server would know.',
)


def say_hello(bench: Bench, answer: Callable[..., Any]) -> str:
    """One GET /health with the learner's name in X-Learner; its JSON as a dict. Twice, with two names."""
    for name in NAMES:
        scene = bench.scene(SEED, door=True)
        value = bench.call(scene, answer, scene.base_url, name)
        seen = scene.exchanges()
        due = _health(scene)
        if not seen:
            raise Wrong(
                verdict(value == due, "no request reached the server."),
                expected="one GET /health at base_url",
                seen=f"no request at all; your function returned {quoted(value)}",
                look="which address does your code ask? It must begin with base_url",
            )
        if value != due:
            raise _not_the_data(value, due, seen[-1])
        _judge_greeting(seen, name)
    first, second = NAMES
    return f"Two calls, two requests: GET /health with {HEADER}: {first}, then with {HEADER}: {second}."


def _not_the_data(value: Any, due: Any, exchange: Exchange) -> Wrong:
    kind = type(value).__name__
    if exchange.status != 200:
        return Wrong(
            f"The server answered {exchange.status}.",
            expected="GET /health, which is answered 200",
            seen=f"{exchange.method} {exchange.target}",
            proof=brief(exchange, [HEADER]),
            look="the first line of the request: a method, then a path",
        )
    told = {
        "Response": ("the whole answer (a Response)", "it holds status, headers and body: which method reads it?"),
        "method": ("the method itself, not what it gives", "what is missing after `.json`?"),
        "str": ("the body as text (a str)", "which method of the response reads JSON into a dict?"),
        "bytes": ("the body as bytes", "which method of the response reads JSON into a dict?"),
        "NoneType": ("None", "does your function `return` something, or does it print?"),
    }
    seen, look = told.get(kind, (quoted(value), "compare it with the body that the server sent"))
    return Wrong(
        "What your function returns is not the data.",
        expected=f"the dict {due!r}",
        seen=seen,
        proof=brief(exchange, [HEADER]),
        look=look,
        belief="response-is-the-data" if kind in ("Response", "method") else "",
    )


def _judge_greeting(seen: list[Exchange], name: str) -> None:
    """The value is right: is the traffic?"""
    expected = f"one GET /health with the header {HEADER}: {name}"
    if len(seen) > 1:
        raise Wrong(
            verdict(True, f"it took {len(seen)} requests."),
            expected=expected,
            seen=counted(len(seen), "request"),
            proof=each(seen),
            look="each `requests.get` is a request of its own; keep the first response in a variable",
        )
    (exchange,) = seen
    if (exchange.method, exchange.path) != ("GET", "/health"):
        raise Wrong(
            verdict(True, "it was asked for in another way."),
            expected=expected,
            seen=f"{exchange.method} {exchange.target}",
            proof=brief(exchange, [HEADER]),
            look="the first line of the request: a method, then a path",
        )
    sent = exchange.request.get(HEADER)
    if sent != name:
        seen_header, look = _misplaced(exchange, name, sent)
        raise Wrong(
            verdict(True, "the server does not know who asks."),
            expected=expected,
            seen=seen_header,
            proof=brief(exchange, [HEADER, *_near(exchange, name)]),
            look=look,
        )


def _misplaced(exchange: Exchange, name: str, sent: str) -> tuple[str, str]:
    """What became of the name, and where to look."""
    if sent:
        return f"{HEADER}: {sent}", "where does this name come from? Use the one that your function is given"
    if name in exchange.target:
        return f"the name in the address: {exchange.target}", "`params=` writes there; which argument writes headers?"
    if near := _near(exchange, name):
        return f"a header called {near[0]}", f"the spelling: {HEADER}, with a hyphen"
    return f"no {HEADER} header", "the argument of `requests.get` that takes a dict of headers"


def _near(exchange: Exchange, name: str) -> list[str]:
    """Headers that were meant to be ours."""
    found = [key for key, value in exchange.request.headers if value == name or "learner" in key.lower()]
    return [key for key in found if key.lower() != HEADER.lower()]


def _health(scene: Scene) -> Any:
    """What the server says when it is asked properly; called after the journal was read."""
    return scene.ask("GET", "/health").json()


def find_nothing(bench: Bench, answer: Callable[..., Any]) -> str:
    """One GET that the server answers 404. No value counts, only the journal."""
    scene = bench.scene(SEED, door=True, beliefs={"ConnectionError": "retries-happened"})
    value = bench.call(scene, answer, scene.base_url)
    seen = scene.exchanges()
    expected = "one GET for a path of your own, answered 404"
    if not seen:
        raise Wrong(
            "No request reached the server.",
            expected=expected,
            seen="an empty journal" + (f"; your function returned {quoted(value)}" if value is not None else ""),
            look="which address does your code ask? It must begin with base_url (paths under /lab are not recorded)",
            belief="server-lives-in-the-notebook",
        )
    statuses = [exchange.status for exchange in seen]
    if len(seen) > 1:
        raise Wrong(
            f"Your 404 is there. The way to it is not: it took {len(seen)} requests."
            if 404 in statuses
            else f"{len(seen)} requests, and no 404 among them.",
            expected=expected,
            seen=counted(len(seen), "request"),
            proof=each(seen),
            look="one request is enough: which line sends the others?" if 404 in statuses else _look_at(seen[-1]),
        )
    (exchange,) = seen
    if exchange.status != 404:
        raise Wrong(
            f"The server answered {exchange.status}, not 404.",
            expected=expected,
            seen=f"{exchange.method} {exchange.target} was answered {exchange.status}",
            proof=brief(exchange),
            look=_look_at(exchange),
        )
    if exchange.method != "GET":
        raise Wrong(
            f"Your 404 is there. The way to it is not: it was a {exchange.method}.",
            expected=expected,
            seen=f"{exchange.method} {exchange.target}",
            proof=brief(exchange),
            look="which function of `requests` sends a GET?",
        )
    return f"GET {exchange.target} was answered 404: the server is there, and nothing is at that path."


def _look_at(exchange: Exchange) -> str:
    if exchange.status == 405:
        return f"{exchange.path} exists, it only does not take {exchange.method}. What if the path did not exist?"
    return f"the server knows {exchange.path}. Which path can it not know?"
