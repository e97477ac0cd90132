"""Claims proved by processes of their own, against a lab server of their own; nothing of either stays."""

import os
from typing import Any

import psutil
import pytest

from labkit.author import book, proof, proving, witness_server
from labkit.author.witness_server import NotServed

SENT = "answers/exercise_00_2.py"


def prove(course: Any) -> tuple[list[str], dict[str, list[str]]]:
    """(the claims in the order in which they ended, what was found of those that left something)."""
    ended: list[str] = []
    claims = list(proof.claims(book.read(course.root)))
    tried = proving.prove(claims, os.environ, lambda claim, _: ended.append(str(claim)))
    assert [claim for claim, _ in tried] == claims
    return ended, {str(claim): [one.what for one in problems] for claim, problems in tried if problems}


def servers() -> set[int]:
    found = set()
    for process in psutil.Process().children(recursive=True):
        try:
            found |= {process.pid} if "labserver" in process.cmdline() else set()
        except psutil.NoSuchProcess:
            continue  # it ended while we looked
    return found


def test_every_claim_is_proved_once_and_the_server_is_gone(provable: Any) -> None:
    before = servers()
    ended, found = prove(provable)
    assert len(ended) == 11 and len(set(ended)) == 11
    assert found == {}
    assert servers() == before


def test_an_answer_that_ends_its_process_is_a_finding_and_what_it_prints_is_not(
    provable: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    provable.rewrite(SENT, 'requests.get(base_url + "/health")', 'print("boo")\n    import os\n    os._exit(3)')
    _, found = prove(provable)
    assert "00.2: the process that tried asks_what_exists" in found["00.2: asks_what_exists is caught"][0]
    assert "boo" not in capfd.readouterr().out


def test_no_claims_need_no_server() -> None:
    assert proving.prove([], os.environ, print) == []


def test_a_server_that_does_not_start_is_named_with_its_last_words() -> None:
    with pytest.raises(NotServed, match="time_scale") as caught, witness_server.running([-1.0], os.environ):
        raise AssertionError("it started")
    assert "wirelab doctor" in str(caught.value)
