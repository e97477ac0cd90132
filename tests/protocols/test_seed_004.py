"""Seed 004's answers, field by field: what a submit and a finished job look like. Its clients run in tests/seeds."""

PROMPT = {"prompt": "What is Rust?", "metadata": {"user": "alice"}}
FIELDS = ["request_id", "session_id", "status", "result", "error"]


def test_the_answer_to_a_submit_has_the_seeds_fields_and_no_other(server) -> None:
    answer = server.http.post("/api/v1/infer", json=PROMPT | {"session_id": "mine", "stream": False})
    assert answer.status_code == 200
    assert list(answer.json()) == FIELDS
    assert answer.json() | {"request_id": ""} == {
        "request_id": "",
        "session_id": "mine",
        "status": "processing",
        "result": None,
        "error": None,
    }


def test_a_finished_job_reads_the_same_in_status_and_result(start_server) -> None:
    instant = start_server("--time-scale", "0")
    request_id = instant.http.post("/api/v1/infer", json=PROMPT).json()["request_id"]
    status, result = instant.http.get(f"/api/v1/status/{request_id}"), instant.http.get(f"/api/v1/result/{request_id}")
    assert (status.status_code, result.status_code) == (200, 200)
    assert status.json() == result.json()
    assert list(status.json()) == FIELDS
    assert (status.json()["status"], status.json()["error"]) == ("completed", None)
    assert status.json()["result"].startswith("Rust is a programming language")
