"""Pictures: what leaves for the notebook, what the words say, and what must still draw."""

import base64
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from labkit import plots
from labkit.exchange import Exchange
from labkit.plots import Picture
from labkit.plots.span import CLEARLY, Span
from labkit.plots.timeline import told as in_words

PNG = b"\x89PNG\r\n\x1a\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def exchange(*times: float, end: float | None = 1.0, plain: bool = False) -> Exchange:
    """An answer that streams a delta at each of these seconds; a `plain` one has its body there instead."""
    data = b'data: {"type": "content", "chunk": "tea"}\n\n'
    written = b"tea" if plain else b"%x\r\n%b\r\n" % (len(data), data)
    head = b"HTTP/1.1 200 OK\r\n\r\n" if plain else CHUNKED
    return Exchange(
        number=1,
        kind="http",
        connection=1,
        nth=1,
        opened=0.0,
        sent_by_client=((0.0, b"GET / HTTP/1.1\r\n\r\n"),),
        sent_by_server=((0.0, head), *((at, written) for at in times)),
        frames=(),
        ended="complete" if end else None,
        seconds=end,
        fault="",
        produced=len(times),
        dropped=0,
    )


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the PNG's first chunk."""
    assert png.startswith(PNG) and png[12:16] == b"IHDR"
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


class Tags(HTMLParser):
    """The tags of a piece of HTML with their attributes, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.text += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        self.text += data


# The picture


def test_a_picture_is_one_img_with_its_alt_and_its_png() -> None:
    picture = plots.timeline({"streamed": exchange(0.2, 0.4)})
    tags = Tags(picture._repr_html_())
    [(tag, attributes)] = tags.found
    assert (tag, tags.text) == ("img", "")
    assert attributes["alt"] == picture.alt != ""
    kind, _, data = str(attributes["src"]).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == picture.png
    assert size(picture.png)[0] > 500


def test_an_alt_with_signs_of_html_in_it_stays_one_attribute() -> None:
    alt = 'a < b & "c" > \'d\' <img src="x">'
    html = Picture(PNG, alt)._repr_html_()
    assert [(tag, attributes["alt"]) for tag, attributes in Tags(html).found] == [("img", alt)]


def test_the_png_stands_in_double_quotes_where_the_sanitizer_looks_for_it() -> None:
    html = Picture(PNG, "tea")._repr_html_()
    assert re.findall(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"', html) == [base64.b64encode(PNG).decode()]


def test_the_repr_is_the_alt_and_holds_no_address() -> None:
    assert repr(Picture(PNG, "tea")) == "[picture: tea]"
    assert " at 0x" not in repr(plots.timeline({"streamed": exchange(0.2)}))


def test_the_same_exchange_draws_the_same_picture_and_another_one_another() -> None:
    one, again = (plots.timeline({"a": exchange(0.2, 0.4)}) for _ in range(2))
    assert one == again
    assert one.png != plots.timeline({"a": exchange(0.2, 0.5)}).png, "what is drawn is what was measured"


def test_every_lane_gets_its_room() -> None:
    heights = [size(plots.timeline(dict.fromkeys("abc"[:count], exchange(0.2))).png)[1] for count in (1, 2, 3)]
    assert heights[0] < heights[1] < heights[2]


@pytest.mark.parametrize(
    "lane",
    [
        exchange(),
        exchange(end=None),
        exchange(plain=True),
        exchange(0.3, plain=True),
        exchange(0.0, end=0.0),
        exchange(0.2, end=None),
    ],
    ids=["no deltas", "nothing yet", "no body", "a body in one piece", "all at once", "still open"],
)
def test_an_exchange_without_deltas_or_end_still_draws(lane: Exchange) -> None:
    for picture in (plots.timeline({"it": lane}), plots.timeline({"it": lane, "streamed": exchange(0.2, 0.4)})):
        assert size(picture.png)[0] > 500
        assert "“it”" in picture.alt


def test_pictures_leave_no_trace_in_pyplot() -> None:
    code = """if True:
        import sys, types
        from labkit import plots
        plots.timeline({"tea": types.SimpleNamespace(deltas=[(0.2, "tea")], chunks=[], seconds=1)})
        print([name for name in sys.modules if name.startswith("matplotlib.pyplot")])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


