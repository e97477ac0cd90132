"""Jobs over REST with `requests`: submit, poll, fetch, cancel, sessions, failures, and every refusal in words."""

import re
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from labserver.surfaces.infer import JobView

FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
NEVER = {"x-lab-pace": "ttft=30"}
TEA = {"prompt": "Green| tea", "model": "script"}


class Client:
    """One learner with a key."""

    def __init__(self, server, seed: int | None = 7) -> None:
        self.base = f"{server.url}/api/v1"
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {server.sandbox(seed)}"

    def submit(self, headers: dict[str, str] = FAST, **body) -> dict:
        answer = self.session.post(f"{self.base}/infer", json=TEA | body, headers=headers, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, what: str, request_id: str) -> requests.Response:
        return self.session.get(f"{self.base}/{what}/{request_id}", timeout=5)

    def cancel(self, request_id: str) -> requests.Response:
        return self.session.post(f"{self.base}/cancel/{request_id}", timeout=5)

    def until_over(self, request_id: str) -> requests.Response:
        deadline = time.monotonic() + 5
        while (answer := self.get("result", request_id)).status_code == 202:
            assert time.monotonic() < deadline
        return answer


@pytest.fixture
def client(server) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.session.close()


def test_a_result_is_202_with_retry_after_and_later_200(client) -> None:
    job = client.submit({"x-lab-pace": "ttft=0.4"})
    early = client.get("result", job["request_id"])
    assert (early.status_code, early.headers["retry-after"]) == (202, "1")
    assert early.json() == job
    late = client.until_over(job["request_id"])
    assert late.status_code == 200
    assert late.json() == job | {"status": "completed", "result": "Green tea"}


def test_ids_are_uuids_and_the_same_in_every_run_of_a_seeded_sandbox(server) -> None:
    runs = []
    for _ in range(2):
        client = Client(server)
        runs.append([client.submit(), client.submit(), client.submit(metadata={"a": 1})])
        client.session.close()
    assert runs[0] == runs[1]
    ids = [job[name] for job in runs[0] for name in ("request_id", "session_id")]
    assert len(set(ids)) == 6
    assert all(str(uuid.UUID(text)) == text for text in ids)


def test_without_a_seed_ids_are_random(server) -> None:
    one, two = Client(server, seed=None), Client(server, seed=None)
    assert one.submit()["request_id"] != two.submit()["request_id"]
    one.session.close()
    two.session.close()


def test_where_a_callback_listens_changes_no_id(server) -> None:
    first, second = Client(server), Client(server)
    one = first.submit(callback_url="http://127.0.0.1:1/")
    two = second.submit(callback_url="http://127.0.0.1:2/")
    assert (one["request_id"], one["session_id"]) == (two["request_id"], two["session_id"])
    first.session.close()
    second.session.close()


def test_fifty_jobs_at_once_keep_their_answers_apart(client) -> None:
    def ask(number: int) -> str:
        job = client.submit({"x-lab-pace": "ttft=0.1;tps=100"}, prompt=f"cup| {number}")
        return client.until_over(job["request_id"]).json()["result"]

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(ask, range(50))) == [f"cup {number}" for number in range(50)]


def test_a_session_remembers_what_was_said_in_it_and_another_does_not(client) -> None:
    first = client.submit(prompt="My name is Ada.", model="tea-small")
    client.until_over(first["request_id"])
    again = client.submit(prompt="What is my name?", model="tea-small", session_id=first["session_id"])
    assert again["session_id"] == first["session_id"]
    assert "Ada" in client.until_over(again["request_id"]).json()["result"]
    apart = client.submit(prompt="What is my name?", model="tea-small")
    assert "Ada" not in client.until_over(apart["request_id"]).json()["result"]


def test_what_is_not_answered_yet_is_not_remembered(client) -> None:
    client.submit(NEVER, prompt="My name is Ada.", model="tea-small", session_id="mine")
    again = client.submit(prompt="What is my name?", model="tea-small", session_id="mine")
    assert "Ada" not in client.until_over(again["request_id"]).json()["result"]


@pytest.mark.parametrize(
    ("fault", "prompt", "told"),
    [
        ("late_error;after=1", "Green| tea", "stopped working"),
        ("", "Green|{error=the kettle fell over}", "the kettle fell over"),
        ("", "Green|{cup=1}", "no directive {cup=...}"),
    ],
)
def test_a_failed_job_is_200_in_status_and_500_in_result(client, fault: str, prompt: str, told: str) -> None:
    job = client.submit(FAST | ({"x-lab-fault": fault} if fault else {}), prompt=prompt)
    answer = client.until_over(job["request_id"])
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert (error["code"], error["details"]) == (
        "PROCESSING_FAILED",
        {"request_id": job["request_id"], "status": "failed"},
    )
    status = client.get("status", job["request_id"])
    assert status.status_code == 200
    assert status.json() == job | {"status": "failed", "error": error["message"]}
    assert told in error["message"]


