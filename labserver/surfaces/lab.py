"""The control plane under `/lab`: sandboxes, faults, doors. Never journalled itself; knows no dialect."""

import asyncio
import os
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from labserver import __version__, faults
from labserver.errors import Forbidden, InvalidRequest, Unavailable
from labserver.fault_rules import Rule
from labserver.fingerprint import fingerprint
from labserver.surfaces import promised
from labserver.surfaces.lab_shapes import About, DoorOpened, FaultTable, HungUp, RuleShown
from labserver.visit import LabDep, OwnSandboxDep

router = APIRouter(prefix="/lab", tags=["lab"])


OWN = promised.in_rest(
    promised.UNKNOWN_KEY, Forbidden("This needs a sandbox of your own. Get a key from POST /lab/sandboxes.")
)
DONE = promised.nothing() | OWN
UNREADABLE = promised.in_rest(promised.BAD_JSON, promised.NOT_JSON, promised.BODY_MISFIT)
NO_DOOR = promised.in_rest(Unavailable("This server opens no doors. Start it with `wirelab serve`."))


class SandboxWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(max_length=80, description="for people; whoever has one may outlive the server", examples=["Ada"])
    ] = ""
    seed: Annotated[
        int | None, Field(ge=0, lt=2**31, description="makes ids, times and words reproducible", examples=[7])
    ] = None
    tier: Literal["standard", "bench"] = "standard"


class SandboxMade(BaseModel):
    id: str
    key: str
    seed: int | None


MADE = promised.gives(201, SandboxMade) | UNREADABLE
MADE |= promised.in_rest(Forbidden("A page from https://elsewhere.example may not do this here."))
RULED = promised.gives(201, RuleShown) | OWN | UNREADABLE
RULED |= promised.in_rest(promised.BAD_JSON, InvalidRequest("x-lab-fault has no fault 'tea'. It has: status, cut."))


class FaultWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: Annotated[str, Field(max_length=500, examples=["cut;after=5"])]
    path: Annotated[str, Field(max_length=200, description="shell-style pattern on the path")] = "*"
    first: Annotated[
        int | None,
        Field(ge=1, le=1000, description="how often; without it once, or with every, probability or ttl without end"),
    ] = None
    every: Annotated[int, Field(ge=1, le=1000, description="only every so many-th matching request")] = 1
    probability: Annotated[float | None, Field(gt=0, le=1, description="only by chance, from the sandbox's seed")] = (
        None
    )
    ttl: Annotated[float | None, Field(gt=0, le=3600, description="seconds until the rule ends")] = None

    def as_rule(self, seed: int) -> Rule:
        lasting = bool({"every", "probability", "ttl"} & self.model_fields_set)
        first = self.first if self.first is not None or lasting else 1
        return Rule(faults.parse(self.plan), self.path, first, self.every, self.probability, self.ttl, seed)


@router.get("", response_model=None, responses=promised.gives(200, About))
async def about(lab: LabDep) -> dict[str, Any]:
    """Which server this is: version, fingerprint, process, and what it holds: sandboxes, open exchanges, tasks."""
    return {
        "version": __version__,
        "fingerprint": fingerprint(lab.settings.behaviour()),
        "pid": os.getpid(),
        "solo": lab.settings.solo,
        "sandboxes": sum(1 for _ in lab.sandboxes) - 1,
        "open_exchanges": len(lab.tap.open),
        "tasks": len(asyncio.all_tasks()),
    }


@router.post("/sandboxes", status_code=201, responses=MADE)
async def make_sandbox(lab: LabDep, wanted: SandboxWanted) -> SandboxMade:
    """A world of your own. The key is shown here and never again."""
    sandbox = lab.sandboxes.make(wanted.name, wanted.seed, wanted.tier)
    return SandboxMade(id=sandbox.id, key=sandbox.key, seed=sandbox.seed)


@router.delete("/sandboxes", status_code=204, responses=DONE)
async def end_sandbox(lab: LabDep, sandbox: OwnSandboxDep) -> Response:
    """End your sandbox: its connections close, its key opens nothing any more."""
    lab.sandboxes.end(sandbox)
    return Response(status_code=204)


@router.post("/reset", status_code=204, responses=DONE)
async def reset(sandbox: OwnSandboxDep) -> Response:
    """Your sandbox as new: empty journal, no faults, the shop as furnished, the clock back at its start."""
    sandbox.reset()
    return Response(status_code=204)


@router.post("/hangup", response_model=None, responses=promised.gives(200, HungUp) | OWN)
async def hang_up(sandbox: OwnSandboxDep) -> dict[str, int]:
    """Close every connection of your sandbox that still waits for something."""
    return {"closed": sandbox.hang_up()}


@router.post("/door", status_code=201, response_model=None, responses=promised.gives(201, DoorOpened) | OWN | NO_DOOR)
async def open_door(lab: LabDep, sandbox: OwnSandboxDep) -> dict[str, str]:
    """A port for your sandbox alone, which you may close again: the same one as before where it is still free."""
    return {"url": f"http://127.0.0.1:{await lab.sandboxes.open_door(sandbox, lab.doors)}"}


@router.delete("/door", status_code=204, responses=DONE)
async def close_door(sandbox: OwnSandboxDep) -> Response:
    """Nobody listens on your sandbox's port any more: the next connection is refused."""
    sandbox.close_door()
    return Response(status_code=204)


@router.post("/stranger", status_code=201, response_model=None, responses=promised.gives(201, DoorOpened) | OWN)
async def open_stranger(lab: LabDep, sandbox: OwnSandboxDep) -> dict[str, str]:
    """Your sandbox's second origin: another port, where nobody knows you. The fault `redirect` leads there.

    It answers anything with 200 and the names of the credentials that came along; `/lab/journal?origin=stranger` is
    its journal.
    """
    return {"url": await lab.sandboxes.open_stranger(sandbox, lab.doors)}


@router.delete("/stranger", status_code=204, responses=promised.nothing() | OWN)
async def close_stranger(sandbox: OwnSandboxDep) -> Response:
    """Nobody listens at your second origin any more; its journal stays until a reset."""
    sandbox.stranger.close()
    return Response(status_code=204)


@router.get("/faults", response_model=None, responses=promised.gives(200, FaultTable) | OWN)
async def list_faults(sandbox: OwnSandboxDep) -> dict[str, Any]:
    """The table of faults with their settings, and the rules your sandbox has left."""
    table = {
        name: {
            "does": fault.does,
            "strikes": fault.strikes,
            "settings": {name: knob.shown() for name, knob in fault.knobs.items()},
            "either": fault.either,
            "needs": fault.needs,
        }
        for name, fault in faults.FAULTS.items()
    }
    return {"faults": table, "rules": sandbox.rules.listed()}


@router.post("/faults", status_code=201, response_model=None, responses=RULED)
async def add_fault(sandbox: OwnSandboxDep, wanted: FaultWanted) -> dict[str, Any]:
    """Break your sandbox's next answers on purpose. The plan comes back in each broken answer's `x-lab-fault`."""
    return sandbox.rules.add(wanted.as_rule(sandbox.words_seed))


@router.delete("/faults", status_code=204, responses=DONE)
async def clear_faults(sandbox: OwnSandboxDep) -> Response:
    """No rule is left; answers are honest again."""
    sandbox.rules.clear()
    return Response(status_code=204)