# What is measured


def test_a_span_is_the_deltas_times_and_the_end() -> None:
    assert Span.of(exchange(0.25, 0.5, end=0.75)) == Span((0.25, 0.5), 0.75)
    assert Span.of(exchange(0.25, 0.5, end=0.75)).first == 0.25


def test_without_deltas_the_pieces_of_the_body_count_and_without_those_the_end() -> None:
    assert Span.of(exchange(0.6, end=0.75, plain=True)) == Span((0.6,), 0.75)
    assert Span.of(exchange(end=0.75)).first == 0.75


def test_an_open_exchange_ends_with_what_has_come_so_far() -> None:
    assert Span.of(exchange(0.25, 0.5, end=None)).end == 0.5
    assert Span.of(exchange(end=None)) == Span((), 0.0)


# What is said

EARLIER = "The first words come much earlier in the lane “{}”."
SAME, DIFFERENT = "The lanes end at about the same time.", "The lanes end at different times."


def told(**lanes: tuple[float, float]) -> str:
    """The words for lanes of (first words, end)."""
    return in_words({name: Span((first,), end) for name, (first, end) in lanes.items()})


def test_one_lane_is_compared_with_nothing() -> None:
    assert (
        told(tea=(0.2, 1)) == "Timeline with a lane for “tea”; each tick is a piece of the answer leaving the server."
    )


def test_every_lane_is_named_in_the_order_in_which_it_is_drawn() -> None:
    assert told(tea=(0.2, 1), coffee=(0.2, 1), milk=(0.2, 1)).startswith(
        "Timeline with a lane for “tea” and “coffee” and “milk”; "
    )


@pytest.mark.parametrize("names", [("tea", "coffee"), ("coffee", "tea")])
def test_the_lane_that_speaks_first_is_named_wherever_it_stands(names: tuple[str, str]) -> None:
    firsts = {"tea": (0.2, 1.0), "coffee": (0.9, 1.0)}
    assert EARLIER.format("tea") in told(**{name: firsts[name] for name in names})


def test_lanes_that_begin_together_are_not_compared_by_their_beginning() -> None:
    assert "earlier" not in told(tea=(0.2, 1), coffee=(0.2 * CLEARLY, 1))
    assert EARLIER.format("tea") in told(tea=(0.2, 1), coffee=(0.2 * CLEARLY + 0.01, 1))


def test_of_three_lanes_the_first_one_must_be_clearly_before_the_second() -> None:
    assert "earlier" not in told(tea=(0.2, 1), coffee=(0.21, 1), milk=(0.9, 1))
    assert EARLIER.format("milk") in told(tea=(0.8, 1), coffee=(0.9, 1), milk=(0.2, 1))


@pytest.mark.parametrize(
    ("ends", "words"), [((1, 1), SAME), ((1, CLEARLY), SAME), ((CLEARLY + 0.1, 1), DIFFERENT), ((0, 0), SAME)]
)
def test_ends_are_the_same_or_different(ends: tuple[float, float], words: str) -> None:
    assert told(tea=(0, ends[0]), coffee=(0, ends[1])).endswith(words)


def test_the_words_hold_no_number_that_was_measured() -> None:
    lanes = {"all at once": exchange(0.91, end=0.93, plain=True), "streamed": exchange(0.21, 0.57, 0.9, end=0.92)}
    alt = plots.timeline(lanes).alt
    assert not re.search(r"\d", alt)
    assert EARLIER.format("streamed") in alt and SAME in alt


def test_two_runs_of_the_same_thing_are_told_in_the_same_words() -> None:
    runs = [{"a": exchange(0.9 + jitter, plain=True), "b": exchange(0.2 + jitter, 0.9)} for jitter in (0, 0.013, 0.05)]
    assert len({plots.timeline(run).alt for run in runs}) == 1
