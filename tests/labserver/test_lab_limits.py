"""A sandbox's owner lowers its limits: by the control plane, and by a fault in the middle of the work."""

import pytest

ROOM = {"streams": 200, "sockets": 300}
STANDARD = {"requests": 10_000, "per": 60, "tokens": 2_000_000} | ROOM


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.fixture
def key(server) -> str:
    return server.sandbox()


def limits(server, key: str) -> dict[str, object]:
    return server.http.get("/lab/limits", headers=as_owner(key)).raise_for_status().json()


def statuses(server, key: str, count: int, **headers: str) -> list[int]:
    sent = as_owner(key) | {name.replace("_", "-"): value for name, value in headers.items()}
    return [server.http.get("/health", headers=sent).status_code for _ in range(count)]


def test_a_fresh_sandbox_has_its_tiers_limit_and_has_spent_nothing(server, key: str) -> None:
    assert limits(server, key) == {
        "limit": STANDARD,
        "tier": STANDARD,
        "requests": {"limit": 10_000, "remaining": 10_000, "seconds": 0},
        "tokens": {"limit": 2_000_000, "remaining": 2_000_000, "seconds": 0},
        "open": {"streams": 0, "sockets": 0},
    }


def test_a_lower_limit_holds_at_once_and_a_delete_takes_it_back(server, key: str) -> None:
    assert statuses(server, key, 3) == [200] * 3
    changed = server.http.put("/lab/limits", json={"requests": 2, "per": 60}, headers=as_owner(key)).json()
    assert changed["limit"] == STANDARD | {"requests": 2}
    assert changed["requests"] == {"limit": 2, "remaining": 2, "seconds": 0}
    assert statuses(server, key, 3) == [200, 200, 429]
    assert server.http.delete("/lab/limits", headers=as_owner(key)).status_code == 204
    assert statuses(server, key, 3) == [200] * 3
    assert limits(server, key)["limit"] == STANDARD


def test_a_reset_takes_it_back_too(server, key: str) -> None:
    server.http.put("/lab/limits", json={"requests": 1}, headers=as_owner(key))
    assert statuses(server, key, 2) == [200, 429]
    server.http.post("/lab/reset", headers=as_owner(key))
    assert limits(server, key)["limit"] == STANDARD
    assert statuses(server, key, 2) == [200, 200]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"requests": 10_001}, "requests: 10001 is more than your tier gives, which is 10000 in 60 s."),
        ({"requests": 167, "per": 1}, "which is 166 in 1 s."),
        ({"tokens": 2_000_001, "per": 3600}, "which is 2000000 in 3600 s."),
        ({"streams": 201}, "which is 200. Ask for less."),
        ({"requests": 0}, "requests: Input should be greater than or equal to 1"),
        ({"per": 3601}, "per: Input should be less than or equal to 3600"),
        ({"cups": 3}, "cups: Extra inputs are not permitted"),
    ],
)
def test_no_limit_goes_above_the_tiers(server, key: str, wanted: dict[str, int], told: str) -> None:
    refused = server.http.put("/lab/limits", json=wanted, headers=as_owner(key))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "INVALID_REQUEST")
    assert told in refused.json()["error"]["message"]
    assert limits(server, key)["limit"] == STANDARD, "and nothing has changed"


def test_another_sandbox_keeps_its_own(server, key: str) -> None:
    server.http.put("/lab/limits", json={"requests": 1}, headers=as_owner(key))
    other = server.sandbox()
    assert statuses(server, key, 2) == [200, 429]
    assert statuses(server, other, 2) == [200, 200]


def test_the_fault_limit_changes_it_from_this_request_on(server, key: str) -> None:
    answer = server.http.get("/health", headers=as_owner(key) | {"x-lab-fault": "limit;requests=2;per=60"})
    assert answer.headers["x-lab-fault"] == "limit;requests=2;per=60"
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("2", "1")
    assert statuses(server, key, 2) == [200, 429]
    server.http.delete("/lab/limits", headers=as_owner(key))
    assert statuses(server, key, 1) == [200]


def test_the_same_fault_on_every_request_is_one_limit_and_is_told_on_the_refusal(server, key: str) -> None:
    assert statuses(server, key, 3, x_lab_fault="limit;requests=2;per=60") == [200, 200, 429]
    record = server.last(key)
    assert (record["status"], record["fault"]) == (429, "limit;requests=2;per=60")
    assert b"\r\nx-lab-fault: limit;requests=2;per=60\r\n" in record.answered


def test_a_rule_changes_the_limit_in_the_middle_of_the_work(server, key: str) -> None:
    rule = {"plan": "limit;requests=3;per=60;streams=5", "path": "/shop/*"}
    server.http.post("/lab/faults", json=rule, headers=as_owner(key)).raise_for_status()
    assert statuses(server, key, 3) == [200] * 3
    told = [server.http.get("/shop/products", headers=as_owner(key)).headers["x-ratelimit-limit"] for _ in range(2)]
    assert told == ["3", "3"], "the rule has struck once, and what it did lasts"
    assert statuses(server, key, 2) == [200, 429]
    assert limits(server, key)["limit"] == STANDARD | {"requests": 3, "streams": 5}


def test_a_fault_that_asks_for_more_than_the_tier_gives_gets_the_tiers(server, key: str) -> None:
    answer = server.http.get("/health", headers=as_owner(key) | {"x-lab-fault": "limit;requests=100000;per=1"})
    assert answer.headers["x-ratelimit-limit"] == "166"


def test_a_refused_request_suffers_no_other_fault(server, key: str) -> None:
    server.http.put("/lab/limits", json={"requests": 1}, headers=as_owner(key))
    assert statuses(server, key, 2, x_lab_fault="status;code=503") == [503, 429]
    assert [record["fault"] for record in server.journal(key)] == ["status;code=503", ""]
