"""A recording as text: what is written is read back, what is wrong is told in one line, and no key stays in it."""

import json

import pytest
from taped import CALL, EVENTS, FAILED, HEADER, REFUSED, text

from labserver.errors import BadRecording, ContextTooLong, LabError, ProviderTimedOut, RateLimited
from labserver.events import Called, ChatRequest, End, Format, Message, Start, Text, Tool, ToolCall, Usage
from labserver.providers.tape import MOST_BYTES, MOST_EVENTS, read, written
from labserver.providers.tape_lines import ERRORS
from labserver.providers.timing import Row

KEY = "sk-operator-0123456789abcdef"
ASKED = ChatRequest((Message("user", "What is tea?"),), "gpt-4o-mini")
WHOLE = [Row(0.1, Start("gpt-4o-mini")), Row(0.25, Text("Tea")), Row(0.5, End("stop")), Row(0.5, Usage(11, 1, 0.5))]


def tape(request: ChatRequest = ASKED, rows: list[Row] | None = None, **how):
    return read(written(request, WHOLE if rows is None else rows, "openai", **how).encode(), "tea")


def told(data: str | bytes) -> str:
    with pytest.raises(BadRecording) as caught:
        read(data.encode() if isinstance(data, str) else data, "tea")
    assert "\n" not in caught.value.message
    return caught.value.message


def test_it_is_one_line_for_the_question_and_one_for_each_event() -> None:
    lines = [json.loads(line) for line in written(ASKED, WHOLE, "openai", "gpt-4o-mini-2024").splitlines()]
    about = lines[0]
    assert (about["wirelab"], about["version"], about["provider"]) == ("recording", 1, "openai")
    assert (about["model"], about["answered_by"]) == ("gpt-4o-mini", "gpt-4o-mini-2024")
    assert about["messages"] == [{"role": "user", "content": "What is tea?"}]
    assert lines[1:] == [
        {"at": 0.1, "kind": "start"},
        {"at": 0.25, "kind": "text", "text": "Tea"},
        {"at": 0.5, "kind": "end", "reason": "stop"},
        {"at": 0.5, "kind": "usage", "prompt_tokens": 11, "completion_tokens": 1},
    ]


def test_everything_that_a_model_says_comes_back_as_it_was() -> None:
    odds = (("Tea", -0.1), ("Mate", -2.5))
    said = [
        Start(""), Text("Grüner Tee 🍵\u2028\n", 1, odds), ToolCall("get_stock"), ToolCall(arguments="{}"),
        Text("x"), End("tool_calls"), End("length", 1), Usage(1, 2, 0.8),
    ]  # fmt: skip
    rows = [Row(round(0.1 * place, 3), event) for place, event in enumerate(said, 1)]
    request = ChatRequest(
        (
            Message("system", "Be\n short."), Message("assistant", "", (Called("call_1", "get_stock", "{}"),)),
            Message("tool", "none", call_id="call_1"), Message("user", "And now?", images=1),
        ),
        "gpt-4o", n=2, tools=(Tool("get_stock", "How much", {"type": "object"}),), format=Format({"type": "object"}),
    )  # fmt: skip
    back = tape(request, rows)
    assert list(back.rows) == rows
    again = back.about.request()
    assert (again.n, again.tools, again.format) == (2, request.tools, request.format)
    assert [(one.role, one.content, one.images) for one in again.messages] == [
        (one.role, one.content, one.images) for one in request.messages
    ]
    assert back.question == "And now?"


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_every_failure_of_a_provider_is_kept_as_what_it_was(kind: type[LabError]) -> None:
    error = kind("It went wrong.", retry_after=2.5, param="messages")
    for rows in ([Row(0.3, error)], [*WHOLE[:2], Row(3, error)]):
        last = tape(rows=rows).rows[-1].said
        assert type(last) is kind
        assert isinstance(last, LabError)
        assert (last.message, last.retry_after, last.param) == ("It went wrong.", 2.5, "messages")


def test_a_wait_longer_than_an_hour_is_an_hour() -> None:
    last = tape(rows=[Row(0.1, RateLimited("Slow.", retry_after=90_000))]).rows[-1].said
    assert isinstance(last, RateLimited)
    assert last.retry_after == 3600


@pytest.mark.parametrize(
    "secret", [KEY, "lab-Xy9_abcdefgh123", "AIzaSyA1234567890abcdefghijklmnopqrstu", "org-1a2B3c4D5e6F7g8H"]
)
@pytest.mark.parametrize("width", [1, 3, 100])
def test_what_looks_like_a_key_is_blotted_out_wherever_it_stands_and_however_it_was_cut(
    secret: str, width: int
) -> None:
    words = f"Use {secret} now"
    pieces = [words[at : at + width] for at in range(0, len(words), width)]
    begun = [Start(""), *(Text(piece) for piece in pieces), ToolCall("call")]
    begun += [ToolCall(arguments=piece) for piece in pieces]
    rows = [Row(0.1, said) for said in begun] + [Row(1, ProviderTimedOut(words))]
    request = ChatRequest(
        (Message("system", words), Message("assistant", "", (Called("1", "f", words),)), Message("user", words)),
        "gpt-4o-mini", tools=(Tool("f", words, {"description": words}),),
    )  # fmt: skip
    kept = written(request, rows, "openai")
    back = read(kept.encode(), "tea")
    spoken = "".join(row.said.text for row in back.rows if isinstance(row.said, Text))
    called = "".join(row.said.arguments for row in back.rows if isinstance(row.said, ToolCall))
    assert spoken == called == words.replace(secret, f"[key{'*' * (len(secret) - 5)}]")
    assert [len(row.said.text) for row in back.rows if isinstance(row.said, Text)] == [len(one) for one in pieces]
    assert secret[5:] not in kept
    assert secret[:9] not in kept


