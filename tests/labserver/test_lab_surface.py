"""The control plane: a sandbox's life, its faults, its journal, its door, and what the open sandbox may not do."""

import pytest

from labserver.faults import FAULTS

OWNERS_ONLY = [
    ("GET", "/lab/journal", None),
    ("GET", "/lab/journal.jsonl", None),
    ("GET", "/lab/journal.har", None),
    ("GET", "/lab/journal/tail", None),
    ("GET", "/lab/faults", None),
    ("POST", "/lab/faults", {"plan": "cut"}),
    ("DELETE", "/lab/faults", None),
    ("GET", "/lab/limits", None),
    ("PUT", "/lab/limits", {"requests": 1}),
    ("DELETE", "/lab/limits", None),
    ("POST", "/lab/reset", None),
    ("POST", "/lab/hangup", None),
    ("POST", "/lab/door", None),
    ("DELETE", "/lab/door", None),
    ("POST", "/lab/stranger", None),
    ("DELETE", "/lab/stranger", None),
    ("DELETE", "/lab/sandboxes", None),
]
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_sandbox_is_made_used_reset_and_ended(server) -> None:
    made = server.http.post("/lab/sandboxes", json={"name": "lesson 10", "seed": 7})
    assert made.status_code == 201
    assert set(made.json()) == {"id", "key", "seed"}
    assert made.json()["seed"] == 7
    key, owner = made.json()["key"], as_owner(made.json()["key"])
    first = server.http.post(
        "/api/v1/query/stream", json=QUERY, headers=owner | {"x-lab-pace": "ttft=0;tps=10000"}
    ).text
    assert len(server.journal(key)) == 1
    assert server.http.post("/lab/reset", headers=owner).status_code == 204
    assert server.journal(key) == []
    again = server.http.post(
        "/api/v1/query/stream", json=QUERY, headers=owner | {"x-lab-pace": "ttft=0;tps=10000"}
    ).text
    assert again == first, "after a reset everything happens as the first time"
    assert server.http.delete("/lab/sandboxes", headers=owner).status_code == 204
    assert server.http.get("/v1/models", headers=owner).status_code == 401


