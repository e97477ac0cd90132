"""Claims about a streamed chat completion: its framing, its chunks, its bill, its end."""

from typing import Any

from labserver.parity.heard import DONE, choices, said, short
from labserver.parity.target import Target
from labserver.parity.verdict import NotOffered, expect

STABLE = ("id", "created", "model")


def is_an_event_stream(target: Target) -> None:
    heard = target.billed()
    expect(heard.media_type == "text/event-stream", f"Content-Type: {heard.headers.get('content-type', '(none)')}")


def is_data_and_nothing_else(target: Target) -> None:
    """Comments are allowed; a client sees none of them."""
    lines = target.billed().text.splitlines()
    odd = [line for line in lines if line and not line.startswith(("data:", ":"))]
    expect(not odd, f"the line {short(odd[0])}" if odd else "")


def is_one_answer(target: Target) -> None:
    chunks = target.billed().chunks
    for name in STABLE:
        values = {str(chunk.get(name)) for chunk in chunks}
        expect(len(values) == 1 and values != {"None"}, f"{name}: {short(', '.join(sorted(values)))}")
    kinds = {chunk.get("object") for chunk in chunks}
    expect(kinds == {"chat.completion.chunk"}, f"object: {short(sorted(map(str, kinds)))}")


def begins_with_the_role(target: Target) -> None:
    parts = choices(target.billed().chunks)
    first = (parts[0].get("delta") or {}) if parts else {}
    expect(first == {**first, "role": "assistant"}, f"the first delta is {short(first)}")
    expect(not first.get("content"), f"the first delta has the role and words: {short(first)}")


def comes_in_pieces(target: Target) -> None:
    words = said(target.billed().chunks)
    expect(len(words) > 1, f"{len(words)} delta with words")


def finishes_once(target: Target) -> None:
    parts = choices(target.billed().chunks)
    ends = [part for part in parts if part.get("finish_reason")]
    expect(len(ends) == 1, f"{len(ends)} chunks have a finish_reason")
    expect(not ends[0].get("delta"), f"the delta beside it is {short(ends[0].get('delta'))}")
    expect(ends[0] is parts[-1], "more comes after it")


def finishes_with_done(target: Target) -> None:
    heard = target.billed()
    expect(heard.chunks, "nothing")
    last = heard.events[-1].data
    expect(last == DONE, f"the last event is {short(last)}")


def bill_has_no_choices(target: Target) -> None:
    last = target.billed().chunks[-1]
    expect(last.get("usage"), f"the last chunk has no usage: {short(last)}")
    expect(last.get("choices") == [], f"beside the usage, choices is {short(last.get('choices'))}")


def bill_is_null_before(target: Target) -> None:
    for chunk in target.billed().chunks[:-1]:
        expect("usage" in chunk, f"a chunk has no `usage`: {short(chunk)}")
        expect(chunk["usage"] is None, f"a chunk before the last has usage {short(chunk['usage'])}")


def bill_adds_up(target: Target) -> None:
    bills = [chunk["usage"] for chunk in target.billed().chunks if chunk.get("usage")]
    expect(bills, "no chunk has a usage")
    bill: dict[str, Any] = bills[-1]
    parts = [bill.get(f"{name}_tokens") or 0 for name in ("prompt", "completion", "total")]
    expect(all(parts), f"usage is {short(bill)}")
    expect(parts[0] + parts[1] == parts[2], f"{parts[0]} and {parts[1]} are not {parts[2]}")


def bill_must_be_asked_for(target: Target) -> None:
    billed = [chunk["usage"] for chunk in target.streamed().fine().chunks if chunk.get("usage")]
    expect(not billed, f"it came though nobody asked: {short(billed)}")


def the_package_reads_it(target: Target) -> None:
    """The same question once more, read by the `openai` package: role, words and one end come out of it."""
    roles, words, ends = [], [], []
    with target.sdk.chat.completions.create(**target.body(stream=True), extra_headers=target.unkeyed) as chunks:
        for chunk in chunks:
            for choice in chunk.choices:
                roles += [choice.delta.role] * bool(choice.delta.role)
                words += [choice.delta.content] * bool(choice.delta.content)
                ends += [choice.finish_reason] * bool(choice.finish_reason)
    expect(set(roles) == {"assistant"}, f"roles: {roles}")
    expect(words, "no words")
    expect(len(ends) == 1, f"ends: {ends}")


def may_be_left_early(target: Target) -> None:
    expect(target.hang_up_early(), "no byte came before the end")
    again = target.chat("Say: tea. You were interrupted.").fine()
    expect(again.json.get("choices"), f"the next question was answered {short(again.text)}")


def two_choices_each_have_their_end(target: Target) -> None:
    chunks = target.streamed(n=2).offered().chunks
    indexes = {choice.get("index") for chunk in chunks for choice in chunk.get("choices") or ()}
    if indexes == {0}:
        raise NotOffered("`n` is taken and does nothing: only choice 0 came")
    expect(indexes == {0, 1}, f"the choices have the indexes {short(sorted(map(str, indexes)))}")
    for index in (0, 1):
        ends = [part for part in choices(chunks, index) if part.get("finish_reason")]
        expect(len(ends) == 1, f"choice {index} has {len(ends)} finish reasons")
        expect(said(chunks, index), f"choice {index} has no words")
