"""What a notebook shows of faults: the rules in force, a misspelt plan in words, the second origin's wire."""

import pytest
import requests
from IPython.core.interactiveshell import InteractiveShell
from learner import Open, read

from labkit import render
from labkit.notebook import Lab
from labkit.witness import WitnessError

RULE = {"plan": "cut;after=5", "path": "*", "first": 1, "every": 1, "probability": None, "ttl": None}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, "cut;after=5  on *, once"),
        ({"path": "/api/*", "first": 3}, "cut;after=5  on /api/*, 3 times"),
        ({"first": None, "every": 2}, "cut;after=5  on *, without end, every 2. answer"),
        ({"probability": 0.25, "ttl": 30.0}, "cut;after=5  on *, once, with a chance of 0.25, for 30 s"),
    ],
)
def test_a_rule_is_a_line(rule: dict, told: str) -> None:
    assert render.rules([RULE | rule], {"cut": "", "stall": ""}) == f"{told}\n\nThere are: cut, stall."


def test_the_rules_of_a_lab_can_be_read_and_taken_back(lab: Lab) -> None:
    lab.fault("no_done", every=2)
    lab.fault("rename_field;to=cost", path="/shop/*", first=2)
    first, second, _, table = repr(lab.faults()).split("\n")
    assert first == "no_done  on *, without end, every 2. answer"
    assert second == "rename_field;field=price;to=cost  on /shop/*, 2 times"
    assert table.startswith("There are: latency, ") and "insert_row" in table
    assert [read(lab).endswith(b"[DONE]\n\n") for _ in range(4)] == [True, False, True, False]
    assert lab.fault(None) == "no faults"
    assert repr(lab.faults()).startswith("no faults\n")
    assert lab.faults().rules == []


def test_a_misspelt_plan_is_answered_in_words_and_without_a_trace(lab: Lab, capsys) -> None:
    with pytest.raises(WitnessError) as caught:
        lab.fault("insert_rows")
    shell = InteractiveShell.instance()
    shell.showtraceback((caught.type, caught.value, caught.tb))
    shown = capsys.readouterr().out
    assert shown.strip().endswith("Did you mean 'insert_row'?")
    assert shown.startswith("WitnessError: x-lab-fault has no fault 'insert_rows'.")
    assert ".py" not in shown and "Traceback" not in shown


def test_the_wire_at_the_strangers_shows_what_came_and_no_key(opened: Open) -> None:
    lab = opened()
    lab.fault("redirect")
    headers = {"authorization": f"Bearer {lab.key}", "x-api-key": lab.key}
    requests.get(f"{lab.url}/shop/products", headers=headers, timeout=5)
    assert "← HTTP/1.1 302 Found" in lab.wire().text
    stranger = lab.wire(origin="stranger")
    assert "→ x-api-key: [key]" in stranger.text
    assert "authorization" not in stranger.text.lower().partition("←")[0]
    assert lab.key not in repr(lab.wire(raw=True, origin="stranger"))
