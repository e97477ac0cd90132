"""`/lab/pace`: what `x-lab-pace` can say. Knows the table of profiles; changes nothing."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from labserver import pace

router = APIRouter(prefix="/lab", tags=["lab"])


@router.get("/pace")
async def list_paces() -> dict[str, Any]:
    """The profiles with their knobs, the bounds of each knob, and the mock models that have a profile of their own."""
    return {
        "profiles": {name: asdict(profile) for name, profile in pace.PROFILES.items()},
        "usual": pace.USUAL,
        "knobs": {name: {"lowest": low, "highest": high} for name, (low, high) in pace.BOUNDS.items()},
        "models": pace.MODELS,
    }
