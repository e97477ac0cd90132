"""OpenAI's list of models: `/v1/models` and `/v1/models/{id}`. Knows names and who serves them."""

from fastapi import APIRouter
from pydantic import BaseModel

from labserver.sandboxes import EPOCH
from labserver.surfaces import promised
from labserver.visit import LabDep, VisitDep

router = APIRouter(prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE))


class Model(BaseModel):
    """A name that `model` may have; `owned_by` says which provider answers under it."""

    id: str
    object: str = "model"
    created: int = EPOCH
    owned_by: str


class Models(BaseModel):
    object: str = "list"
    data: list[Model]


@router.get("/models")
async def models(visit: VisitDep) -> Models:
    """Every model that this lab serves, the names of well-known ones among them."""
    return Models(data=[_model(name, visit.lab) for name in visit.lab.models])


@router.get("/models/{model}", responses=promised.in_openai(promised.NO_MODEL))
async def model(visit: VisitDep, model: str) -> Model:
    """One model, or 404 `model_not_found`."""
    visit.lab.provider_of(model)
    return _model(model, visit.lab)


def _model(name: str, lab: LabDep) -> Model:
    return Model(id=name, owned_by=f"wirelab-{lab.models[name].name}")
