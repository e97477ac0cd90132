"""Everything that one running server owns, in one frozen object. Knows sandboxes and providers; knows no HTTP."""

from dataclasses import dataclass

from labserver.bell import Bell
from labserver.callbacks import Courier
from labserver.doors import Doors
from labserver.errors import ModelNotFound
from labserver.line import Tap
from labserver.metrics import Metrics
from labserver.patience import Waits
from labserver.providers import PROVIDERS
from labserver.providers.base import Provider
from labserver.sandboxes import Sandboxes
from labserver.settings import Settings
from labserver.store import Store, url_of
from labserver.tiers import tiers
from labserver.trust import Trust


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
            providers=tuple(provider() for provider in PROVIDERS.values()),
            tap=tap,
            doors=doors,
            bell=bell,
            courier=courier,
            trust=Trust(settings.allow_host, settings.allow_origin),
            metrics=Metrics(tap, sandboxes, courier),
        )

    @property
    def models(self) -> dict[str, Provider]:
        """Model name -> the provider that serves it, in the order in which `/v1/models` lists them."""
        return {model: provider for provider in self.providers for model in provider.models}

    def provider_of(self, model: str) -> Provider:
        """Raises ModelNotFound with the names that exist."""
        if model not in self.models:
            raise ModelNotFound(
                f"The model `{model}` does not exist here. This lab has: {', '.join(self.models)}.", param="model"
            )
        return self.models[model]
