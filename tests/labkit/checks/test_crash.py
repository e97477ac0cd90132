"""What a crashed answer's card says beside the error: what the server saw of it, and where to look."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from labkit.checks.crash import ANSWERED, DEFAULT, GIVEN, LOOKS, NO_SCHEME, NOBODY, STATUS, look
from labkit.outcome import Outcome

Judge = Callable[..., Outcome]


def forgets_the_slash(base_url: str, name: str) -> Any:
    return requests.get(base_url + "health", headers={"X-Learner": name}).json()


def takes_an_error_apart(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/helth", headers={"X-Learner": name}).json()["status"]


def reads_half(base_url: str, name: str) -> Any:
    return json.loads(requests.get(base_url + "/health", headers={"X-Learner": name}).text[:10])


def asks_elsewhere(base_url: str, name: str) -> Any:
    return requests.get("http://127.0.0.1:9/health", headers={"X-Learner": name}).json()


def raises_for_status(base_url: str) -> None:
    requests.get(base_url + "/nothing").raise_for_status()


def puts_the_header_in_a_set(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner", name}).json()  # type: ignore[arg-type]


def misspells_a_method(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name}).jsn()  # type: ignore[attr-defined]


def gives_a_path_alone(base_url: str) -> None:
    requests.get("/nothing")


def never_comes_to_the_name(base_url: str) -> None:
    for row in ["content-length: 3"]:
        if row.startswith("Content-Length"):
            length = row
    print(length)


def raises_its_own(base_url: str) -> None:
    class TeaError(Exception):
        pass

    raise TeaError("no tea")


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        ("00.1", forgets_the_slash, ("no request of yours had reached the server", "", LOOKS["InvalidURL"])),
        ("00.1", takes_an_error_apart, ("the server had answered 404 to GET /helth", "← HTTP/1.1 404", ANSWERED)),
        ("00.1", reads_half, ("", "← HTTP/1.1 200 OK", LOOKS["JSONDecodeError"])),
        ("00.1", asks_elsewhere, ("no request of yours had reached the server", "", NOBODY)),
        ("00.2", raises_for_status, ("the server had answered 404 to GET /nothing", "NOT_FOUND", STATUS)),
        ("00.1", puts_the_header_in_a_set, ("no request of yours had reached the server", "", GIVEN)),
        ("00.1", misspells_a_method, ("", "← HTTP/1.1 200 OK", LOOKS["AttributeError"])),
        ("00.2", gives_a_path_alone, ("no request of yours had reached the server", "", NO_SCHEME)),
        (
            "00.2",
            never_comes_to_the_name,
            ("no request of yours had reached the server", "", LOOKS["UnboundLocalError"]),
        ),
        ("00.2", raises_its_own, ("no request of yours had reached the server", "", DEFAULT)),
    ],
)
def test_a_crash_says_what_the_server_saw_and_where_to_look(
    judge: Judge, exercise: str, answer: Any, told: tuple[str, str, str]
) -> None:
    seen, proof, where = told
    outcome = judge(exercise, answer)
    assert (outcome.status, outcome.seen, outcome.look) == ("crashed", seen, where)
    assert proof in outcome.proof and bool(proof) == bool(outcome.proof)


def test_a_connection_that_was_there_and_broke_is_not_a_wrong_address(judge: Judge, server: Any) -> None:
    from labkit.checks.bench import Bench, Crashed

    def answer(base_url: str, key: str) -> None:
        requests.get(f"{base_url}/health", headers={"X-API-Key": key}, timeout=5)

    with Bench(server.url, "00.1") as bench:
        scene = bench.scene(1, "lose_reply")
        with pytest.raises(Crashed, match="ConnectionError") as crash:
            bench.call(scene, answer, scene.base_url, scene.key)
    assert "broke: which lines must survive that?" in crash.value.look
    assert crash.value.seen == "the answer was broken on purpose: lose_reply"


def test_the_nearest_ancestor_of_an_error_speaks() -> None:
    assert look(["JSONDecodeError", "InvalidJSONError", "RequestException"], None) == LOOKS["JSONDecodeError"]
    assert look(["ReadTimeout", "Timeout", "RequestException"], None) == LOOKS["Timeout"]
    assert look(["RemoteProtocolError", "ProtocolError", "TransportError", "RequestError", "HTTPError"], None) == NOBODY
    assert look(["HTTPStatusError", "HTTPError"], None) == STATUS
    assert look(["TeaError"], None) == DEFAULT
