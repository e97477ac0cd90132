"""A key is blotted out of bytes that arrive in any pieces."""

import pytest

from labserver.redaction import Blotter, blot


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_key_is_blotted_out_of_a_live_stream_however_it_is_cut(size: int) -> None:
    secrets = (b"lab-secret", b"lalab")
    raw = b"la lab- lab-secret lab-selab-secret lalalab lab-secre. "
    blotter = Blotter(secrets)
    shown = b"".join(blotter.through(raw[at : at + size]) for at in range(0, len(raw), size))
    assert b"lab-secret" not in shown and b"lalab" not in shown
    assert len(shown) == len(raw), "what ends it begins no key, so nothing is held back"
    assert Blotter(secrets).through(raw) == blot(raw, secrets)
