"""How realtime responses end, one after the other and side by side: whole, cut, cancelled, failed. Always done."""

import pytest
from realtime import LAST, NEVER, SLOW, Payload, Talk, done, kinds, text, user
from websockets.exceptions import ConnectionClosed

LONG = "|".join(f" word{number}" for number in range(500))
CANCELLED = {"type": "cancelled", "reason": "client_cancelled"}


def begun(session: Talk, **response: object) -> str:
    """Ask for a response; its id, once its first word is out."""
    session.put(LONG)
    session.say("response.create", response=response)
    return str(session.hear("response.output_text.delta")["response_id"])


def test_an_answer_that_is_cut_is_incomplete_and_says_why(talk) -> None:
    session = talk()
    session.say("session.update", session={"type": "realtime", "max_output_tokens": 2})
    session.hear("session.updated")
    response = done(session.ask("Green| tea| is| good"))
    assert (response["status"], response["max_output_tokens"]) == ("incomplete", 2)
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["output"][0]["content"] == [{"type": "output_text", "text": "Green tea"}]
    assert done(session.respond(max_output_tokens="inf"))["status"] == "completed"


def test_cancelling_keeps_what_was_said_and_closes_every_item(server, talk, key: str) -> None:
    session = talk(pace=SLOW)
    name = begun(session)
    session.say("response.cancel")
    events = session.until(LAST)
    tail = [kind for kind in kinds(events) if not kind.endswith(".delta")]
    assert tail == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        LAST,
    ]
    response = done(events)
    assert (response["id"], response["status"], response["status_details"]) == (name, "cancelled", CANCELLED)
    said = text(session.heard)
    assert response["output"][0]["status"] == "incomplete"
    assert response["output"][0]["content"][0]["text"] == said
    usage = response["usage"]
    assert usage["output_tokens"] == said.count("word")
    made = server.last(key, 0)["produced"]
    assert made == usage["output_tokens"], "the model stopped too"
    assert usage["input_tokens"] > 500
    session.say("conversation.item.retrieve", item_id=response["output"][0]["id"])
    assert session.hear("conversation.item.retrieved")["item"] == response["output"][0]


def test_what_was_cancelled_is_charged_with_its_question(server, key: str, talk) -> None:
    session = talk(pace=SLOW)
    begun(session)
    session.say("response.cancel")
    events = session.until(LAST)
    [tokens] = [limit for limit in events[-1]["rate_limits"] if limit["name"] == "tokens"]
    assert tokens["limit"] - tokens["remaining"] == done(events)["usage"]["total_tokens"]


def test_an_answer_can_be_cancelled_before_its_first_word(talk) -> None:
    session = talk(pace=NEVER)
    session.put("a")
    session.say("response.create")
    name = session.hear("response.created")["response"]["id"]
    session.say("response.cancel", response_id=name)
    response = done(session.until(LAST))
    assert (response["status"], response["output"], response["status_details"]) == ("cancelled", [], CANCELLED)
    assert session.refused("response.cancel")["code"] == "response_cancel_not_active"


def test_two_cancels_at_once_end_one_answer_and_refuse_the_other(talk) -> None:
    session = talk(pace=NEVER)
    session.put("a")
    for kind in ("response.create", "response.cancel", "response.cancel", "response.create", "response.cancel"):
        session.say(kind)
    heard: list[Payload] = []
    while kinds(heard).count("response.done") < 1 or kinds(heard).count("error") + kinds(heard).count(LAST) < 3:
        heard.append(session.hear())
    assert {event["response"]["status"] for event in heard if event["type"] == "response.done"} == {"cancelled"}
    assert text(talk().ask("a|b")) == "ab"


def test_two_cancels_in_the_middle_of_an_answer_end_it_once(talk) -> None:
    session = talk(pace="ttft=0;tps=2;jitter=0")
    begun(session)
    session.say("response.cancel")
    session.say("response.cancel", event_id="second")
    heard = session.until(LAST)
    while "error" not in kinds(heard):
        heard.append(session.hear())
    [error] = [event["error"] for event in heard if event["type"] == "error"]
    assert (error["code"], error["event_id"]) == ("response_cancel_not_active", "second")
    assert done(heard)["status"] == "cancelled"


