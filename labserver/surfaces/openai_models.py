"""OpenAI's list of models: `/v1/models` and `/v1/models/{id}`. Knows names and who serves them."""

from typing import Annotated

from fastapi import APIRouter, Path

from labserver.lean import LeanRoute
from labserver.providers.embedding import EMBEDDERS
from labserver.sandbox import EPOCH
from labserver.surfaces import promised
from labserver.surfaces.openai_shapes import ModelList, ModelShown
from labserver.visit import VisitDep

EMBEDDING = "embedding"

router = APIRouter(
    route_class=LeanRoute, prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE)
)


@router.get("/models", responses=promised.gives(200, ModelList))
async def models(visit: VisitDep) -> ModelList:
    """Every model that this lab serves, the names of well-known ones among them, those that give embeddings, and a real
    provider's.
    """
    models = visit.lab.models_for(real=visit.may_ask_real)
    shown = {name: provider.name for name, provider in models.items()}
    shown |= dict.fromkeys(EMBEDDERS, EMBEDDING)
    if visit.lab.remote is not None and visit.may_ask_real:
        shown |= dict.fromkeys(await visit.lab.remote.listed(), visit.lab.remote.name)
    return ModelList(data=[_model(name, owner) for name, owner in shown.items()])


@router.get("/models/{model:path}", responses=promised.gives(200, ModelShown) | promised.in_openai(promised.NO_MODEL))
async def model(
    visit: VisitDep, model: Annotated[str, Path(description="its name", examples=["script"])]
) -> ModelShown:
    """One model, or 404 `model_not_found`."""
    return _model(model, EMBEDDING if model in EMBEDDERS else visit.provider_of(model).name)


def _model(name: str, owner: str) -> ModelShown:
    return ModelShown(id=name, created=EPOCH, owned_by=f"wirelab-{owner}")
