"""The only joint: builds the Lab, hangs the surfaces in, and sets the middleware, outermost first, in reading order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from labserver import __version__, strays
from labserver.breaker import FaultMiddleware
from labserver.lab import Lab
from labserver.settings import Settings
from labserver.surfaces import SURFACES, refusals
from labserver.visit import VisitMiddleware


def create_app(settings: Settings) -> FastAPI:
    """A lab server as an ASGI app. It wants a uvicorn whose HTTP class is `wiretap.TappedHttp` underneath."""
    lab = Lab.from_settings(settings)
    lab.tap.adopt = partial(strays.adopt, lab.sandboxes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"tap": lab.tap}
        await lab.courier.close()
        lab.store.close()

    app = FastAPI(
        title="Wirelab lab server",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # both pages load their scripts from a CDN, and the lab has no Internet
        redoc_url=None,
        redirect_slashes=False,  # a path is what the map says, and a POST is not sent elsewhere
        middleware=[
            Middleware(VisitMiddleware, lab=lab),
            Middleware(FaultMiddleware, lab=lab, respond=refusals.respond),
        ],
    )
    app.state.lab = lab
    app.state.routers = list(SURFACES.values())
    for router in SURFACES.values():
        app.include_router(router)
    refusals.install(app)
    return app
