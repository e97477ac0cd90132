"""Retry-After in its two forms: seconds, and a date by the server's own clock (RFC 9110, section 10.2.3)."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

HTTP_DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} [\d:]{8} GMT"


def lies_ahead(told: str, seconds: float, asked: float) -> bool:
    """Whether a date lies so many seconds after the answer was made, which was after `asked`, rounded up to a second.

    The server's clock is ours. Its Date header would not do: under load uvicorn's is seconds old.
    """
    assert re.fullmatch(HTTP_DATE, told)
    return asked + seconds <= parsedate_to_datetime(told).timestamp() < time.time() + seconds + 1


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/shop/products", "/nowhere"])
@pytest.mark.parametrize("plan", ["status;code=503;retry_after=20;as=date", "rate_limit;retry_after=20;as=date"])
def test_a_date_lies_so_many_seconds_ahead_and_never_comes_too_early(server, path: str, plan: str) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": plan}
    asked = time.time()
    answer = server.http.get(path, headers=owner)
    assert answer.status_code in (429, 503)
    assert lies_ahead(answer.headers["retry-after"], 20, asked)
    assert answer.headers["x-lab-fault"] == plan


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("status;code=503;retry_after=20;as=seconds", "20"),
        ("status;code=503;retry_after=0", "0"),
        ("rate_limit", "1"),
    ],
)
def test_seconds_are_said_as_a_number(server, plan: str, told: str) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": plan}
    assert server.http.get("/health", headers=owner).headers["retry-after"] == told


def test_a_refused_upgrade_may_name_a_date_too(server) -> None:
    plan = "refuse_upgrade;code=503;retry_after=20;as=date"
    headers = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": plan}
    asked = time.time()
    with pytest.raises(InvalidStatus) as refused, connect(f"{server.ws_url}/ws/echo", additional_headers=headers):
        pass
    assert lies_ahead(refused.value.response.headers["retry-after"], 20, asked)


def test_a_rate_limit_speaks_the_dialect_of_its_path(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": "rate_limit"}
    openai, rest = (server.http.get(path, headers=owner).json()["error"] for path in ("/v1/models", "/health"))
    assert (openai["type"], openai["code"], rest["code"]) == ("rate_limit_error", "rate_limit_exceeded", "RATE_LIMITED")
