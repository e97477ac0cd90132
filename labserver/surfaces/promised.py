"""What a route promises to refuse, for its OpenAPI: a description, a schema and an example per code. Knows shapes only.

The examples are written by the very function that answers, so a dialect cannot be promised in another's words.
"""

from collections.abc import Callable, Container
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from labserver.denials import UNKNOWN, InsufficientScope, InvalidToken, TwoCredentials, oauth_error
from labserver.errors import (
    BudgetSpent,
    Forbidden,
    InvalidRequest,
    LabError,
    ModelNotFound,
    ProcessingFailed,
    ProviderFailed,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnreachable,
    RateLimited,
    TooLarge,
    Unavailable,
    UnprocessableRequest,
    UnsupportedMediaType,
)
from labserver.patience import BODY, too_slow
from labserver.surfaces.manual_parts import carrying
from labserver.surfaces.refusals import openai_error, rest_error
from labserver.trust import Trust

Promises = dict[int | str, dict[str, Any]]


class RestProblem(BaseModel):
    code: str
    message: str
    details: dict[str, Any]


class RestError(BaseModel):
    """Seed 004's shape, everywhere but under `/v1`."""

    error: RestProblem


class OpenAIProblem(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(BaseModel):
    """OpenAI's shape, under `/v1`."""

    error: OpenAIProblem


class OAuthProblem(BaseModel):
    """RFC 6749, section 5.2, at the token endpoint."""

    error: str
    error_description: str


SCHEMAS = "#/components/schemas/{model}"


def _ref(shape: type[BaseModel]) -> str:
    return SCHEMAS.format(model=shape.__name__)


PROBLEMS: dict[str, type[BaseModel]] = {_ref(RestError): RestProblem, _ref(OpenAIError): OpenAIProblem}


def refusal_schemas(wanted: Container[str]) -> dict[str, Any]:
    """The schemas, by name, of those shapes of refusals that are `wanted` (`$ref`s), and what these refer to.

    No route has such a shape as its `model`: FastAPI would build a validator for each of some 600 promises at every
    start.
    """
    shapes = [shape for shape in (RestError, OpenAIError, OAuthProblem) if _ref(shape) in wanted]
    _, told = models_json_schema([(shape, "serialization") for shape in shapes], ref_template=SCHEMAS)
    found: dict[str, Any] = told.get("$defs", {})
    return found


def with_nulls(content: dict[str, Any]) -> dict[str, Any]:
    """FastAPI drops each null of an example on its way into the document; in OpenAI's shape a null is a fact."""
    problem = PROBLEMS.get(content["schema"]["$ref"])
    if problem is None:
        return content
    nulls = dict.fromkeys(problem.model_fields)
    examples = {
        name: example | {"value": {"error": nulls | example["value"]["error"]}}
        for name, example in content["examples"].items()
    }
    return content | {"examples": examples}


def in_rest(*errors: LabError) -> Promises:
    return _promised(RestError, rest_error, errors)


def in_openai(*errors: LabError) -> Promises:
    return _promised(OpenAIError, openai_error, errors)


def as_stream(example: str | None = None) -> Promises:
    """What a stream of server-sent events looks like; without `example`, what was recorded of it is shown."""
    shown = {"schema": {"type": "string"}} | ({} if example is None else {"example": example})
    return {200: {"description": "Server-sent events", "content": {"text/event-stream": shown}}}


def gives(status: int, model: type[BaseModel], *headers: str, description: str = "As asked") -> Promises:
    """What a route answers when all is well, and the headers (rows of manual_parts.HEADERS) that go with it."""
    return {status: {"model": model, "description": description, "headers": carrying(*headers)}}


def nothing(status: int = 204, description: str = "Done; there is nothing more to say", *headers: str) -> Promises:
    """An answer without a body."""
    return {status: {"description": description, "headers": carrying(*headers)}}


def leads_to(promises: Promises, pointer: str, parameter: str, *operations: str) -> Promises:
    """The same with OpenAPI links: a value of this answer is the `parameter` of these operations."""
    found = {"parameters": {parameter: f"$response.body#/{pointer}"}}
    links = {name: {"operationId": name, **found} for name in operations}
    return {status: {**promise, "links": links} for status, promise in promises.items()}


def in_oauth(*errors: LabError) -> Promises:
    return _promised(OAuthProblem, oauth_error, errors)


def _promised(model: type[BaseModel], shape: Callable[[LabError], Any], errors: tuple[LabError, ...]) -> Promises:
    promises: Promises = {}
    for error in errors:
        promise = promises.setdefault(error.status, {"description": "", "content": {}})
        promise["description"] = "; ".join(filter(None, (promise["description"], f"`{error.code}`: {error.message}")))
        content = {"schema": {"$ref": _ref(model)}, "examples": {}}
        sent = ("WWW-Authenticate",) * (error.status == 401) + ("Retry-After",) * (error.retry_after is not None)
        promise["headers"] = promise.get("headers", {}) | carrying(*sent)
        examples = promise["content"].setdefault("application/json", content)["examples"]
        examples[f"{error.code} {len(examples) + 1}"] = {"summary": error.message, "value": shape(error)}
    return promises


# What any route that has a visit may say, before it does anything.
BAD_PACE = InvalidRequest("x-lab-pace: tps must be a number from 0.5 to 100000, not 'fast'.")
TWO_KEYS = TwoCredentials("Two different credentials came with this request. Send one, in one place.")
UNKNOWN_KEY = InvalidToken(UNKNOWN)
TOO_LATE = InvalidToken("This token has expired. Ask /auth/token for a new one.")
TOO_NARROW = InsufficientScope("shop:write", "shop:read")
NOT_YOURS = Forbidden("On a shared server x-lab-fault needs a sandbox of your own. Get a key from POST /lab/sandboxes.")
NOT_ITS_NAME = Trust().wrong_host({"http_version": "1.1", "headers": [(b"host", b"lab.example.org")]})
assert NOT_ITS_NAME is not None
TOO_MANY = RateLimited(
    "The limit of 10000 requests in 60 s is spent. Try again in 12 s.",
    details={"limit": 10000, "per": 60, "of": "requests", "retry_after": 12},
    retry_after=12,
)
ANYWHERE = (BAD_PACE, TWO_KEYS, UNKNOWN_KEY, TOO_LATE, TOO_NARROW, NOT_YOURS, NOT_ITS_NAME, TOO_MANY)

# What a route says of a request that it cannot read. Under /v1 a misfit is a 400, elsewhere a 422.
BAD_JSON = InvalidRequest("The body is not valid JSON: Expecting value at character 1.")
NOT_JSON = UnsupportedMediaType("This route takes application/json; the request came with text/plain.")
MISFIT = UnprocessableRequest(
    "The request does not fit: per_page: Input should be less than or equal to 100",
    details={"fields": {"per_page": "Input should be less than or equal to 100"}},
)
BODY_MISFIT = UnprocessableRequest(
    "The request does not fit: name: Field required", details={"fields": {"name": "Field required"}}
)
NO_PROMPT = UnprocessableRequest(
    "The request does not fit: prompt: Field required", details={"fields": {"prompt": "Field required"}}
)
TOO_SLOW = too_slow(BODY, 30)
OVERSIZE = TooLarge(
    "The body is larger than the 1048576 bytes that this sandbox takes. Send less at once.",
    details={"most_bytes": 1048576},
)
UNREADABLE = (BAD_PACE, BAD_JSON, NOT_JSON, BODY_MISFIT, TOO_SLOW, OVERSIZE)

NO_MODEL = ModelNotFound("The model `gpt-9` does not exist here. This lab has: gpt-4o-mini, script.", param="model")
FAILED = ProcessingFailed("The model failed while it worked.")
CLOSING = Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")

# What a route that asks a model may say besides, where the server has a real provider.
NOT_FOR_ALL = Forbidden(
    "On a shared server the real provider needs a sandbox of your own. Get a key: POST /lab/sandboxes."
)
REAL = (
    BudgetSpent(
        "This server may use 1000000 tokens of its real provider in one run, and they are spent.",
        details={"budget": 1000000, "spent": 1000412},
    ),
    ProviderRefused("The provider refused the server's key. This is not yours: the operator must set OPENAI_API_KEY."),
    ProviderUnreachable("OpenAI cannot be reached. Is the lab server's machine online?"),
    ProviderFailed("OpenAI failed (500). This is none of yours: ask again in a moment."),
    ProviderTimedOut("OpenAI said nothing for 60 s. Ask again, or for less."),
)
# A route's own promises for a status replace its router's, so those of ANYWHERE stand here again.
OF_A_MODEL = (*(error for error in ANYWHERE if error.status in (403, 429)), NOT_FOR_ALL, *REAL)
