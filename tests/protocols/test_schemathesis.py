"""What schemathesis makes of the description: it sends what fits and what does not, and holds every answer to it.

Faults are left out, for with one any status may come. The same requests are sent in every run, each operation has a
fresh sandbox, and the server waits for nothing.
"""

from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky, Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

# 300 seconds: each of the two asks hundreds of requests, and a busy machine has taken 90 for one of them.
pytestmark = [pytest.mark.timeout(300), pytest.mark.long]

HELD_TO = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 10, GenerationMode.NEGATIVE: 5}  # of each operation
REPEATABLE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def hasty(server, tmp_path_factory):
    live = type(server)(tmp_path_factory.mktemp("hasty"), "--solo", "--time-scale", "0")
    yield live
    live.stop()


def schema_of(live: Any) -> Any:
    document = live.http.get("/openapi.json").raise_for_status().json()
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = [p for p in operation.get("parameters", []) if p["name"] != "x-lab-fault"]
    return schemathesis.openapi.from_dict(document)


def cases_of(operation: Any, mode: GenerationMode) -> list[Case]:
    """Drawn before anything is sent, so that no answer has a say in what comes next."""
    cases: list[Case] = []

    @settings(REPEATABLE, max_examples=EXAMPLES[mode])
    @given(case=operation.as_strategy(generation_mode=mode))
    def draw(case: Case) -> None:
        cases.append(case)

    with suppress(Unsatisfiable, Flaky):  # nothing that it takes can be wrong; some of it cannot be drawn twice
        draw()
    return cases


def trouble_with(live: Any, cases: list[Case]) -> list[str]:
    """What one operation does that its description does not allow: the first of each kind."""
    key = live.sandbox()
    found: dict[str, str] = {}
    with requests.Session() as session:
        for case in cases:
            answer = case.call(live.url, session, headers={"x-api-key": key})
            try:
                case.validate_response(answer, checks=HELD_TO)
            except FailureGroup as group:
                for failure in group.exceptions:
                    told = f"{case.operation.label} {answer.status_code}: {' '.join(str(failure).split())[:700]}"
                    found.setdefault(type(failure).__name__, told)
    return list(found.values())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_description_allows(hasty, mode: GenerationMode) -> None:
    operations = [result.ok() for result in schema_of(hasty).get_all_operations()]
    asked = [cases_of(operation, mode) for operation in operations]
    found = [said for cases in asked for said in trouble_with(hasty, cases)]
    assert not found, "\n\n".join(["", *found])
    assert sum(map(len, asked)) >= 3 * len(operations), "requests were really sent"
