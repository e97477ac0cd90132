"""Both families of headers, and OpenAI's way to write a duration."""

import time

import pytest

from labserver.limit_headers import duration, of_path, waited
from labserver.limits import Left, Standing

STANDING = Standing(Left(10, 4, 5.25), Left(900, 0, 59.0004))


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0s"),
        (0.0001, "1ms"),
        (0.012, "12ms"),
        (0.9991, "1s"),
        (1.0, "1s"),
        (1.5, "1.5s"),
        (59.9731, "59.974s"),
        (60.0, "1m0s"),
        (59.9999, "1m0s"),
        (86.4, "1m26.4s"),
        (360.0, "6m0s"),
        (3600.0, "1h0m0s"),
        (3725.5, "1h2m5.5s"),
    ],
)
def test_a_duration_is_written_as_openai_writes_it_and_never_too_short(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize("path", ["/v1", "/v1/models", "/v1/nowhere"])
def test_under_v1_there_are_six(path: str) -> None:
    assert dict(of_path(path, STANDING)) == {
        b"x-ratelimit-limit-requests": b"10",
        b"x-ratelimit-limit-tokens": b"900",
        b"x-ratelimit-remaining-requests": b"4",
        b"x-ratelimit-remaining-tokens": b"0",
        b"x-ratelimit-reset-requests": b"5.25s",
        b"x-ratelimit-reset-tokens": b"59.001s",
    }


@pytest.mark.parametrize("path", ["/", "/v1nowhere", "/shop/products", "/api/v1/query"])
def test_elsewhere_there_are_seed_004s_three_with_the_reset_as_a_moment(path: str) -> None:
    before = time.time()
    told = dict(of_path(path, STANDING))
    assert before + 5.25 <= int(told.pop(b"x-ratelimit-reset")) < time.time() + 5.25 + 1
    assert told == {b"x-ratelimit-limit": b"10", b"x-ratelimit-remaining": b"4"}


def test_openais_dialect_alone_says_how_long_it_took() -> None:
    assert waited("/v1/chat/completions", 0.0129) == [(b"openai-processing-ms", b"12")]
    assert waited("/v1", 0) == [(b"openai-processing-ms", b"0")]
    assert waited("/v10/chat", 1) == waited("/api/v1/query", 1) == []
