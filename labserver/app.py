"""The only joint: builds the Lab, hangs the surfaces in, and sets the middleware, outermost first, in reading order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from labserver import __version__, strays
from labserver.body_cap import BodyCapMiddleware
from labserver.breaker import FaultMiddleware
from labserver.cors import CorsMiddleware
from labserver.elsewhere import StrangerMiddleware
from labserver.entrance import EntranceMiddleware
from labserver.gate import HostMiddleware
from labserver.lab import Lab
from labserver.lean import shortened
from labserver.patience import PatienceMiddleware
from labserver.places import Places
from labserver.settings import Settings
from labserver.shell import Shell
from labserver.surfaces import SURFACES, manual, pages, refusals
from labserver.turnstile import LimitsMiddleware
from labserver.watch import Watch, WatchMiddleware


def create_app(settings: Settings) -> FastAPI:
    """A lab server as an ASGI app. It wants a uvicorn whose HTTP class is `wiretap.TappedHttp` underneath."""
    lab = Lab.from_settings(settings)
    lab.tap.adopt = partial(strays.adopt, lab.sandboxes)
    lab.tap.excuse = refusals.as_bytes
    watch = Watch(lab.metrics, Places(SURFACES))
    lab.tap.when_ended = (watch.ended,)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"tap": lab.tap}
        await lab.courier.close()
        if lab.remote is not None:
            await lab.remote.close()
        lab.store.close()

    ways = [shortened(route) for router in SURFACES.values() for route in router.routes]
    app = Shell(
        ways,
        lab.newcomers,
        title=manual.TITLE,
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,  # surfaces/manual has our own description and pages: FastAPI's load from a CDN
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # `watch` is ours
        redirect_slashes=False,  # a path is what the map says, and a POST is not sent elsewhere
        middleware=[
            Middleware(WatchMiddleware, watch=watch, respond=refusals.respond),
            Middleware(StrangerMiddleware, lab=lab),  # another origin, with a journal of its own
            Middleware(EntranceMiddleware, lab=lab),  # before the others: the journal sees every refusal of theirs
            Middleware(HostMiddleware, respond=refusals.respond),
            Middleware(CorsMiddleware, trust=lab.trust, respond=refusals.respond),
            Middleware(LimitsMiddleware, respond=refusals.respond),
            Middleware(BodyCapMiddleware, lab=lab, respond=refusals.respond),
            Middleware(FaultMiddleware, lab=lab, respond=refusals.respond),
            Middleware(PatienceMiddleware, seconds=settings.body_seconds),
        ],
    )
    app.state.lab = lab
    app.state.routers = list(SURFACES.values())
    app.state.manual = manual.Manual(app.state.routers)
    app.mount("/static", pages.Files(directory=pages.STATIC))
    refusals.install(app)
    return app
