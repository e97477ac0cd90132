"""Seed 004's jobs over REST: submit, poll, fetch, cancel. Knows jobs; knows no model.

A job begins at once, so the seed's status `pending` (waiting in a queue) never shows here. `cancelled` is a status of
its own, beside the seed's: only a client that cancels meets it, and a client that retries failures must not take its
own wish for one. Source: seeds/004, "REST API".
"""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from labserver import callbacks
from labserver.errors import Cancelled, Forbidden, NotFound, ProcessingFailed, Unavailable
from labserver.events import ChatRequest, Message
from labserver.job import Callback, Job, State
from labserver.lean import LeanRoute
from labserver.live_job import LiveJob
from labserver.providers.timing import is_foreseeable
from labserver.surfaces import promised
from labserver.visit import Visit, VisitDep

router = APIRouter(
    route_class=LeanRoute, prefix="/api/v1", tags=["infer"], responses=promised.in_rest(*promised.ANYWHERE)
)

MOST_METADATA = 16 * 1024
MOST_EVENTS = 4096
UNSTAMPED = frozenset({"stream", "callback_url"})  # how to answer, not what was asked
POLL_AGAIN = "1"  # seconds: a server does not know when a model will be done


class Ask(BaseModel):
    """What a client asks, by REST or on the WebSocket. `stream` only means something on the latter."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(min_length=1, max_length=32_000, examples=["What is Rust?"])]
    session_id: Annotated[str | None, Field(min_length=1, max_length=200, description="continues a session")] = None
    metadata: Annotated[dict[str, Any], Field(default_factory=dict, description="yours; comes back with the callback")]
    stream: Annotated[bool, Field(description="on the WebSocket: also send each token")] = False
    model: str = "gpt-4o-mini"
    keep_events: Annotated[
        int, Field(ge=1, le=MOST_EVENTS, description="how many of its newest events the job's stream can go back to")
    ] = MOST_EVENTS

    @field_validator("metadata")
    @classmethod
    def _small(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        # Raises ValueError too, for a NaN and for half a surrogate pair, which no JSON can carry.
        if metadata and len(json.dumps(metadata, allow_nan=False, ensure_ascii=False).encode()) > MOST_METADATA:
            raise ValueError(f"at most {MOST_METADATA} bytes as JSON")
        return metadata


JobId = Annotated[str, Path(description="the job's `request_id`", examples=["64505e78-70ab-440e-8d7e-5f6613dc6a54"])]


class Submit(Ask):
    callback_url: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="on this machine; told by POST, signed, when the job is over",
            examples=["http://127.0.0.1:9000/done"],
        ),
    ] = None


class JobView(BaseModel):
    """A job as every route shows it: the seed's five fields, and `callback` for a job that has one."""

    request_id: str
    session_id: str
    status: Literal["processing", "completed", "failed", "cancelled"]
    result: str | None
    error: str | None
    callback: dict[str, Any] | None = None


# For the documentation: the answers themselves are written without a model, which is faster.
SHOWN = promised.gives(200, JobView, description="The job")
SUBMITTED = promised.leads_to(SHOWN, "request_id", "request_id", "status", "result", "cancel", "stream")
UNKNOWN = promised.in_rest(
    NotFound(
        "No job has the id '42' here. POST /api/v1/infer gives you one; ask with the same key.",
        details={"request_id": "42", "reason": "unknown"},
    ),
    NotFound(
        "The job 42 was evicted: a sandbox keeps its newest jobs. Submit it again.",
        details={"request_id": "42", "reason": "evicted"},
    ),
)
PENDING = promised.gives(202, JobView, "Retry-After", description="Still processing; ask again after Retry-After")
OVER = promised.in_rest(Cancelled("You took this job back."), promised.FAILED)
FORBIDDEN = (promised.TOO_NARROW, promised.NOT_YOURS, promised.NOT_FOR_ALL)
UNDONE = promised.in_rest(*promised.UNREADABLE, promised.NO_MODEL, promised.CLOSING, *FORBIDDEN)