def test_a_second_response_waits_for_the_end_of_the_first(talk) -> None:
    session = talk(pace=SLOW)
    name = begun(session)
    session.say("response.create", event_id="second")
    error = session.hear("error")["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert (error["event_id"], name in error["message"]) == ("second", True)
    session.say("response.cancel")
    session.hear("response.done")
    session.say("response.create", response={"max_output_tokens": 1})  # at once, before the limits are told
    assert done(session.until("response.done")[-2:])["status"] == "incomplete"


def test_a_response_out_of_band_runs_beside_and_leaves_no_trace(talk) -> None:
    session = talk(pace=SLOW)
    name = begun(session)
    aside = {"conversation": "none", "input": [user("Oolong| tea")], "metadata": {"topic": "aside"}}
    session.say("response.create", response=aside)
    events = session.until("response.done")
    response = events[-1]["response"]
    assert (response["status"], response["metadata"]) == ("completed", {"topic": "aside"})
    assert (response["conversation_id"], response["id"] != name) == (None, True)
    mine = [event for event in events if event.get("response_id") == response["id"]]
    assert "".join(event.get("delta", "") for event in mine) == "Oolong tea"
    assert "conversation.item.added" not in kinds(events), "nothing enters the conversation"
    session.say("conversation.item.retrieve", item_id=response["output"][0]["id"])
    assert session.hear("error")["error"]["code"] == "item_retrieve_invalid_item_id"
    session.say("response.cancel")
    assert session.hear("response.done")["response"]["id"] == name


def test_a_response_out_of_band_is_cancelled_by_its_name_only(talk) -> None:
    session = talk(pace=NEVER)
    session.say("response.create", response={"conversation": "none", "input": [user("a")]})
    name = session.hear("response.created")["response"]["id"]
    assert session.refused("response.cancel")["code"] == "response_cancel_not_active"
    session.say("response.cancel", response_id=name)
    assert session.hear("response.done")["response"]["status"] == "cancelled"


def test_responses_wait_for_a_model_that_writes_one_at_a_time(talk) -> None:
    session = talk(pace="ttft=0;tps=50;jitter=0;slots=1")
    for name in ("a", "b", "c"):
        words = "|".join(name * 50)
        aside = {"conversation": "none", "input": [user(words)], "metadata": {"name": name}}
        session.say("response.create", response=aside)
    waiting = [session.hear("response.created")["response"]["id"] for _ in range(3)]
    session.say("response.cancel", response_id=waiting[1])
    ends = [session.hear("response.done")["response"] for _ in range(3)]
    assert {end["id"]: end["status"] for end in ends} == {
        waiting[0]: "completed",
        waiting[1]: "cancelled",
        waiting[2]: "completed",
    }
    assert text(session.heard) == "a" * 50 + "c" * 50, "one after the other, and the second never began"


def test_no_more_than_sixteen_responses_run_at_once(talk) -> None:
    session = talk(pace=NEVER)
    for _ in range(17):
        session.say("response.create", response={"conversation": "none", "input": [user("a")]})
    error = session.hear("error")["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert kinds(session.heard).count("response.created") <= 16


def test_the_models_own_failure_is_a_failed_response(talk) -> None:
    session = talk(**{"x-lab-fault": "late_error;after=2"})
    response = done(session.ask("Green| tea| is| good"))
    assert (response["status"], response["output"][0]["status"]) == ("failed", "incomplete")
    error = response["status_details"]["error"]
    assert (response["status_details"]["type"], error["type"], error["code"]) == (
        "failed",
        "server_error",
        "server_error",
    )
    assert response["usage"]["output_tokens"] == 2
    assert done(session.ask("Ooh"))["status"] == "completed", "the socket stays open"


def test_without_a_bill_there_is_no_usage(talk) -> None:
    response = done(talk(**{"x-lab-fault": "no_usage"}).ask("a|b"))
    assert (response["status"], response["usage"]) == ("completed", None)


def test_each_response_counts_as_a_request_and_its_tokens_as_tokens(server, talk, key: str) -> None:
    session = talk()
    server.http.put("/lab/limits", json={"requests": 2, "per": 60}, headers={"x-api-key": key}).raise_for_status()
    assert done(session.ask("a|b"))["status"] == "completed"
    assert done(session.respond())["status"] == "completed"
    limits = {limit["name"]: limit for limit in session.heard[-1]["rate_limits"]}
    assert (limits["requests"]["limit"], limits["requests"]["remaining"]) == (2, 0)
    assert 0 < limits["requests"]["reset_seconds"] <= 60
    response = done(session.respond())
    assert (response["status"], response["output"], response["usage"]) == ("failed", [], None)
    assert response["status_details"]["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("close;code=1011;after=4", 1011), ("cut;after=4", None), ("reset;after=4", None)],
)
def test_faults_strike_frames_in_the_middle_of_an_answer(
    server, talk, key: str, fault: str, expected: int | None
) -> None:
    session = talk(**{"x-lab-fault": fault})
    with pytest.raises((ConnectionClosed, ConnectionError)) as ended:
        session.ask(LONG)
    if expected is not None:
        assert ended.value.rcvd.code == expected
    assert len(session.heard) <= 4, "session.created and three more"
    server.await_quiet()
    assert server.last(key)["fault"].startswith(fault.partition(";")[0])


def test_an_event_that_comes_twice_and_one_that_is_half(talk) -> None:
    session = talk(**{"x-lab-fault": "duplicate;after=1"})
    session.say("conversation.item.create", item=user("a"))
    first, second = session.hear(), session.hear()
    assert first == second, "the same event_id tells that it is the same"
