"""The widgets as a kernel holds them, without a page: what they tell it, what its messages do, what text they have."""

import re

import asking
import pytest

from labkit.notebook import Lab
from labkit.widgets import chat, dial, stream, timeline
from labkit.widgets.chat_window import ChatWindow
from labkit.widgets.fault_dial import OVER
from labkit.widgets.shown import HERE, Shown
from labkit.witness import Witness, WitnessError


def view_of(lab: Lab) -> Shown:
    return stream(lab, asking.SCRIPT, model="script")


def drawn(lab: Lab) -> Shown:
    asking.read(lab.witness, "/api/v1/query/stream", asking.QUERY)
    return timeline(lab.wire(), sse=lab.wire().exchange)


@pytest.mark.parametrize("make", [view_of, drawn, chat, dial])
def test_each_has_a_text_that_no_run_decides(lab: Lab, make: type[Shown]) -> None:
    widget, again = make(lab), make(lab)
    bundle = widget._repr_mimebundle_()[0]

    assert bundle["text/plain"] == repr(widget) == repr(again)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert not re.search(r"0x[0-9a-f]{6}|…|\d\.\d|127\.0\.0\.1", bundle["text/plain"])
    assert lab.key not in str(widget.get_state())


def test_a_stream_view_tells_the_page_the_whole_answer_and_its_numbers(lab: Lab) -> None:
    view = stream(lab, asking.SCRIPT, model="script", headers={"x-lab-pace": "ttft=0.1;tps=50;jitter=0"})
    answer = view.wait(10)

    assert view.pieces == list(answer.pieces) == asking.WORDS
    assert (view.state, view.note) == ("complete", "")
    assert view.ttft is not None and view.ttft >= 0.1
    assert view.rate is not None and 10 < view.rate <= 60


async def test_the_buttons_message_stops_and_the_server_saw_the_client_leave(lab: Lab) -> None:
    view = stream(lab, "|".join(["tea"] * 100), model="script", headers=asking.SLOW)
    view._handle_custom_msg({"do": "stop"}, [])
    answer = await view.done

    assert answer.state == view.state == "stopped"
    seen = lab.witness.exchanges(wait=3)  # it may have left before it had asked
    assert all(exchange.ended == "client left" for exchange in seen)


def test_stop_after_leaves_in_the_middle_and_the_journal_has_the_same_count(lab: Lab) -> None:
    answer = stream(lab, asking.SCRIPT, model="script", headers=asking.SLOW, stop_after=2).wait(10)
    exchange = asking.last(lab.witness)

    assert repr(answer).startswith("<answer: 2 pieces, stopped")
    assert (exchange.ended, exchange.left_after, len(exchange.deltas)) == ("client left", 3, 2)


def test_a_chat_shows_the_question_and_a_waiting_answer_at_once(lab: Lab) -> None:
    window = chat(lab, model="script", headers={"x-lab-pace": "ttft=5"})
    window._handle_custom_msg({"do": "ask", "text": asking.SCRIPT}, [])

    assert [(turn["role"], turn["text"], turn["state"]) for turn in window.turns] == [
        ("user", asking.SCRIPT, "complete"),
        ("assistant", "", "waiting"),
    ]
    window.ask("and another")  # one at a time
    assert len(window.turns) == 2
    window._handle_custom_msg({"do": "stop"}, [])
    assert window.wait(10).state == window.turns[-1]["state"] == "stopped"


def test_a_chat_tries_again_after_an_error_that_it_showed_kindly(lab: Lab) -> None:
    lab.fault("cut;after=3", path="/v1/*")
    window: ChatWindow = chat(lab, model="script", headers=asking.FAST)
    window.ask(asking.SCRIPT)
    assert window.wait(10).state == "failed"
    assert "The connection was lost" in window.turns[-1]["note"]

    window._handle_custom_msg({"do": "retry"}, [])

    assert window.wait(10).text == "".join(asking.WORDS)
    assert [turn["state"] for turn in window.turns] == ["complete", "complete"]
    assert len(lab.witness.exchanges(wait=3)) == 2


def test_a_chat_that_was_not_asked_has_nothing_to_wait_for(lab: Lab) -> None:
    with pytest.raises(RuntimeError, match="Nothing was asked yet"):
        chat(lab).wait(1)


def test_the_dial_applies_says_and_clears(lab: Lab) -> None:
    turned = dial(lab)
    assert turned.table["cut"]["does"].startswith("the connection closes") and turned.rules == []

    turned._handle_custom_msg({"do": "apply", "plan": "cut;after=2", "path": "/v1/*", "first": 2}, [])
    assert (turned.said, turned.failed) == ("In force: cut;after=2", False)
    assert turned.rules == ["cut;after=2 on /v1/*: 2 left, struck 0 of 0 seen"]
    assert lab.faults().rules[0]["plan"] == "cut;after=2"

    turned._handle_custom_msg({"do": "clear"}, [])
    assert (turned.rules, lab.faults().rules) == ([], [])


def test_a_dial_that_looks_by_itself_speaks_only_when_its_last_fault_is_gone(lab: Lab) -> None:
    turned = dial(lab)
    turned.apply("status;code=503", path="/api/*", first=2)
    asking.read(lab.witness, "/api/v1/query/stream", asking.QUERY)
    turned._handle_custom_msg({"do": "watch"}, [])
    assert turned.rules == ["status;code=503 on /api/*: 1 left, struck 1 of 1 seen"]
    assert (turned.looked, turned.told, turned.said) == (1, 0, "")

    asking.read(lab.witness, "/api/v1/query/stream", asking.QUERY)
    turned._handle_custom_msg({"do": "watch"}, [])
    assert (turned.rules, turned.told, turned.said) == ([], 1, OVER)

    turned._witness = Witness("http://127.0.0.1:9", "sk-wl-none")
    turned._handle_custom_msg({"do": "watch"}, [])
    assert (turned.looked, turned.told, turned.failed) == (3, 1, False), "nobody asked, so nobody is told"


def test_the_dial_says_in_the_servers_words_what_is_wrong_with_a_plan(lab: Lab) -> None:
    turned = dial(lab)
    turned._handle_custom_msg({"do": "apply", "plan": "cutt", "path": "*", "first": 1}, [])

    assert turned.failed and "Did you mean 'cut'?" in turned.said
    with pytest.raises(WitnessError):
        turned.apply("cutt")


def test_every_fault_of_the_table_can_be_applied_as_the_dial_first_shows_it(lab: Lab) -> None:
    turned = dial(lab)
    for name, fault in turned.table.items():
        knobs = {knob: shown["default"] for knob, shown in fault["settings"].items() if shown["default"] is not None}
        turned.apply(";".join([name, *(f"{knob}={value}" for knob, value in knobs.items())]))
    assert len(turned.rules) == len(turned.table) > 20


def test_nothing_to_draw_is_told() -> None:
    with pytest.raises(ValueError, match="Give at least one exchange"):
        timeline()


@pytest.mark.parametrize("file", sorted(HERE.glob("*.js")) + sorted(HERE.glob("*.css")), ids=lambda file: file.name)
def test_a_widgets_code_fetches_nothing_and_reads_no_words_as_html(file: str) -> None:
    code = HERE.joinpath(file).read_text(encoding="utf-8")

    assert not re.search(r"https?:|^import\b|@import|url\(|fetch\(|insertAdjacentHTML|outerHTML", code, re.MULTILINE)
    if not file.name.startswith("question"):  # its words are an author's, rendered by the kernel
        assert not re.search(r"innerHTML = (?!`[^$`]*`)", code)
