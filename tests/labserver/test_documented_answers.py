"""The description shows what the server says: each example of an answer is compared with the answer, today."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import zip_longest
from typing import Any

import httpx2
import pytest
from documented import PAGES, Answer, Operation, answers, operations

pytestmark = pytest.mark.long

LISTENERS = 5
# What HTTP itself brings, or every answer may have.
CLOCKS = {"date", "x-ratelimit-reset"}  # two servers agree on these when they are asked in the same second
CLOCK = re.compile(rf"((?:{'|'.join(CLOCKS)}): )[^\r\n]*")
PLAIN = {"date", "content-length", "content-type", "transfer-encoding", "connection", "cache-control", "vary"}
PLAIN |= {"content-encoding", "x-accel-buffering"}
CURE = "Record it: PYTHONPATH=. python tests/labserver/documented.py"


@pytest.fixture(scope="module")
def twins(server, tmp_path_factory):
    """Two servers that tell apart what is chance: they share no process, no time scale and no number of listeners."""
    other = type(server)(tmp_path_factory.mktemp("twin"), "--solo", "--time-scale", "0.9")
    with ExitStack() as open_now, httpx2.Client(base_url=other.url, headers={"x-api-key": other.sandbox()}) as client:
        for _ in range(LISTENERS):
            open_now.enter_context(client.stream("GET", "/lab/journal/tail"))
        yield server, other
    other.stop()


@pytest.fixture(scope="module", params=PAGES)
def heard(twins, request) -> list[tuple[Operation, list[Answer], list[Answer]]]:
    """Each operation of one description and what either server answers to it."""

    def ask(server: Any) -> list[tuple[Operation, list[Answer]]]:
        found = operations(server, request.param)
        return [(operation, answers(server, operation, found)) for operation in found]

    with ThreadPoolExecutor() as threads:
        first, second = threads.map(ask, twins)
    return [(operation, one, other) for (operation, one), (_, other) in zip(first, second, strict=True)]


def told(text: str) -> list[Any]:
    """The lines of a text, those of JSON as their values: `data: {"n": 1}` is one."""
    found: list[Any] = []
    for line in text.splitlines():
        said = line.removeprefix("data: ")
        found.append(json.loads(said) if said.startswith("{") else line)
    return found


def differences(shown: Any, one: Any, other: Any, at: str = "") -> list[str]:
    """Where an example is not what two servers answer: another value where they agree, another type where not."""
    if isinstance(shown, str) and isinstance(one, str) and shown.count("\n") > 1:
        shown, one, other = told(shown), told(one), told(other) if isinstance(other, str) else other
    if isinstance(shown, dict) and isinstance(one, dict):
        if str(shown.get("name")) in CLOCKS:  # a header, as an archive has it
            shown, one = {"name": shown["name"]}, {"name": one["name"]}
        if shown.keys() != one.keys():
            return [f"{at}: its keys differ: {sorted(shown.keys() ^ one.keys())}"]
        rest = other if isinstance(other, dict) else {}
        return [line for key in one for line in differences(shown[key], one[key], rest.get(key), f"{at}.{key}")]
    if isinstance(shown, list) and isinstance(one, list):
        if len(one) == len(other or ()) and len(one) != len(shown):
            return [f"{at}: it shows {len(shown)}, the server answers {len(one)}"]
        rest = zip_longest(zip(shown, one, strict=False), other or ())
        return [line for pair, more in rest if pair for line in differences(*pair, more, f"{at}[]")]
    if isinstance(shown, str) and isinstance(one, str):
        shown, one = CLOCK.sub(r"\1", shown), CLOCK.sub(r"\1", one)
    if one == other:
        return (
            []
            if shown == one or at.endswith(".version")
            else [f"{at}: it shows {shown!r:.60}, the server answers {one!r:.60}"]
        )
    kinds = {float if isinstance(value, int) else type(value) for value in (shown, one) if value is not None}
    return [f"{at}: it shows {shown!r:.60}, the server answers {one!r:.60}"] if len(kinds) > 1 else []


def complain(lines: list[str]) -> None:
    assert not lines, "\n".join(["", *lines])


def test_what_is_documented_to_be_asked_succeeds(heard) -> None:
    complain(
        [
            f"{operation.name}: asked by its examples it answers {answer.status} {answer.value!s:.120}"
            for operation, first, _ in heard
            for answer in first
            if answer.status >= "300" or answer.status not in operation.responses
        ]
    )


def test_every_answer_of_the_documentation_is_what_the_server_answers(heard) -> None:
    lines: list[str] = []
    for operation, first, second in heard:
        found = {(answer.status, answer.media_type): answer.value for answer in reversed(second)}
        seen = {(answer.status, answer.media_type): answer.value for answer in reversed(first)}
        for status, media_type in set() if operation.spec.get("x-measured") else operation.awaited():
            where = f"{operation.name} {status} {media_type}"
            content = operation.responses[status]["content"][media_type]
            shown = operation.examples({**content, "schema": {}})
            if not shown:
                lines.append(f"{where}: no example. {CURE}")
            elif (status, media_type) not in seen:
                lines.append(f"{where}: asked by its examples, the server never answers this")
            else:
                value, other = seen[status, media_type], found.get((status, media_type))
                lines += [f"{where} {line}. {CURE}" for line in differences(shown[0], value, other)]
    complain(lines)


def test_a_success_has_the_content_types_that_are_documented(heard) -> None:
    complain(
        [
            f"{operation.name} {answer.status}: it sends {answer.media_type!r}, which is not documented"
            for operation, first, _ in heard
            for answer in first
            if answer.media_type and (answer.status, answer.media_type) not in operation.awaited()
        ]
    )


def test_every_header_that_is_sent_is_documented_and_the_other_way_round(heard) -> None:
    lines: list[str] = []
    for operation, first, _ in heard:
        for answer in first:
            said = operation.responses.get(answer.status, {}).get("headers", {})
            shown = {name.lower(): operation.resolved(header) for name, header in said.items()}
            sent = {name.lower() for name in answer.headers} - PLAIN
            owed = {name for name, header in shown.items() if header.get("required")}
            where = f"{operation.name} {answer.status}"
            cure = "Give it a row in labserver/surfaces/manual_parts.py and name it in the route's responses."
            lines += [f"{where}: the header {name} is sent and not documented. {cure}" for name in sent - shown.keys()]
            lines += [f"{where}: the header {name} is documented and not sent" for name in owed - sent]
            if ("deprecation" in sent) != bool(operation.spec.get("deprecated")):
                lines.append(f"{where}: `deprecated` and the header Deprecation do not agree")
    complain(lines)


def test_a_difference_is_found() -> None:
    shown = {"id": 1, "at": 2.5, "name": "Ada", "tags": ["a"], "stream": 'data: {"n": 1}\n\ndata: [DONE]\n\n'}
    assert differences(shown, shown, shown) == []
    assert differences(shown, {**shown, "at": 9}, {**shown, "at": 3}) == []
    for wrong in ({"id": 2}, {"name": None}, {"tags": ["b"]}, {"tags": []}, {"stream": shown["stream"].lower()}):
        answered = {**shown, **wrong}
        assert len(differences(shown, answered, answered)) == 1, wrong
    assert differences(shown, {**shown, "at": "soon"}, {**shown, "at": "later"}) != []
    assert differences(shown, {**shown, "more": 1}, shown) != []