def test_ending_a_sandbox_closes_what_it_holds_open(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0;tps=1"))
        wire.until(b"Green")
        server.http.delete("/lab/sandboxes", headers=as_owner(key))
        assert not wire.rest().endswith(b"0\r\n\r\n")


def test_the_list_of_faults_tells_what_each_does_and_its_bounds(server) -> None:
    listed = server.http.get("/lab/faults", headers=as_owner(server.sandbox())).json()
    assert list(listed["faults"]) == list(FAULTS)
    assert listed["faults"]["stall"] == {
        "does": FAULTS["stall"].does,
        "strikes": ["stream", "body", "socket"],
        "settings": {
            "after": {"kind": "whole", "lowest": 0, "highest": 10_000, "default": 3},
            "seconds": {"kind": "decimal", "lowest": 0, "highest": 30, "default": 1},
        },
        "either": [],
        "needs": {},
    }
    assert listed["faults"]["cut"]["either"] == ["after", "byte", "fraction"]
    assert listed["faults"]["status"]["needs"] == {"as": "retry_after"}
    assert listed["faults"]["redirect"]["settings"]["to"] == {
        "kind": "choice",
        "among": ["stranger", "here"],
        "default": "stranger",
    }
    assert listed["faults"]["rename_field"]["settings"]["field"] == {"kind": "word", "default": "price"}
    assert all(fault["does"] for fault in listed["faults"].values())
    assert listed["rules"] == []


def test_a_rule_breaks_the_next_matching_requests_and_then_is_spent(server) -> None:
    key = server.sandbox()
    made = server.http.post(
        "/lab/faults", headers=as_owner(key), json={"plan": "slice ;bytes=2", "path": "/v1/*", "first": 2}
    )
    assert made.status_code == 201
    told = {"plan": "slice;bytes=2", "path": "/v1/*", "every": 1, "probability": None, "ttl": None}
    assert made.json() == told | {"first": 2, "seen": 0, "struck": 0}
    assert server.http.get("/lab/faults", headers=as_owner(key)).json()["rules"] == [made.json()]
    paths = ["/health", "/v1/models", "/v1/models/script", "/v1/models"]
    answers = [server.http.get(path, headers=as_owner(key)) for path in paths]
    assert [answer.headers.get("x-lab-fault") for answer in answers] == [None, "slice;bytes=2", "slice;bytes=2", None]
    assert [record["fault"] for record in server.journal(key)] == ["", "slice;bytes=2", "slice;bytes=2", ""]
    assert all(answer.status_code == 200 for answer in answers)


@pytest.mark.parametrize(
    ("wanted", "broken"),
    [
        ({"every": 3}, [3, 6, 9, 12]),
        ({"every": 3, "first": 2}, [3, 6]),
        ({"first": 2}, [1, 2]),
        ({}, [1]),
        ({"ttl": 600}, list(range(1, 13))),
        ({"probability": 1}, list(range(1, 13))),
    ],
)
def test_a_rule_strikes_as_often_as_it_was_told(server, wanted: dict[str, float], broken: list[int]) -> None:
    owner = as_owner(server.sandbox())
    server.http.post("/lab/faults", headers=owner, json={"plan": "slice;bytes=9"} | wanted).raise_for_status()
    answers = [server.http.get("/health", headers=owner) for _ in range(12)]
    assert [nth for nth, answer in enumerate(answers, 1) if "x-lab-fault" in answer.headers] == broken


def test_chance_strikes_the_same_requests_in_every_sandbox_of_a_seed_and_others_in_another(server) -> None:
    def struck(seed: int) -> list[bool]:
        owner = as_owner(server.sandbox(seed=seed))
        server.http.post("/lab/faults", headers=owner, json={"plan": "slice;bytes=9", "probability": 0.5})
        return ["x-lab-fault" in server.http.get("/health", headers=owner).headers for _ in range(24)]

    first = struck(7)
    assert 4 <= sum(first) <= 20
    assert struck(7) == first
    assert struck(8) != first


@pytest.mark.parametrize(
    "wanted", [{"first": 0}, {"every": 0}, {"every": 1.5}, {"probability": 0}, {"probability": 1.1}, {"ttl": 0}]
)
def test_a_rule_that_cannot_be_is_refused_by_the_name_of_its_field(server, wanted: dict[str, float]) -> None:
    answer = server.http.post("/lab/faults", headers=as_owner(server.sandbox()), json={"plan": "cut"} | wanted)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == list(wanted)


def test_a_rule_and_a_header_add_up_and_the_header_wins(server) -> None:
    key = server.sandbox()
    server.http.post("/lab/faults", headers=as_owner(key), json={"plan": "slice;bytes=2,pings"})
    answer = server.http.get("/v1/models", headers=as_owner(key) | {"x-lab-fault": "slice;bytes=9,crlf"})
    assert answer.headers["x-lab-fault"] == "pings,crlf,slice;bytes=9"


def test_rules_can_be_taken_back(server) -> None:
    owner = as_owner(server.sandbox())
    server.http.post("/lab/faults", headers=owner, json={"plan": "slice", "first": 5})
    assert len(server.http.get("/lab/faults", headers=owner).json()["rules"]) == 1
    assert server.http.delete("/lab/faults", headers=owner).status_code == 204
    assert "x-lab-fault" not in server.http.get("/health", headers=owner).headers


def test_a_reset_takes_rules_back_too(server) -> None:
    owner = as_owner(server.sandbox())
    server.http.post("/lab/faults", headers=owner, json={"plan": "slice", "first": 5})
    server.http.post("/lab/reset", headers=owner)
    assert "x-lab-fault" not in server.http.get("/health", headers=owner).headers


def test_hanging_up_closes_every_connection_that_waits_and_no_other(server) -> None:
    key, bystander = server.sandbox(), server.sandbox()
    ask = {"x_lab_pace": "ttft=0;tps=1;jitter=0"}
    with server.dial() as one, server.dial() as two, server.dial() as other:
        for wire, whose in ((one, key), (two, key), (other, bystander)):
            wire.send(server.request("POST", "/api/v1/query/stream", QUERY, whose, **ask))
            wire.until(b"Green")
        assert server.http.post("/lab/hangup", headers=as_owner(key)).json() == {"closed": 2}
        for wire in (one, two):
            assert not wire.rest().endswith(b"0\r\n\r\n")
        assert b" tea" in other.until(b" tea")
    assert {record["ended"] for record in server.journal(key)} == {"the lab hung up"}
    assert server.http.post("/lab/hangup", headers=as_owner(key)).json() == {"closed": 0}


def test_the_control_plane_is_never_journalled(server) -> None:
    key = server.sandbox()
    for method, path, body in OWNERS_ONLY[:-1]:
        if path == "/lab/journal/tail":  # which has no end: see test_journal_tail
            continue
        server.http.request(method, path, json=body, headers=as_owner(key))
    server.http.get("/lab", headers=as_owner(key))
    server.http.get("/lab/nowhere", headers=as_owner(key))
    assert server.journal(key) == []
    server.http.get("/laboratory", headers=as_owner(key))
    assert len(server.journal(key)) == 1, "but a path that only looks like it is"


def test_the_journal_waits_for_open_exchanges_but_not_for_ever(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query", QUERY, key, x_lab_pace="ttft=2;tps=10000"))
        while not (seen := server.journal(key, wait=0)):
            pass  # the request is on its way
        assert seen[-1]["ended"] is None
        assert server.journal(key, wait=0.05)[-1]["ended"] is None
        assert server.journal(key, wait=5)[-1]["ended"] == "complete"
        wire.answer()


def test_the_last_few_exchanges_can_be_asked_for(server) -> None:
    key = server.sandbox()
    for _ in range(4):
        server.http.get("/v1/models", headers=as_owner(key))
    some = server.http.get("/lab/journal", params={"last": 2}, headers=as_owner(key)).json()
    assert some["count"] == 4
    assert [record["number"] for record in some["exchanges"]] == [3, 4]


def test_on_a_learners_own_server_the_open_sandbox_may_be_read_and_broken(server) -> None:
    assert server.http.get("/lab").json()["solo"] is True
    before = server.http.get("/lab/journal").json()["count"]
    assert server.http.get("/health", headers={"x-lab-fault": "slice"}).headers["x-lab-fault"] == "slice;bytes=1"
    after = server.http.get("/lab/journal").json()
    assert after["count"] == before + 1
    assert after["exchanges"][-1]["fault"] == "slice;bytes=1"


@pytest.mark.parametrize(("method", "path", "body"), OWNERS_ONLY)
def test_on_a_shared_server_nobody_reads_or_breaks_the_open_sandbox(
    shared_server, method: str, path: str, body
) -> None:
    for headers in ({}, as_owner("YOUR_API_KEY"), {"x-api-key": "your_api_key"}):
        answer = shared_server.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "FORBIDDEN"


def test_on_a_shared_server_a_fault_needs_a_sandbox_of_ones_own(shared_server) -> None:
    wish = {"x-lab-fault": "slice"}
    assert shared_server.http.get("/v1/models", headers=wish).status_code == 403
    assert set(shared_server.http.get("/v1/models", headers=wish).json()["error"]) == {
        "message",
        "type",
        "param",
        "code",
    }
    own = shared_server.http.get("/v1/models", headers=wish | as_owner(shared_server.sandbox()))
    assert (own.status_code, own.headers["x-lab-fault"]) == (200, "slice;bytes=1")


@pytest.mark.parametrize("placeholder", ["YOUR_API_KEY", "your_api_key"])
def test_a_placeholder_from_a_tutorial_means_the_open_sandbox(server, placeholder: str) -> None:
    before = server.http.get("/lab/journal").json()["count"]
    for headers in (as_owner(placeholder), {"x-api-key": placeholder}):
        assert server.http.get("/v1/models", headers=headers).status_code == 200
    assert server.http.get(f"/v1/models?key={placeholder}").status_code == 200
    records = server.journal(None)
    assert records[-1]["number"] == before + 3
    assert placeholder.encode() in records[-1].asked, "a placeholder is no secret"
