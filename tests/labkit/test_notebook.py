"""A lesson's lab: opened, its key kept, its wire shown, its answers broken, its door closed."""

import re
from pathlib import Path

import pytest
import requests
from learner import (
    EXERCISE,
    PATH,
    ROOT,
    SLOW,
    TEA,
    Open,
    ask,
    believes_that_the_response_is_the_data,
    read,
    right,
)
from websockets.sync.client import connect

from labkit import runtime, session
from labkit.notebook import Lab
from labkit.progress import Progress
from labkit.witness import WitnessError


def test_a_lab_is_reached_at_the_server_with_its_own_key(lab: Lab) -> None:
    server = session.find()
    assert server is not None
    assert (lab.lesson, lab.url, lab.home, lab.course) == ("00", server.url, server.url, ROOT)
    assert lab.url.startswith("http://127.0.0.1:")
    assert lab.ws_url == lab.url.replace("http://", "ws://")
    read(lab)
    assert lab.wire().exchange.path == PATH


def test_the_websocket_address_is_one(lab: Lab) -> None:
    headers = {"authorization": f"Bearer {lab.key}"}
    with connect(f"{lab.ws_url}/api/v1/query/ws", additional_headers=headers, proxy=None):
        pass
    assert lab.wire().exchange.kind == "websocket"


def test_two_labs_of_one_lesson_have_two_keys_and_the_same_behaviour(opened: Open) -> None:
    one, other = opened("10"), opened("10")
    assert one.key != other.key and one.url == other.url
    answers = [read(lab, TEA) for lab in (one, other)]
    assert answers[0] == answers[1] and b'"type": "end"' in answers[0]
    assert one.wire().text == other.wire().text
    assert len(one.witness.exchanges()) == 1, "each sees only its own"


def test_the_lessons_number_is_the_seed(opened: Open) -> None:
    ids = [
        re.search("x-request-id: .*", with_an_answer(opened(lesson)).wire().text)[0] for lesson in ("00", "10", "10")
    ]
    assert ids[0] != ids[1] == ids[2]


def with_an_answer(lab: Lab) -> Lab:
    read(lab)
    return lab


def test_an_unknown_lesson_names_those_that_there_are_and_makes_no_sandbox(opened: Open, lab: Lab) -> None:
    before = requests.get(f"{lab.url}/lab", timeout=5).json()["sandboxes"]
    with pytest.raises(LookupError, match="Use one of: 00, 01, 02, "):
        opened("42")
    assert requests.get(f"{lab.url}/lab", timeout=5).json()["sandboxes"] == before


def test_attempts_are_noted_in_the_learners_home(opened: Open, home: Path) -> None:
    opened().check(EXERCISE)
    assert runtime.environment().home == home
    assert [entry["status"] for entry in Progress(home / "progress.jsonl").read(EXERCISE)] == ["not started"]


# The key


