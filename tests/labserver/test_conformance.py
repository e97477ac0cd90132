"""The cases of the event-stream standard, decoded whole and cut at every position."""

import pytest

from labserver import sse
from labserver.conformance import CASES, Case


def decode(*pieces: bytes) -> tuple[sse.ServerSentEvent, ...]:
    decoder = sse.Decoder()
    return tuple(event for piece in pieces for event in decoder.feed(piece))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_our_decoder_keeps_every_rule_however_the_bytes_are_cut(case: Case) -> None:
    for cut in range(len(case.raw) + 1):
        assert decode(case.raw[:cut], case.raw[cut:]) == case.events, f"cut at byte {cut}"
    assert decode(*(bytes([byte]) for byte in case.raw)) == case.events


def test_every_rule_is_another_stream() -> None:
    assert len({case.raw for case in CASES.values()}) == len(CASES)
