"""OpenAI's list of models: `/v1/models` and `/v1/models/{id}`. Knows names and who serves them."""

from typing import Annotated

from fastapi import APIRouter, Path

from labserver.providers.embedding import EMBEDDERS
from labserver.sandbox import EPOCH
from labserver.surfaces import promised
from labserver.surfaces.openai_shapes import ModelList, ModelShown
from labserver.visit import LabDep, VisitDep

router = APIRouter(prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE))


@router.get("/models", responses=promised.gives(200, ModelList))
async def models(visit: VisitDep) -> ModelList:
    """Every model that this lab serves, the names of well-known ones among them, and those that give embeddings."""
    return ModelList(data=[_model(name, visit.lab) for name in (*visit.lab.models, *EMBEDDERS)])


@router.get("/models/{model}", responses=promised.gives(200, ModelShown) | promised.in_openai(promised.NO_MODEL))
async def model(
    visit: VisitDep, model: Annotated[str, Path(description="its name", examples=["script"])]
) -> ModelShown:
    """One model, or 404 `model_not_found`."""
    if model not in EMBEDDERS:
        visit.lab.provider_of(model)
    return _model(model, visit.lab)


def _model(name: str, lab: LabDep) -> ModelShown:
    owner = "embedding" if name in EMBEDDERS else lab.models[name].name
    return ModelShown(id=name, created=EPOCH, owned_by=f"wirelab-{owner}")
