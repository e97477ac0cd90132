"""What went wrong at a real provider, as our errors: whose fault it is, and the cure. Knows the `openai` package's.

The key is the operator's and not the learner's, so a refused one is a 502 and never a 401. The provider's own words are
told only where they speak of the request, shortened and without anything that looks like a key.
"""

import math
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx2
import openai

from labserver.errors import (
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    LabError,
    ModelNotFound,
    ProviderFailed,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnreachable,
    RateLimited,
    Unavailable,
)
from labserver.logs import discreet
from labserver.providers.presets import Preset

LONGEST_WAIT = 3600.0  # seconds of a Retry-After that we pass on
LONGEST_WORDS = 300
CONTEXT = re.compile(r"context.?(length|window)|maximum context|too many tokens|prompt is too long", re.IGNORECASE)
FILTER = re.compile(r"content.?(filter|policy|management)|safety|moderation", re.IGNORECASE)
NO_MODEL = re.compile(
    r"model.{0,80}(not found|does not exist|not exist|invalid|unknown|not a valid)|not a valid model|invalid model"
    r"|model_not_found|no such model",
    re.IGNORECASE | re.DOTALL,
)
NO_CREDIT = re.compile(r"insufficient.?(quota|credit|balance)|billing|out of credit|payment", re.IGNORECASE)
LIMIT = re.compile(r"rate.?limit", re.IGNORECASE)
# Some refuse a key with a 400: Gemini in these words, LiteLLM without a database in its own.
BAD_KEY = re.compile(
    r"api.?key.{0,20}(not valid|invalid)|(invalid|incorrect).{0,20}api.?key|no_db_connection", re.IGNORECASE
)
OVERLOAD = re.compile(r"overloaded|unavailable|capacity", re.IGNORECASE)


def complaint(error: Exception, preset: Preset, *, model: str, seconds: float, key: str = "") -> LabError:  # noqa: PLR0911 - one for each kind
    """Our error for one of the package's, or of the transport's below it."""
    match error:
        case TimeoutError() | openai.APITimeoutError():
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                return ProviderUnreachable(_unreachable(preset))
            return ProviderTimedOut(
                f"{preset.title} said nothing for {seconds:g} s. Ask again, or for less; the operator can wait longer "
                "with --provider-seconds."
            )
        case openai.APIConnectionError():
            if isinstance(error.__cause__, httpx2.ConnectError):
                return ProviderUnreachable(_unreachable(preset))
            return ProviderFailed(
                f"The connection to {preset.title} broke. What came is not the whole answer: ask again."
            )
        case openai.APIStatusError():
            return _of_status(error, preset, model, key)
        case openai.APIError():  # in the middle of a stream, after a 200
            return _of_words(error, preset, model, key)
    return ProviderFailed(f"{preset.title} sent something that is no answer of OpenAI's format. Ask again.")


def _of_status(error: openai.APIStatusError, preset: Preset, model: str, key: str) -> LabError:  # noqa: PLR0911 - one for each kind
    again = _retry_after(error.response.headers)
    match error.status_code:
        case 401 | 403:
            return ProviderRefused(_refused(preset))
        case 402:
            return ProviderRefused(_no_credit(preset))
        case 429:
            if NO_CREDIT.search(_words(error)):
                return ProviderRefused(_no_credit(preset))
            return _limited(preset, again)
        case 404:
            return _no_model(preset, model)
        case 408 | 504:
            return ProviderTimedOut(f"{preset.title} took too long ({error.status_code}). Ask again, or for less.")
        case 503 | 529:
            return _overloaded(preset, again)
        case status if status >= 500 or status < 400:
            return ProviderFailed(f"{preset.title} failed ({status}). This is none of yours: ask again in a moment.")
    return _of_words(error, preset, model, key)


def _of_words(error: openai.APIError, preset: Preset, model: str, key: str) -> LabError:
    """By what it says: providers agree on few codes."""
    words = _words(error)
    if (tell := next((tell for pattern, tell in SAYINGS if pattern.search(words)), None)) is not None:
        return tell(preset, model)
    if isinstance(error, openai.APIStatusError):
        return InvalidRequest(f"{preset.title} did not take the request: {_quotable(error, key)}")
    return ProviderFailed(f"{preset.title} failed in the middle of its answer. Ask again.")


def _too_long(preset: Preset, model: str) -> LabError:
    told = f"The messages are longer than {model or 'the model'} of {preset.title} can read. Send less."
    return ContextTooLong(told, param="messages")


def _filtered(preset: Preset, _: str) -> LabError:
    return ContentFiltered(f"{preset.title}'s content filter stopped this. Ask in other words.", param="messages")


def _unreachable(preset: Preset) -> str:
    if preset.local:
        return f"Nothing answers where {preset.title} should be. Is {preset.title} running? Start it: {preset.start}"
    return f"{preset.title} cannot be reached. Is the lab server's machine online? `wirelab providers test` tells more."


def _refused(preset: Preset) -> str:
    return (
        f"The provider refused the server's key. This is not your key: the operator must set {preset.key} to one that "
        f"{preset.title} takes, and start the server again."
    )


def _no_credit(preset: Preset) -> str:
    return f"The server's account at {preset.title} has no credit left. The operator must add some."


def _penniless(preset: Preset, _: str) -> LabError:
    return ProviderRefused(_no_credit(preset))


def _limited(preset: Preset, again: float | None) -> LabError:
    cure = "Ask again later." if again is None else f"Try again in {math.ceil(again)} s."
    return RateLimited(f"{preset.title}'s own rate limit is spent. {cure}", retry_after=again)


def _overloaded(preset: Preset, again: float | None) -> LabError:
    cure = "Ask again in a moment." if again is None else f"Try again in {math.ceil(again)} s."
    return Unavailable(f"{preset.title} is overloaded. {cure}", retry_after=again)


def _no_model(preset: Preset, model: str) -> LabError:
    cure = f"Get it with `{preset.fetch} {model}`, or ask" if preset.fetch and model else "Ask"
    return ModelNotFound(
        f"{preset.title} has no model `{model}`. {cure} for one that /v1/models lists; the operator chooses the "
        "default with --provider-model.",
        param="model",
    )


SAYINGS: tuple[tuple[re.Pattern[str], Callable[[Preset, str], LabError]], ...] = (
    (BAD_KEY, lambda preset, _: ProviderRefused(_refused(preset))),
    (CONTEXT, _too_long),
    (FILTER, _filtered),
    (NO_MODEL, _no_model),
    (NO_CREDIT, _penniless),
    (LIMIT, lambda preset, _: _limited(preset, None)),
    (OVERLOAD, lambda preset, _: _overloaded(preset, None)),
)


def _words(error: openai.APIError) -> str:
    return f"{error.code or ''} {error.type or ''} {error.message}"


def _quotable(error: openai.APIError, key: str) -> str:
    body = error.body
    said = str(body.get("message") or error.message) if isinstance(body, dict) else error.message
    if key:
        said = said.replace(key, "[key]")
    said = discreet(" ".join(said.split()))
    return said if len(said) <= LONGEST_WORDS else f"{said[:LONGEST_WORDS]}…"


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds from `retry-after-ms`, or from either form of Retry-After; None where it is neither said nor readable."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (said := headers.get(name)) is None:
            continue
        try:
            wait = float(said) / scale
        except ValueError:
            try:
                wait = parsedate_to_datetime(said).timestamp() - time.time()
            except ValueError:
                continue
        if math.isfinite(wait):
            return min(LONGEST_WAIT, max(0.0, wait))
    return None