def test_a_key_of_no_known_pattern_goes_too_where_it_is_named() -> None:
    key = "teapot teapot"
    rows = [Row(0.1, Start("")), Row(0.2, Text("a teapot")), Row(0.3, Text(" teapot!")), *WHOLE[2:]]
    kept = written(ASKED, rows, "openai", secrets=(key, ""))
    assert "a [key" in kept
    assert "teapot" not in kept


@pytest.mark.parametrize(
    "words", ["a bearer token", "sk-learn", "lab-grown-diamonds", "key=value", "the key: patience"]
)
def test_a_lesson_about_keys_keeps_its_words(words: str) -> None:
    assert words in written(ASKED, [WHOLE[0], Row(0.2, Text(words)), *WHOLE[2:]], "openai")


def test_half_a_surrogate_pair_does_not_keep_an_answer_from_being_written() -> None:
    rows = [WHOLE[0], Row(0.2, Text("tea \ud83c")), *WHOLE[2:]]
    request = ChatRequest((Message("user", "\ud83c?"),), "gpt-4o-mini")
    assert tape(request, rows).rows[1].said == Text("tea ?")


WRONG = {
    "": "it is empty",
    "\n\n": "it is empty",
    "tea": "line 1 is no JSON: is it torn?",
    "[]": "line 1 is no JSON object",
    "[" * 100_000: "line 1 is no JSON",
    '{"log": {}}': 'it is no recording: its first line lacks "wirelab": "recording"',
    text(version=2): "it is of version 2, and this Wirelab plays version 1",
    text(messages=[]): "line 1: messages: ",
    text(tea=1): "line 1: tea: Extra inputs",
    text(n=17): "line 1: n: ",
    text()[:-20]: "line 7 is no JSON: is it torn?",
    text(*EVENTS[:-1]): "it stops before its last line, which is a usage or an error: is it torn?",
    text().splitlines()[0]: "it stops before its last line",
    text(*EVENTS[:2], {"at": 1, "kind": "song"}): "line 4: Input tag 'song'",
    text(*EVENTS[:2], {"at": "NaN", "kind": "end"}): "line 4: end.at: ",
    text(*EVENTS[:2], {"at": -1, "kind": "text", "text": ""}): "line 4: text.at: ",
    text(*EVENTS[:2], {"at": 4000, "kind": "text", "text": ""}): "line 4: text.at: ",
    text(*EVENTS[:2], {"at": 1, "kind": "text"}): "line 4: text.text: Field required",
    text(*EVENTS[:2], FAILED | {"code": "TEA"}): "line 4: error.code: ",
    text(*EVENTS[:3], {**EVENTS[3], "at": 1}, *EVENTS[4:]): "line 5: at 1 is earlier than the line above it",
    text(*EVENTS[1:]): "line 2: the first event must be a start, or an error",
    text(EVENTS[0], *EVENTS): "line 3: this is a second start",
    text(*EVENTS, FAILED): "line 8: nothing may follow a line of kind usage or error",
    text(*EVENTS[:5], {**EVENTS[1], "at": 3}): "line 7: choice 0 has ended",
    text(EVENTS[0], {**EVENTS[1], "choice": 1}): "line 3: choice 1 has ended, or was not asked for",
    text(*EVENTS[:4], EVENTS[5]): "line 6: each choice needs a line of kind end",
    text(CALL[0], CALL[2]): "line 3: tool calls are numbered from 0, and each begins with its name",
    text(CALL[0], CALL[1] | {"call": 1}): "line 3: tool calls are numbered",
    text(CALL[0], CALL[1] | {"arguments": "{}"}): "line 3: a tool_call has a name, or a piece of its arguments",
}


@pytest.mark.parametrize(("data", "words"), WRONG.items(), ids=[words[:30] for words in WRONG.values()])
def test_a_recording_that_cannot_be_played_says_where_and_why(data: str, words: str) -> None:
    assert told(data).startswith(words)


def test_one_that_is_too_large_has_too_many_events_or_is_no_text_is_refused() -> None:
    assert told(b" " * (MOST_BYTES + 1)) == "it is larger than 1,048,576 bytes"
    line = '{"at":0,"kind":"start"}\n'
    assert told(json.dumps(HEADER) + "\n" + line * (MOST_EVENTS + 1)) == "it has more than 20,000 events"
    assert told(b"\xff\xfe") == "it is no UTF-8 text"


def test_an_editors_blank_lines_and_line_ends_do_no_harm() -> None:
    edited = text(*EVENTS[:1], REFUSED | {"at": 1}).replace("\n", "\r\n\r\n").encode()
    assert len(read(edited, "tea").rows) == 2


def test_the_table_of_failures_has_the_codes_that_their_classes_have() -> None:
    assert ERRORS["CONTEXT_LENGTH_EXCEEDED"] is ContextTooLong
    assert all(kind("x").code == code for code, kind in ERRORS.items())
