"""A lesson's lab as a notebook holds it: one server, a fresh sandbox per test, every verb as a learner calls it."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

import labkit
from labkit import beliefs, checks, runtime, session
from labkit.notebook import TRIES_UNTIL_SOLUTION, Lab
from labkit.outcome import Outcome
from labkit.progress import Progress
from labkit.witness import WitnessError

ROOT = Path(__file__).parents[2]
PATH = "/api/v1/query/stream"
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=2;jitter=0"}
SCRIPT = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
TEA = {"query": "How do I brew green tea?", "max_tokens": 12}
EXERCISE = "00.1"  # quick to judge
LADDER = checks.CHECKS[EXERCISE].hints

Open = Callable[..., Lab]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LABKIT_HOME", str(folder))
        environment.delenv("LABSERVER_TIME_SCALE", raising=False)
        yield folder
        session.stop()


@pytest.fixture
def opened(home: Path) -> Iterator[Open]:
    """`labkit.open`; what it opened is closed after the test."""
    with ExitStack() as labs:

        def make(lesson: str = "00", **options: Any) -> Lab:
            lab = labkit.open(lesson, **options)
            labs.callback(lab.witness.close)
            return lab

        yield make


@pytest.fixture
def lab(opened: Open, tmp_path: Path) -> Lab:
    """A lab whose learner has tried nothing yet."""
    return replace(opened(), progress=Progress(tmp_path / "progress.jsonl"))


def ask(lab: Lab, body: dict[str, object] = SCRIPT, pace: dict[str, str] = FAST) -> requests.Response:
    """A streamed answer, still to be read."""
    headers = {"authorization": f"Bearer {lab.key}"} | pace
    return requests.post(lab.url + PATH, json=body, headers=headers, stream=True, timeout=10)


def read(lab: Lab, body: dict[str, object] = SCRIPT) -> bytes:
    with ask(lab, body) as answer:
        return answer.content


def right(base_url: str, name: str) -> Any:
    return requests.get(f"{base_url}/health", headers={"X-Learner": name}, timeout=5).json()


def believes_that_the_response_is_the_data(base_url: str, name: str) -> Any:
    return requests.get(f"{base_url}/health", headers={"X-Learner": name}, timeout=5)


def asks_nobody(base_url: str, name: str) -> Any:
    return {}


# Opening


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
    with pytest.raises(LookupError, match="00, 10"):
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


# check, hint, solution


def test_a_check_prints_a_card_and_notes_what_it_found(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for answer in (None, asks_nobody, believes_that_the_response_is_the_data, right):
        assert lab.check(EXERCISE, answer) is None
    cards = re.findall(r"^00\.1  ([A-Z ]+)  .*", capsys.readouterr().out, re.MULTILINE)
    assert cards == ["NOT STARTED", "NOT YET", "NOT YET", "PASSED"]
    noted = [(entry["kind"], entry["status"], entry["belief"]) for entry in lab.progress.read(EXERCISE)]
    assert noted == [
        ("attempt", "not started", ""),
        ("attempt", "wrong", ""),
        ("attempt", "wrong", "response-is-the-data"),
        ("attempt", "passed", ""),
    ]


def test_a_check_leaves_the_labs_own_journal_alone(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    read(lab)
    lab.check(EXERCISE, right)
    assert "PASSED" in capsys.readouterr().out
    assert [seen.path for seen in lab.witness.exchanges()] == [PATH]


def test_a_check_is_not_broken_by_the_labs_own_faults(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.fault("cut;after=0", first=9)
    lab.check(EXERCISE, right)
    assert "PASSED" in capsys.readouterr().out


def test_hints_go_up_a_ladder_and_stay_on_its_last_step(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(len(LADDER) + 2):
        lab.hint(EXERCISE)
    steps = [*range(len(LADDER)), len(LADDER) - 1, len(LADDER) - 1]
    assert capsys.readouterr().out == "".join(
        f"{EXERCISE}  hint {step + 1} of {len(LADDER)}: {LADDER[step]}\n" for step in steps
    )
    assert [entry["step"] for entry in lab.progress.read(EXERCISE) if entry["kind"] == "hint"] == steps


def test_hints_go_on_where_they_were_after_a_restart_of_the_kernel(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.hint(EXERCISE)
    replace(lab, _told=set()).hint(EXERCISE)
    assert re.findall(r"hint (\d) of", capsys.readouterr().out) == ["1", "2"]


def test_hints_of_one_exercise_do_not_use_up_anothers(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for exercise in ("00.1", "00.1", "00.2"):
        lab.hint(exercise)
    assert capsys.readouterr().out.splitlines()[-1].startswith("00.2  hint 1 of ")


def test_after_a_wrong_attempt_the_first_hint_speaks_to_what_it_looked_like(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.check(EXERCISE, believes_that_the_response_is_the_data)
    capsys.readouterr()
    for _ in range(3):
        lab.hint(EXERCISE)
    thought, *steps = capsys.readouterr().out.splitlines()
    assert thought == f"{EXERCISE}  a thought first: {beliefs.load(ROOT)['response-is-the-data'].hint}"
    assert [step[: len("00.1  hint 1")] for step in steps] == ["00.1  hint 1", "00.1  hint 2"], (
        "said once, no step lost"
    )


def test_an_attempt_that_looks_like_no_belief_goes_to_the_ladder(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.check(EXERCISE, believes_that_the_response_is_the_data)
    lab.check(EXERCISE, asks_nobody)
    capsys.readouterr()
    lab.hint(EXERCISE)
    assert capsys.readouterr().out.startswith("00.1  hint 1 of ")


def tried(lab: Lab, times: int, status: str = "wrong") -> None:
    for _ in range(times):
        lab.progress.note("attempt", EXERCISE, status=status, belief="")


@pytest.mark.parametrize("tries", range(TRIES_UNTIL_SOLUTION))
def test_a_solution_waits_for_three_attempts_and_says_how_many_are_left(
    lab: Lab, tries: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(lab, tries)
    lab.solution(EXERCISE)
    told = capsys.readouterr().out
    left = ["3 more attempts first", "2 more attempts first", "1 more attempt first"][tries]
    assert told.startswith(f'{EXERCISE}  {left}, and `lab.hint("{EXERCISE}")` helps.')
    assert f'lab.solution("{EXERCISE}", insist=True)' in told
    assert "def " not in told
    assert lab.progress.count("solution", EXERCISE) == 0


@pytest.mark.parametrize(
    ("tries", "status", "options"),
    [(TRIES_UNTIL_SOLUTION, "wrong", {}), (1, "passed", {}), (0, "", {"insist": True})],
    ids=["three attempts", "a pass", "insisting"],
)
def test_a_solution_is_shown_after(
    lab: Lab, tries: int, status: str, options: dict[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    tried(lab, tries, status)
    lab.solution(EXERCISE, **options)
    told = capsys.readouterr().out
    assert "def say_hello(base_url, name):" in told and "X-Learner" in told
    assert lab.progress.count("solution", EXERCISE) == 1


def test_an_attempt_made_by_a_check_counts(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.check(EXERCISE, asks_nobody)
    lab.solution(EXERCISE)
    assert "2 more attempts first" in capsys.readouterr().out
    lab.check(EXERCISE, right)
    lab.solution(EXERCISE)
    assert "def say_hello" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["check", "hint", "solution"])
@pytest.mark.parametrize("exercise", ["10.9", "10", "", "say_hello"])
def test_an_unknown_exercise_is_named_with_those_that_there_are(lab: Lab, verb: str, exercise: str) -> None:
    with pytest.raises(LookupError, match=rf"no exercise {exercise!r}\. There are: 00\.1, .*10\.3\."):
        getattr(lab, verb)(exercise)
    assert list(lab.progress.read()) == []


@pytest.mark.parametrize("status", ["wrong", "crashed", "blocked"])
def test_a_check_prints_and_notes_every_kind_of_outcome(
    lab: Lab, status: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "run", lambda exercise, *_, **__: Outcome(exercise, status, "So it was.", belief="b"))
    lab.check(EXERCISE, right)
    assert capsys.readouterr().out.endswith("So it was.\n")
    [entry] = lab.progress.read(EXERCISE)
    assert (entry["status"], entry["belief"]) == (status, "b")


# A door of one's own


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