def test_a_cancelled_job_has_a_status_of_its_own_and_no_result(client) -> None:
    job = client.submit(NEVER)
    for _ in range(2):
        answer = client.cancel(job["request_id"])
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert client.get("status", job["request_id"]).json() == answer.json()
    result = client.get("result", job["request_id"])
    assert (result.status_code, result.json()["error"]["code"]) == (409, "CANCELLED")


def test_cancelling_what_is_over_leaves_it_as_it_is(client) -> None:
    job = client.submit()
    whole = client.until_over(job["request_id"]).json()
    assert client.cancel(job["request_id"]).json() == whole
    assert client.get("result", job["request_id"]).json() == whole


@pytest.mark.parametrize("what", ["status", "result", "stream", "cancel"])
def test_an_id_that_nobody_was_given_is_404_in_every_route(client, what: str) -> None:
    for request_id in ("nobody", str(uuid.UUID(int=5)), "%F0%9F%8D%B5"):
        answer = client.cancel(request_id) if what == "cancel" else client.get(what, request_id)
        assert answer.status_code == 404
        error = answer.json()["error"]
        assert (error["code"], error["details"]["reason"]) == ("NOT_FOUND", "unknown")


def test_a_job_is_unknown_in_any_other_sandbox(client, server) -> None:
    job, other = client.submit(), Client(server)
    assert client.get("status", job["request_id"]).status_code == 200
    assert other.get("status", job["request_id"]).status_code == 404
    other.session.close()


def test_past_a_thousand_the_oldest_job_is_evicted_and_404_says_so(client) -> None:
    first = client.submit()
    for _ in range(1000):
        client.submit()
    answer = client.get("result", first["request_id"])
    assert answer.status_code == 404
    assert answer.json()["error"]["details"]["reason"] == "evicted"
    assert "keeps its newest 1000 jobs" in answer.json()["error"]["message"]


def test_a_reset_forgets_every_job(client, server) -> None:
    job = client.submit()
    client.session.post(f"{server.url}/lab/reset", timeout=5)
    assert client.get("status", job["request_id"]).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"tea", 400, "not valid JSON"),
        (b"{}", 422, "prompt"),
        (b'{"prompt": ""}', 422, "prompt"),
        (b'{"prompt": 5}', 422, "prompt"),
        (b'{"prompt": "x", "promt": "y"}', 422, "promt"),
        (b'{"prompt": "x", "session_id": ""}', 422, "session_id"),
        (b'{"prompt": "x", "metadata": [1]}', 422, "metadata"),
        (b'{"prompt": "x", "metadata": {"a": NaN}}', 422, "metadata"),
        (b'{"prompt": "x", "metadata": {"a": "\\ud800"}}', 422, "metadata"),
        (b'{"prompt": "x", "metadata": {"a": "%s"}}' % (b"y" * 17_000), 422, "at most 16384 bytes"),
        (b'{"prompt": "x", "keep_events": 0}', 422, "keep_events"),
        (b'{"prompt": "x", "keep_events": 4097}', 422, "keep_events"),
        (b'{"prompt": "%s"}' % (b"x" * 32_001), 422, "prompt"),
        (b'{"prompt": "x", "model": "none"}', 404, "`none` does not exist"),
    ],
)
def test_a_bad_request_gets_words_and_no_job(client, body: bytes, status: int, told: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.session.post(f"{client.base}/infer", data=body, headers=headers, timeout=5)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "details"}
    assert told in error["message"]


@pytest.mark.parametrize(("method", "path", "allow"), [("GET", "infer", "POST"), ("DELETE", "status/x", "GET")])
def test_the_wrong_method_is_405_with_allow(client, method: str, path: str, allow: str) -> None:
    answer = client.session.request(method, f"{client.base}/{path}", timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_every_answer_fits_the_documented_model_and_every_status_is_documented(client, server) -> None:
    paths = server.http.get("/openapi.json").json()["paths"]
    documented = {path: set(next(iter(routes.values()))["responses"]) for path, routes in paths.items()}
    assert {"200", "202", "404", "409", "500"} <= documented["/api/v1/result/{request_id}"]
    assert {"200", "204", "400", "404", "410"} <= documented["/api/v1/stream/{request_id}"]
    assert {"200", "422", "503"} <= documented["/api/v1/infer"]
    done, failed, cancelled = client.submit(), client.submit(prompt="{error=no}"), client.submit(NEVER)
    told = client.submit(callback_url="http://127.0.0.1:1/")
    client.cancel(cancelled["request_id"])
    for job in (done, failed):
        client.until_over(job["request_id"])
    seen = [client.get("status", job["request_id"]).json() for job in (done, failed, cancelled, told)]
    assert [JobView.model_validate(one, strict=True).status for one in seen[:3]] == ["completed", "failed", "cancelled"]
    for one in (*seen, done, told):
        assert set(one) <= set(JobView.model_fields)
        JobView.model_validate(one, strict=True)


def test_the_index_page_lists_the_routes(server) -> None:
    listed = re.findall(r"<code>(/api/v1/[^<]+)</code>", server.http.get("/").text)
    for path in (
        "infer",
        "status/{request_id}",
        "result/{request_id}",
        "cancel/{request_id}",
        "stream/{request_id}",
        "ws",
    ):
        assert f"/api/v1/{path}" in listed
