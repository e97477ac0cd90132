"""How a caller stands and how long it waited, as headers of its dialect's family. Pure; knows no window.

Ours are seed 004's three, as GitHub has them too: X-RateLimit-Reset is the moment, in whole seconds since 1970. (The
IETF's draft-ietf-httpapi-ratelimit-headers counts the seconds until then; so does Retry-After, which leaves no doubt.)
OpenAI has six, with the time until then as Go writes a duration: 12ms, 1s, 6m0s. All times are rounded up.
"""

import math
import time
from collections.abc import Callable

from labserver.limits import Standing
from labserver.outgoing import Headers


def in_rest(standing: Standing) -> Headers:
    limit, remaining, seconds = standing.requests
    return [
        (b"x-ratelimit-limit", b"%d" % limit),
        (b"x-ratelimit-remaining", b"%d" % remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(time.time() + seconds)),
    ]


def in_openai(standing: Standing) -> Headers:
    requests, tokens, _ = standing
    return [
        (b"x-ratelimit-limit-requests", b"%d" % requests.limit),
        (b"x-ratelimit-limit-tokens", b"%d" % tokens.limit),
        (b"x-ratelimit-remaining-requests", b"%d" % requests.remaining),
        (b"x-ratelimit-remaining-tokens", b"%d" % tokens.remaining),
        (b"x-ratelimit-reset-requests", duration(requests.seconds).encode()),
        (b"x-ratelimit-reset-tokens", duration(tokens.seconds).encode()),
    ]


FAMILIES: dict[str, Callable[[Standing], Headers]] = {"/v1": in_openai, "": in_rest}


def of_path(path: str, standing: Standing) -> Headers:
    family = next(family for prefix, family in FAMILIES.items() if not prefix or f"{path}/".startswith(f"{prefix}/"))
    return family(standing)


def waited(path: str, seconds: float) -> Headers:
    """OpenAI's dialect says how long it took until the head left, in whole milliseconds; ours does not."""
    return [(b"openai-processing-ms", b"%d" % (seconds * 1000))] if f"{path}/".startswith("/v1/") else []


def duration(seconds: float) -> str:
    """12ms, 1s, 1.5s, 6m0s, 1h0m0s: rounded up to a millisecond, which below a second is the unit."""
    milliseconds = math.ceil(seconds * 1000)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes_left = divmod(minutes, 60)
    larger = f"{hours}h{minutes_left}m" if hours else f"{minutes}m" if minutes else ""
    return f"{larger}{rest / 1000:g}s"
