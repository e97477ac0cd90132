"""The event-stream standard as a table: bytes, and the events that a right reader makes of them. Knows no socket.

Source: WHATWG HTML, "Server-sent events", sections 9.2.5 and 9.2.6; one row a rule.
"""

from dataclasses import dataclass

from labserver.sse import ServerSentEvent as Event

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Case:
    """`rule` in one sentence; `retry` of an event is the reconnection time in force when it is dispatched.

    `last_id` is what goes back as Last-Event-ID when the reader comes again after the stream's end; empty: no header.
    """

    rule: str
    raw: bytes
    events: tuple[Event, ...]
    last_id: str = ""


CASES = {
    "utf8": Case("The stream is UTF-8.", "data: né 茶 🍵\n\n".encode(), (Event("né 茶 🍵"),)),
    "broken-utf8": Case("Broken UTF-8 becomes U+FFFD.", b"data: a\xffb\n\n", (Event("a\ufffdb"),)),
    "bom": Case("One byte order mark at the start is stripped.", BOM + b"data: a\n\n", (Event("a"),)),
    "two-boms": Case(
        "Only one is: a second belongs to the first field's name.",
        BOM + BOM + b"data: a\n\ndata: b\n\n",
        (Event("b"),),
    ),
    "late-bom": Case(
        "Only at the start: a later one belongs to the field's name.",
        b"data: a\n\n" + BOM + b"data: b\n\n",
        (Event("a"),),
    ),
    "lf": Case("LF ends a line.", b"data: a\n\ndata: b\n\n", (Event("a"), Event("b"))),
    "crlf": Case("CR LF ends a line.", b"data: a\r\n\r\ndata: b\r\n\r\n", (Event("a"), Event("b"))),
    "cr": Case("CR ends a line.", b"data: a\r\rdata: b\r\r", (Event("a"), Event("b"))),
    "mixed-line-ends": Case(
        "All three may stand in one stream.", b"data: a\rdata: b\ndata: c\r\n\n", (Event("a\nb\nc"),)
    ),
    "no-other-line-ends": Case(
        "Nothing else ends a line.", "data: a\u2028b\u0085c\u000bd\n\n".encode(), (Event("a\u2028b\u0085c\u000bd"),)
    ),
    "comment": Case("A line that starts with a colon is a comment.", b": ping\n\n:\n\ndata: a\n\n", (Event("a"),)),
    "comment-inside": Case("A comment may stand inside an event.", b"data: a\n: ping\ndata: b\n\n", (Event("a\nb"),)),
    "one-space": Case("One space after the colon is dropped, no more.", b"data:  a \n\n", (Event(" a "),)),
    "no-space": Case("There need be none.", b"data:a\n\n", (Event("a"),)),
    "tab": Case("A tab is no space.", b"data:\ta\n\n", (Event("\ta"),)),
    "first-colon": Case("Only the first colon divides name and value.", b"data: a: b\n\n", (Event("a: b"),)),
    "no-colon": Case("A field without a colon has an empty value.", b"data\ndata\n\n", (Event("\n"),)),
    "unknown-fields": Case(
        "Unknown fields are ignored; names have no spaces and no capitals.",
        b"Data: x\nfoo: y\n data: z\ndata : w\ndata: a\n\n",
        (Event("a"),),
    ),
    "data-lines": Case("Data lines are joined by LF.", b"data: a\ndata:\ndata: b\n\n", (Event("a\n\nb"),)),
    "empty-data": Case("One empty data line is an event with empty data.", b"data\n\n", (Event(""),)),
    "no-data": Case("A block without data dispatches nothing.", b"event: cup\nid: 1\n\n", (), "1"),
    "blank-lines": Case("More blank lines than needed say nothing.", b"\n\n\ndata: a\n\n\n\n", (Event("a"),)),
    "event-name": Case(
        "A name lasts for one event.", b"event: cup\ndata: a\n\ndata: b\n\n", (Event("a", "cup"), Event("b"))
    ),
    "event-name-last": Case(
        "The last of two names counts.", b"event: x\nevent: cup\ndata: a\n\n", (Event("a", "cup"),)
    ),
    "event-name-empty": Case("An empty name means message.", b"event:\ndata: a\n\n", (Event("a"),)),
    "event-name-forgotten": Case(
        "A block without data takes its name along.", b"event: cup\n\ndata: a\n\n", (Event("a"),)
    ),
    "id-persists": Case(
        "The last id persists.", b"id: 1\ndata: a\n\ndata: b\n\n", (Event("a", id="1"), Event("b", id="1")), "1"
    ),
    "id-without-data": Case("An id counts without data too.", b"id: 1\n\ndata: b\n\n", (Event("b", id="1"),), "1"),
    "id-empty": Case("An empty id resets.", b"id: 1\ndata: a\n\nid\ndata: b\n\n", (Event("a", id="1"), Event("b"))),
    "id-null": Case("An id with NULL is ignored.", b"id: 1\nid: \x002\ndata: a\n\n", (Event("a", id="1"),), "1"),
    "id-unfinished": Case(
        "An unfinished last block leaves no id.", b"id: 1\ndata: a\n\nid: 2\ndata: b\n", (Event("a", id="1"),), "1"
    ),
    "id-utf8": Case("An id goes back in UTF-8.", "id: 茶\ndata: a\n\n".encode(), (Event("a", id="茶"),), "茶"),
    "retry": Case("Retry is a number of milliseconds.", b"retry: 1500\ndata: a\n\n", (Event("a", retry=1500),)),
    "retry-alone": Case("It counts without data too.", b"retry: 1500\n\ndata: a\n\n", (Event("a", retry=1500),)),
    "retry-zeros": Case("Leading zeros do no harm.", b"retry: 007\ndata: a\n\n", (Event("a", retry=7),)),
    "retry-negative": Case("Digits only: no sign.", b"retry: -5\nretry: +5\ndata: a\n\n", (Event("a"),)),
    "retry-no-number": Case(
        "No decimals, no exponents, no letters.",
        "retry: 1.5\nretry: 1e3\nretry: soon\nretry: ²\nretry:\ndata: a\n\n".encode(),
        (Event("a"),),
    ),
    "unfinished-event": Case("An unfinished last block is discarded.", b"data: a\n\ndata: b\n", (Event("a"),)),
    "unfinished-line": Case("And so is an unfinished last line.", b"data: a\n\ndata: b", (Event("a"),)),
    "nothing": Case("An empty stream has no events.", b"", ()),
}
