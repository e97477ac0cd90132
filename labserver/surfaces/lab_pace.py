"""`/lab/pace`: what `x-lab-pace` can say. Knows the table of profiles; changes nothing."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from labserver import pace
from labserver.surfaces import promised

router = APIRouter(prefix="/lab", tags=["lab"])


class Bounds(BaseModel):
    lowest: float
    highest: float


class PaceTable(BaseModel):
    profiles: Annotated[dict[str, dict[str, float]], Field(description="name -> its knobs")]
    usual: Annotated[str, Field(description="the profile of a model that has none of its own")]
    knobs: dict[str, Bounds]
    models: Annotated[dict[str, str], Field(description="mock models whose names say how fast they are")]


@router.get("/pace", response_model=None, responses=promised.gives(200, PaceTable))
async def list_paces() -> dict[str, Any]:
    """The profiles with their knobs, the bounds of each knob, and the mock models that have a profile of their own."""
    return {
        "profiles": {name: asdict(profile) for name, profile in pace.PROFILES.items()},
        "usual": pace.USUAL,
        "knobs": {name: {"lowest": low, "highest": high} for name, (low, high) in pace.BOUNDS.items()},
        "models": pace.MODELS,
    }