async def submitted(visit: Visit, ask: Ask, callback: Callback | None = None) -> Job:
    """A job in the visit's sandbox, begun. The same ask has the same ids in every run of a seeded sandbox."""
    lab, sandbox = visit.lab, visit.sandbox
    if lab.bell.rung:
        raise Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")
    provider = visit.admit(ask.model)
    stamp = visit.stamp({name: said for name, said in vars(ask).items() if name not in UNSTAMPED})
    session_id = ask.session_id or _uuid(stamp.digest[32:])
    earlier = await sandbox.jobs.memory(session_id)
    kind = Job if is_foreseeable(provider) else LiveJob
    job = kind(
        id=_uuid(stamp.digest[:32]),
        session_id=session_id,
        request=ChatRequest((*earlier, Message("user", ask.prompt)), ask.model, seed=sandbox.words_seed << 32),
        provider=provider,
        pace=visit.pace_of(ask.model),
        dice=stamp.dice,
        scale=lab.settings.time_scale,
        keep=ask.keep_events,
        plan=visit.plan,
        metadata=ask.metadata,
        callback=callback,
        bill=visit.bill,
    )
    sandbox.jobs.add(job)
    if isinstance(job, LiveJob):
        job.begin(sandbox.slots.turn(lab.settings.provider_at_once, lab.bell))
    return job


def _uuid(digits: str) -> str:
    """These 32 hex digits as a UUID of version 4 (RFC 9562, section 5.4): six of its bits say so."""
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def view(job: Job, state: State) -> dict[str, Any]:
    """The seed's five fields, and `callback` for a job that has one."""
    seen = {
        "request_id": job.id,
        "session_id": job.session_id,
        "status": state.status,
        "result": state.result,
        "error": state.error,
    }
    return seen | ({"callback": job.callback.view()} if job.callback else {})


@router.post("/infer", response_model=None, responses=SUBMITTED | UNDONE)
async def infer(visit: VisitDep, ask: Submit) -> dict[str, Any]:
    """Submit a prompt; the answer is its `request_id`, to poll or to stream. With a callback, also its secret."""
    callback = _callback(visit, ask.callback_url) if ask.callback_url is not None else None
    job = await submitted(visit, ask, callback)
    answer = view(job, State("processing"))
    if callback is not None:
        answer["callback"] = {**callback.view(), "secret": callback.secret}
        await visit.lab.courier.expect(job)
    return answer


def _callback(visit: Visit, url: str) -> Callback:
    if visit.sandbox is visit.lab.sandboxes.open and not visit.lab.settings.solo:
        raise Forbidden("On a shared server callback_url needs a sandbox of your own. Get a key: POST /lab/sandboxes.")
    callbacks.check(url, visit.lab.doors)
    secret = visit.sandbox.callback_secret
    visit.exchange.secrets = (secret.encode(), *visit.exchange.secrets)  # shown here, and blotted out in the journal
    return Callback(url, secret)


@router.get("/status/{request_id}", response_model=None, responses=SHOWN | UNKNOWN)
async def status(visit: VisitDep, request_id: JobId) -> dict[str, Any]:
    """How far a job is: processing, completed, failed or cancelled; always 200 for one that exists."""
    job = visit.sandbox.jobs.find(request_id)
    return view(job, await job.state())


@router.get("/result/{request_id}", response_model=None, responses=SHOWN | UNKNOWN | PENDING | OVER)
async def result(visit: VisitDep, request_id: JobId) -> JSONResponse:
    """200 with the result; 202 and Retry-After while it is in the making; 500 if it failed, 409 if you cancelled it."""
    job = visit.sandbox.jobs.find(request_id)
    state = await job.state()
    if state.status == "processing":
        return JSONResponse(view(job, state), 202, headers={"retry-after": POLL_AGAIN})
    if (refusal := REFUSALS.get(state.status)) is not None:
        raise refusal(state.error or "", details={"request_id": job.id, "status": state.status})
    return JSONResponse(view(job, state))


@router.post("/cancel/{request_id}", response_model=None, responses=SHOWN | UNKNOWN)
async def cancel(visit: VisitDep, request_id: JobId) -> dict[str, Any]:
    """Stop a job where it is. One that is over stays as it is; the answer says which, so asking twice is safe."""
    job = visit.sandbox.jobs.find(request_id)
    if await job.cancel() and job.callback is not None:
        await visit.lab.courier.expect(job)
    return view(job, await job.state())


REFUSALS = {"failed": ProcessingFailed, "cancelled": Cancelled}
