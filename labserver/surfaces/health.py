"""Is it up: `/health` as seed 004 has it. Knows nothing of models."""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str = "healthy"
    service: str = "web-api"


@router.get("/health")
async def health() -> Health:
    """`{"status": "healthy", "service": "web-api"}` for as long as the server lives."""
    return Health()
