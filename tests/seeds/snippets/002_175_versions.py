# src/api/router.py
from fastapi import FastAPI, APIRouter

app = FastAPI()

# V1 Router - Deprecated but supported
router_v1 = APIRouter(prefix="/api/v1", tags=["v1"])

@router_v1.post("/generate")
async def generate_v1(prompt: str):
    return {"text": f"V1: {prompt}"}

# V2 Router - Current
router_v2 = APIRouter(prefix="/api/v2", tags=["v2"])

@router_v2.post("/generate")
async def generate_v2(request: GenerationRequest):
    """Enhanced generation with parameters."""
    return {"text": f"V2: {request.prompt}", "meta": request.metadata}

app.include_router(router_v1)
app.include_router(router_v2)
