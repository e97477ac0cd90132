"""00.1: what people really send to say hello. Knows no check."""

from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def asks_in_a_session(base_url: str, name: str) -> Any:
    with requests.Session() as session:
        session.headers["x-learner"] = name
        return dict(session.get(base_url + "/health").json())


@wrong("not the data", "a Response", "which method reads it", belief="response-is-the-data")
def returns_the_response(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name})


@wrong("not the data", "the method itself", "after `.json`", belief="response-is-the-data")
def returns_the_method(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json


@wrong("as text", "which method")
def returns_the_text(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": name}).text


@wrong("None", "or does it print")
def prints_instead(base_url: str, name: str) -> Any:
    print(requests.get(base_url + "/health", headers={"X-Learner": name}).json())  # noqa: T201 - its mistake


@wrong(NOT_THE_WAY, "no X-Learner header")
def forgets_the_header(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health").json()


@wrong(NOT_THE_WAY, "a header called X_Learner", "→ X_Learner: Mira", "hyphen")
def misspells_the_header(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X_Learner": name}).json()


@wrong(NOT_THE_WAY, "/health?X-Learner=Mira", "`params=`")
def sends_a_parameter(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", params={"X-Learner": name}).json()


@wrong(NOT_THE_WAY, "X-Learner: Tadeusz", "where does this name come from")
def sends_one_name_to_all(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner": "Mira"}).json()


@wrong(NOT_THE_WAY, "no request reached the server")
def asks_nobody(base_url: str, name: str) -> Any:
    return {"status": "healthy", "service": "web-api"}


@wrong(NOT_THE_WAY, "it took 2 requests", "→ GET /health")
def asks_twice(base_url: str, name: str) -> Any:
    if requests.get(base_url + "/health", headers={"X-Learner": name}).status_code == 200:
        return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


@wrong("The server answered 405", "POST /health")
def posts(base_url: str, name: str) -> Any:
    return requests.post(base_url + "/health", headers={"X-Learner": name}).json()


@wrong(NOT_THE_WAY, "it took 2 requests")
def asks_elsewhere_first(base_url: str, name: str) -> Any:
    requests.get(base_url, headers={"X-Learner": name})
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


@wrong("AttributeError", "'set' object", "`headers=` wants a dict", status="crashed")
def puts_the_header_in_a_set(base_url: str, name: str) -> Any:
    return requests.get(base_url + "/health", headers={"X-Learner", name}).json()  # type: ignore[arg-type]