def test_the_key_is_never_shown_by_what_a_cell_shows(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    requests.post(f"{lab.url}/v1/chat/completions?key={lab.key}", json={"said": lab.key}, timeout=5)
    read(lab)
    lab.check(EXERCISE, believes_that_the_response_is_the_data)
    with pytest.raises(WitnessError) as refused:
        lab.fault(lab.key)
    with pytest.raises(LookupError) as unknown:
        lab.wire(9)
    shown = [repr(lab), str(lab), f"{lab}", repr(lab.witness), repr(lab.wire().exchange), str(unknown.value)]
    shown += [repr(lab.wire(nth, raw=raw)) for nth in (0, 1) for raw in (False, True)]
    shown.append(capsys.readouterr().out)
    assert all(said.strip() for said in shown)
    assert [said for said in shown if lab.key in said] == []
    assert refused.value.args


def test_the_labs_own_key_is_not_shown_by_a_card(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.check(
        EXERCISE, lambda base_url, name: requests.get(base_url + "/health", headers={"X-Learner": lab.key}).json()
    )
    assert lab.key not in capsys.readouterr().out


def test_a_lab_says_what_it_is_without_anything_that_changes(opened: Open) -> None:
    assert (
        repr(opened("10"))
        == repr(opened("10"))
        == "Lab 10: a sandbox of your own, seeded so that everyone sees the same."
    )


# wire


@pytest.mark.parametrize("nth", [-1, 0, 5])
def test_before_any_request_there_is_nothing_to_show_and_the_key_is_the_thing_to_look_at(lab: Lab, nth: int) -> None:
    with pytest.raises(LookupError, match=r"saw no request of this lab\. Did yours carry the key, lab\.key\?"):
        lab.wire(nth)


def test_exchanges_are_counted_as_in_a_list(lab: Lab) -> None:
    for query in ("Green", "Black", "White"):
        read(lab, {"query": query, "model": "script"})
    assert [lab.wire(nth).exchange.number for nth in (0, 1, 2, -1, -2, -3)] == [1, 2, 3, 3, 2, 1]
    assert '"query": "Black"' in lab.wire(1).text
    for nth in (3, -4):
        with pytest.raises(LookupError, match="saw only 3 requests of this lab"):
            lab.wire(nth)


def test_a_wire_shows_its_text_and_keeps_the_exchange(lab: Lab) -> None:
    read(lab)
    seen = lab.wire()
    assert repr(seen) == seen.text
    assert seen.text.startswith(f"→ POST {PATH} HTTP/1.1\n→ Host: …\n")
    assert [text for _, text in seen.exchange.deltas] == ["Green", " tea", " is", " good", " 🍵", "."]


def test_raw_shows_what_was_shortened(lab: Lab) -> None:
    read(lab)
    assert r"→ Host: 127.0.0.1:" in lab.wire(raw=True).text
    assert " more chunks …" in lab.wire().text
    assert lab.wire(raw=True).text.count("← chunk of ") == 9


def test_an_open_stream_is_still_open_and_later_complete(lab: Lab) -> None:
    with ask(lab, {"query": "Green| tea", "model": "script"}, SLOW) as answer:
        assert lab.wire(wait=0).text.endswith("= still open; request 1 on connection 1")
        assert lab.wire(wait=10).text.endswith("= complete; request 1 on connection 1")
        assert answer.content.endswith(b"[DONE]\n\n")


# fault


def test_a_fault_breaks_one_answer_and_the_next_is_honest(lab: Lab) -> None:
    assert lab.fault("cut;after=2") == "cut;after=2"
    with pytest.raises(requests.RequestException):
        read(lab)
    assert lab.wire().text.endswith("= cut by a fault (cut;after=2); request 1 on connection 1")
    for _ in range(2):
        assert read(lab).endswith(b"[DONE]\n\n")
    assert lab.wire().text.endswith("= complete; request 1 on connection 3")


def test_a_fault_may_last_longer_and_keep_to_a_path(lab: Lab) -> None:
    assert lab.fault("no_done", path="/api/*", first=2) == "no_done"
    requests.get(f"{lab.url}/health", headers={"authorization": f"Bearer {lab.key}"}, timeout=5)
    assert [read(lab).endswith(b"[DONE]\n\n") for _ in range(3)] == [False, False, True]


def test_the_rate_limit_shows_on_the_wire_when_it_is_asked_for(lab: Lab) -> None:
    read(lab)
    assert "ratelimit" not in lab.wire().text
    told = lab.wire(show="ratelimit").text.splitlines()
    assert [line for line in told if "ratelimit" in line] == [
        "← x-ratelimit-limit: 10000",
        "← x-ratelimit-remaining: 9999",
        "← x-ratelimit-reset: …",
    ]


def test_an_empty_plan_takes_every_fault_back(lab: Lab) -> None:
    lab.fault("cut", first=9)
    lab.fault("no_done")
    assert lab.fault("") == "no faults"
    assert read(lab).endswith(b"[DONE]\n\n")


def test_a_bad_plan_is_answered_in_the_servers_words(lab: Lab) -> None:
    with pytest.raises(WitnessError, match=r"no fault 'teapot'\. It has: .*no_done"):
        lab.fault("teapot")
    with pytest.raises(WitnessError, match=r"no_done has no setting 'cups'\. It has: after\."):
        lab.fault("no_done;cups=3")
    assert read(lab).endswith(b"[DONE]\n\n"), "and nothing is broken by it"


def test_a_request_without_a_key_through_the_labs_own_door_is_the_labs(opened: Open) -> None:
    lab = opened(own_door=True)
    assert lab.url != lab.home
    assert requests.get(f"{lab.url}/health", timeout=5).status_code == 200
    assert [seen.path for seen in lab.witness.exchanges()] == ["/health"]
    requests.get(f"{lab.home}/health", timeout=5)
    assert len(lab.witness.exchanges()) == 1


def test_stop_refuses_whoever_knocks_and_start_opens_the_same_address(opened: Open) -> None:
    lab = opened(own_door=True)
    address = lab.url
    lab.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{lab.url}/health", timeout=5)
    lab.stop()
    lab.start()
    assert lab.url == address
    assert requests.get(f"{lab.url}/health", timeout=5).status_code == 200
    assert lab.ws_url == address.replace("http", "ws")
    assert [seen.number for seen in lab.witness.exchanges()] == [1], "who was refused was never seen"


def test_a_closed_door_leaves_the_verbs_working(opened: Open, capsys: pytest.CaptureFixture[str]) -> None:
    lab = opened(own_door=True)
    requests.get(f"{lab.url}/health", timeout=5)
    lab.stop()
    assert lab.wire().exchange.status == 200
    lab.check(EXERCISE, right)
    assert "PASSED" in capsys.readouterr().out


def test_a_stop_does_not_touch_the_neighbours(opened: Open) -> None:
    one, other = opened(own_door=True), opened(own_door=True)
    assert one.url != other.url
    one.stop()
    assert requests.get(f"{other.url}/health", timeout=5).status_code == 200
