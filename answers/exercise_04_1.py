"""04.1: how people mend the popular snippet. Knows no check."""

import json
import time
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

Data = dict[str, Any] | None
Headers = dict[str, str]


def send(url: str, headers: Headers, data: Data, seconds: float) -> requests.Response:
    """One request, whole or not at all; its clock is for silence only."""
    method = "GET" if data is None else "POST"
    return requests.request(method, url, json=data, headers=headers, timeout=seconds)


def in_time(url: str, headers: Headers, data: Data, seconds: float) -> tuple[requests.Response, Any]:
    """The answer and its JSON; Timeout where it is not whole in time."""
    end, body = time.monotonic() + seconds, b""
    method = "GET" if data is None else "POST"
    with requests.request(method, url, json=data, headers=headers, stream=True, timeout=seconds) as answer:
        for piece in answer.iter_content(1):
            body += piece
            if time.monotonic() > end:
                raise requests.Timeout("too slow")
    return answer, json.loads(body)


def told(answer: Any, said: Any) -> dict[str, Any]:
    """What the three dictionaries say of an answer that came."""
    if answer.status_code < 400:
        return {"success": True, "data": said}
    success = None if answer.status_code >= 500 else False
    return {"success": success, "error": said["error"]["message"], "request_id": answer.headers["x-request-id"]}


@right
def right_with_another_library(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    end, body = time.monotonic() + seconds, b""
    method = "GET" if data is None else "POST"
    try:
        with httpx2.stream(method, url, json=data, headers=headers, timeout=seconds) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if time.monotonic() > end:
                    return {"success": None, "error": "too slow"}
    except httpx2.TransportError as error:
        return {"success": None, "error": repr(error)}
    return told(answer, json.loads(body))


@wrong("The server said a clear no", "'success': None", "which statuses are a no")
def never_says_no(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        answer, said = in_time(url, headers, data, seconds)
        answer.raise_for_status()
        return {"success": True, "data": said}
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}


@wrong("arrived as a GET", "one POST /shop/orders", belief="empty-is-nothing")
def asks_what_is_in_the_data(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    return told(*in_time(url, headers, data or None, seconds))


@wrong('"error" is not what the server said', "the server, or the library?")
def tells_what_the_library_says(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        answer, said = in_time(url, headers, data, seconds)
        answer.raise_for_status()
        return {"success": True, "data": said}
    except requests.HTTPError as error:
        request_id = error.response.headers["X-Request-Id"]
        return {"success": False, "error": f"HTTP Error: {error}", "request_id": request_id}
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}


@wrong('"request_id" is not what the server said', "one of them is its name")
def forgets_the_name(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        return {**told(*in_time(url, headers, data, seconds)), "request_id": None}
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}


@wrong("success is False, and nobody knows that", "how many parcels are that", belief="no-answer-is-a-no")
def takes_silence_for_a_no(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        return told(*in_time(url, headers, data, seconds))
    except requests.RequestException as error:
        return {"success": False, "error": str(error)}


@wrong("success is False, and nobody knows that", "perhaps after it had done its work", belief="no-answer-is-a-no")
def takes_a_500_for_a_no(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        answer, said = in_time(url, headers, data, seconds)
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}
    if answer.ok:
        return {"success": True, "data": said}
    return {"success": False, "error": said["error"]["message"], "request_id": answer.headers["X-Request-Id"]}


@wrong("the answer dripped", "the check hung up for you", "when does it start again?", belief="timeout-is-the-total")
def trusts_the_timeout(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    try:
        answer = send(url, headers, data, seconds)
        return told(answer, answer.json())
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}


@wrong(NOT_THE_WAY, "you were still reading", "What measures the whole?", belief="timeout-is-the-total")
def looks_at_the_clock_when_all_is_over(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    """The right value, much too late."""
    end = time.monotonic() + seconds
    try:
        answer = send(url, headers, data, seconds)
        if time.monotonic() > end:
            return {"success": None, "error": "too slow"}
        return told(answer, answer.json())
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}


@wrong(NOT_THE_WAY, "still open", "`with` does")
def leaves_the_door_open(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    end, body = time.monotonic() + seconds, b""
    try:
        answer = requests.request(
            "GET" if data is None else "POST", url, json=data, headers=headers, stream=True, timeout=seconds
        )
        KEPT.append(answer)
        for piece in answer.iter_content(1):
            body += piece
            if time.monotonic() > end:
                return {"success": None, "error": "too slow"}
    except requests.RequestException as error:
        return {"success": None, "error": str(error)}
    return told(answer, json.loads(body))


KEPT: list[requests.Response] = []  # as a notebook keeps what was once in a variable


@wrong("does not return one of the three dictionaries", "does each of them return?")
def returns_the_bare_data(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    return in_time(url, headers, data, seconds)[1]


@wrong("HTTPError: 422", "in the line `answer.raise_for_status()`", status="crashed")
def lets_it_fly(url: str, headers: Headers, data: Data = None, seconds: float = 5) -> Any:
    answer, said = in_time(url, headers, data, seconds)
    answer.raise_for_status()
    return {"success": True, "data": said}
