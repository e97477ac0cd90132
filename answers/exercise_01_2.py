"""01.2: what people make of the popular snippet. Knows no check."""

import json
from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

Body = dict[str, Any]


@right
def one_request_for_both(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    method = "GET" if data is None else "POST"
    if data is not None and note is not None:
        data = {**data, "note": note}
    return requests.request(method, base_url + path, json=data).json()


@right
def writes_its_own_json(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data is None:
        return requests.get(base_url + path).json()
    text = json.dumps(data | ({"note": note} if note else {}))
    return requests.post(base_url + path, data=text, headers={"Content-Type": "application/json"}).json()


@wrong("The empty form became a GET", "with nothing in it", "bool({})", belief="empty-is-nothing")
def as_found(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data:
        if note:
            data["note"] = note
        response = requests.post(base_url + path, json=data)
    else:
        response = requests.get(base_url + path)
    return response.json()


@wrong("wrote into the caller's dict", "Gift wrapped", "whose dict", belief="my-parameter-is-mine")
def writes_into_the_dict(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data is None:
        return requests.get(base_url + path).json()
    if note is not None:
        data["note"] = note
    return requests.post(base_url + path, json=data).json()


@wrong("wrote into the caller's dict", belief="my-parameter-is-mine")
def thinks_that_a_name_is_a_copy(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data is None:
        return requests.get(base_url + path).json()
    body = data
    if note:
        body["note"] = note
    return requests.post(base_url + path, json=body).json()


@wrong("cannot read what you sent: 415", "announced as JSON", "(none)", belief="data-is-json")
def sends_data(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data is None:
        return requests.get(base_url + path).json()
    return requests.post(base_url + path, data=data | ({"note": note} if note else {})).json()


@wrong("The body is not what it should be", '"{}"', "is it a dict")
def packs_twice(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    if data is None:
        return requests.get(base_url + path).json()
    return requests.post(base_url + path, json=json.dumps(data)).json()


@wrong(NOT_THE_WAY, "one call made 2 orders", "sends again")
def sends_good_orders_twice(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    said = one_request_for_both(base_url, path, data, note)
    return one_request_for_both(base_url, path, data, note) if "status" in said else said


@wrong("The call became a POST", "no data was given")
def always_posts(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    return requests.post(base_url + path, json=data or {}).json()


@wrong("The body is not what it should be", "the order with the note on it")
def forgets_the_note(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    return one_request_for_both(base_url, path, data)


@wrong("something else than what the shop said", "what was wrong")
def hides_the_refusal(base_url: str, path: str, data: Body | None = None, note: str | None = None) -> Any:
    said = one_request_for_both(base_url, path, data, note)
    return None if "error" in said else said
