"""Everything that one running server owns, in one frozen object. Knows sandboxes and providers; knows no HTTP."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labserver.bell import Bell
from labserver.callbacks import Courier
from labserver.doors import Doors
from labserver.errors import Forbidden, ModelNotFound
from labserver.line import Tap
from labserver.metrics import Metrics
from labserver.newcomers import Newcomers
from labserver.patience import Waits
from labserver.providers import PROVIDERS
from labserver.providers.base import Provider
from labserver.providers.recorder import Recorded, Recorder
from labserver.providers.replay import PREFIX, Replay
from labserver.sandboxes import Sandboxes
from labserver.settings import Settings
from labserver.store import Store, url_of
from labserver.tiers import tiers
from labserver.trust import Trust

if TYPE_CHECKING:
    from labserver.providers.remote import Remote


@dataclass(frozen=True)
class Lab:
    """`bell` rings when the server begins to end: streams then say farewell instead of being cut."""

    settings: Settings
    sandboxes: Sandboxes
    providers: tuple[Provider, ...]
    tap: Tap
    store: Store
    doors: Doors
    bell: Bell
    courier: Courier
    trust: Trust
    metrics: Metrics
    remote: "Remote | None" = None
    recorder: Recorder | None = None
    newcomers: Newcomers = field(default_factory=Newcomers)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Lab":
        store = Store(url_of(settings.database, settings.data_dir))
        doors, bell = Doors(), Bell()
        courier = Courier(bell, doors, settings.time_scale)
        room = tiers(settings.limit_requests, settings.limit_tokens)
        sandboxes = Sandboxes(settings.max_sandboxes, store, room)
        patience = Waits(settings.keep_alive_seconds, settings.head_seconds, settings.body_seconds)
        tap = Tap(room["standard"].kept_bytes, patience)
        return cls(
            settings=settings,
            store=store,
            sandboxes=sandboxes,
            providers=tuple(provider(settings) for provider in PROVIDERS.values()),
            tap=tap,
            doors=doors,
            bell=bell,
            courier=courier,
            trust=Trust(settings.allow_host, settings.allow_origin),
            metrics=Metrics(tap, sandboxes, courier),
            remote=_remote(settings),
            recorder=Recorder(settings.record) if settings.record is not None else None,
        )

    @property
    def models(self) -> dict[str, Provider]:
        """Model name -> the provider that serves it, in the order in which `/v1/models` lists them."""
        return self.models_for(real=True)

    def models_for(self, *, real: bool) -> dict[str, Provider]:
        """The same for one who may ask the real provider, if there is one, or for one who may not."""
        return {model: provider for provider in self._asked(real=real) for model in provider.models}

    def _asked(self, *, real: bool) -> tuple[Provider, ...]:
        """Where two have a model of the same name, the last of these serves it."""
        return (*self.providers, self.remote) if real and self.remote else self.providers

    def _serving(self, model: str, *, real: bool) -> Provider | None:
        """By looking, for `models_for` would make a table for each request."""
        return next((provider for provider in reversed(self._asked(real=real)) if model in provider.models), None)

    def provider_of(self, model: str, *, real: bool = True) -> Provider:
        """Raises ModelNotFound with the names that exist, or Forbidden for what only the real provider has."""
        if self.remote is not None and self.remote.takes(model):
            if real:
                return Recorded(self.remote, self.recorder) if self.recorder is not None else self.remote
            if "/" in model:
                raise Forbidden(
                    "On a shared server the real provider needs a sandbox of your own. Get a key: POST /lab/sandboxes."
                )
        if (provider := self._serving(model, real=real)) is None:
            if model.startswith(PREFIX):
                return next(provider for provider in self.providers if isinstance(provider, Replay))  # it says why not
            models = self.models_for(real=real)
            names = dict.fromkeys(f"{PREFIX}..." if name.startswith(PREFIX) else name for name in models)
            raise ModelNotFound(
                f"The model `{model}` does not exist here. This lab has: {', '.join(names)}.", param="model"
            )
        return provider

    def label_of(self, model: str) -> str:
        """Its name in the metrics: those that anybody may make up share one, and so do all recordings."""
        if model.startswith(PREFIX):
            return f"{PREFIX}*"
        return model if self.remote is None or self._serving(model, real=True) is not None else f"{self.remote.name}/*"


def _remote(settings: Settings) -> "Remote | None":
    """Raises Unavailable for a provider that is not set up."""
    if settings.provider in ("", Replay.name):
        return None
    from labserver.providers.remote import Remote  # noqa: PLC0415 - half a second that most servers need not wait

    return Remote.from_settings(settings)
