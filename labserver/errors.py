"""Everything that can go wrong on purpose or by mistake, as data. A leaf: surfaces give errors their shape.

`status` is an HTTP status; `code` is the upper-case code of seed 004's error table; `message` says what was wrong and
what to do; `details` is JSON-ready; `retry_after` is in seconds; `param` names the offending field where there is one.
"""

from http import HTTPStatus
from typing import Any


class LabError(Exception):
    status: int = 500
    code: str = "PROCESSING_FAILED"

    def __init__(
        self,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        retry_after: float | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}
        self.retry_after = retry_after
        self.param = param


class InvalidRequest(LabError):
    status, code = 400, "INVALID_REQUEST"


class Unauthorized(LabError):
    status, code = 401, "UNAUTHORIZED"


class Forbidden(LabError):
    status, code = 403, "FORBIDDEN"


class NotFound(LabError):
    status, code = 404, "NOT_FOUND"


class ModelNotFound(NotFound):
    code = "MODEL_NOT_FOUND"


class NotRecorded(NotFound):
    """Nobody has recorded an answer to this question."""

    code = "NOT_RECORDED"


class BadRecording(LabError):
    """A file is no recording that can be played; the message is one line that says where and why."""


class MethodNotAllowed(LabError):
    status, code = 405, "METHOD_NOT_ALLOWED"


class TimedOut(LabError):
    status, code = 408, "REQUEST_TIMEOUT"


class TooSlow(TimedOut):
    """The rest of the request does not come; the connection is closed with the answer."""


class Conflict(LabError):
    """The request is fine, but not with things as they stand."""

    status, code = 409, "CONFLICT"


class PreconditionFailed(LabError):
    status, code = 412, "PRECONDITION_FAILED"


class Cancelled(LabError):
    """The client took its job back, so there is no result and never will be."""

    status, code = 409, "CANCELLED"


class EventsGone(LabError):
    """A log keeps its newest events only, and these are older."""

    status, code = 410, "EVENTS_GONE"


class TooLarge(LabError):
    status, code = 413, "TOO_LARGE"


class UnsupportedMediaType(LabError):
    status, code = 415, "UNSUPPORTED_MEDIA_TYPE"


class UnprocessableRequest(LabError):
    status, code = 422, "INVALID_REQUEST"


class ContextTooLong(InvalidRequest):
    code = "CONTEXT_LENGTH_EXCEEDED"


class ClientLeft(LabError):
    """Nobody reads this one: it ends the work for a client that is gone. 499 is nginx's number for it."""

    status, code = 499, "CLIENT_LEFT"


class ProcessingFailed(LabError):
    """The model failed while it worked; the wire shows it as an error event when words were already sent."""


class Failed(LabError):
    """A bug of ours. What happened stands in the server's log and nowhere else."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"The lab server failed. This is a bug: report it with what its log says of {request_id}.")


class RateLimited(LabError):
    """Too much was asked in too short a time. `retry_after` is exact; whoever tells it rounds it up."""

    status, code = 429, "RATE_LIMITED"


class Unavailable(LabError):
    status, code = 503, "PIPELINE_UNAVAILABLE"


class ProviderRefused(LabError):
    """A real provider does not serve this server: its key or its account. Not the learner's doing, so no 401."""

    status, code = 502, "PROVIDER_REFUSED"


class ProviderUnreachable(LabError):
    status, code = 502, "PROVIDER_UNREACHABLE"


class ProviderFailed(LabError):
    status, code = 502, "PROVIDER_FAILED"


class ProviderTimedOut(LabError):
    status, code = 504, "PROVIDER_TIMEOUT"


class ContentFiltered(InvalidRequest):
    code = "CONTENT_FILTERED"


class BudgetSpent(LabError):
    """No waiting helps, so there is no `retry_after`."""

    status, code = 429, "BUDGET_SPENT"


CODES = {
    400: "INVALID_REQUEST",
    422: "INVALID_REQUEST",
    413: "TOO_LARGE",
    429: "RATE_LIMITED",
    500: "PROCESSING_FAILED",
    503: "PIPELINE_UNAVAILABLE",
}


class Planned(LabError):
    """Whatever status somebody asked for, to see what a client does with it. `dated`: Retry-After is said as a date."""

    def __init__(self, status: int, retry_after: float | None = None, dated: bool = False) -> None:
        known = HTTPStatus(status) if status in set(HTTPStatus) else None
        cure = "" if retry_after is None else f" Try again in {retry_after:g} s."
        told = f"{status} {known.phrase}" if known else str(status)
        super().__init__(f"This answer was broken on purpose: {told}.{cure}", retry_after=retry_after)
        self.status = status
        self.dated = dated
        self.code = CODES.get(status) or (known.name if known else f"STATUS_{status}")
