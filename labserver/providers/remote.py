"""A real model behind any OpenAI-compatible address, asked with the `openai` package. Knows events; knows no dialect.

Nothing is tried again here: a learner's client sees each failure and decides for itself. Redirects are not followed,
because the key would go along.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from pydantic import BaseModel

from labserver.errors import LabError, ProviderFailed, Unavailable
from labserver.events import ChatRequest, Start, StreamEvent
from labserver.providers.asking import asked
from labserver.providers.budget import Budget
from labserver.providers.complaints import complaint
from labserver.providers.hearing import UNREADABLE, Hearing
from labserver.providers.mock import ALIASES
from labserver.providers.presets import Preset, preset_of
from labserver.settings import Settings, key_from_environment

CONNECT_SECONDS = 5.0
LIST_SECONDS = 3.0
LISTED_FOR = 60.0  # seconds that a list of models is believed
MOST_LISTED = 500
NO_KEY = "none"  # the package wants one; it is not sent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Remote:
    """Answers for the usual names with the default model, and for `<preset>/<model>` with that model."""

    paced = False

    def __init__(
        self, preset: Preset, *, url: str = "", model: str = "", key: str = "", seconds: float = 60, budget: int = 0
    ) -> None:
        self.preset = preset
        self.name = preset.name
        self.url = url or preset.url
        self.model = model or preset.model
        self.seconds = seconds
        self.budget = Budget(budget)
        self._key = key
        self._headers: Any = {} if key else {"Authorization": openai.Omit()}
        self._listed: tuple[float, tuple[str, ...]] = (0.0, ())
        logging.getLogger("openai").setLevel("WARNING")  # OPENAI_LOG would print requests
        self._client = _client(preset, self.url, key, seconds)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Remote":
        """Raises Unavailable for a preset that does not exist, and for a key that is not in the environment."""
        preset = preset_of(settings.provider)
        return cls(
            preset,
            url=settings.provider_url,
            model=settings.provider_model,
            key=key_of(preset),
            seconds=settings.provider_seconds,
            budget=settings.provider_budget_tokens,
        )

    @property
    def models(self) -> tuple[str, ...]:
        return (*ALIASES, f"{self.name}/{self.model}") if self.model else ALIASES

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in no recording."""
        return (self._key,)

    def takes(self, model: str) -> bool:
        return model in ALIASES or (model.startswith(f"{self.name}/") and model != f"{self.name}/")

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """Asks before the first event, so that a refusal comes before it. Raises LabError subclasses only."""
        self.budget.check()
        began, hearing = time.monotonic(), Hearing(request)
        model = await self._named(request.model)
        answer = await self._open(asked(request, model, self.preset), model)
        try:
            async with answer:
                yield Start(request.model)
                chunks = aiter(answer)
                while (chunk := await self._next(chunks, model)) is not None:
                    for event in hearing.events(chunk):
                        yield event
            hearing.close()
            yield hearing.bill(time.monotonic() - began)
        finally:
            self.budget.spend(hearing.bill().total_tokens)

    async def listed(self) -> tuple[str, ...]:
        """The provider's own models as `<preset>/<model>`, asked once a minute; none where it does not tell."""
        since, names = self._listed
        if not since or time.monotonic() - since > LISTED_FOR:
            try:
                names = await self._list()
            except LabError:
                names = ()
            self._listed = (time.monotonic(), names)
        return tuple(f"{self.name}/{name}" for name in names)

    async def close(self) -> None:
        await self._client.close()

    async def _named(self, model: str) -> str:
        """The provider's own name of the model. Raises LabError where there is no default and none is listed."""
        if model not in ALIASES:
            return model.removeprefix(f"{self.name}/")
        if not self.model:
            names = await self._list()
            if not names:
                raise Unavailable(f"{self.preset.title} has no model loaded. Load one: {self.preset.start}")
            self.model = names[0]
        return self.model

    async def _list(self) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(LIST_SECONDS):
                page = await self._client.models.list(extra_headers=self._headers)
            return tuple(str(model.id) for model in page.data[:MOST_LISTED])
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError, TimeoutError) as error:
            raise self._wrong(error, "", LIST_SECONDS) from error

    async def _open(self, said: dict[str, Any], model: str) -> Any:
        try:
            async with asyncio.timeout(self.seconds + CONNECT_SECONDS):
                return await self._client.chat.completions.create(**said, extra_headers=self._headers)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TimeoutError) as error:
            raise self._wrong(error, model) from error

    async def _next(self, chunks: AsyncIterator[Any], model: str) -> Any:
        """One chunk, as plain data, or None after the last. A provider's comments do not count as words."""
        try:
            async with asyncio.timeout(self.seconds):
                chunk = await anext(chunks, None)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, TimeoutError) as error:
            raise self._wrong(error, model) from error
        if chunk is not None and not isinstance(chunk, BaseModel):
            raise ProviderFailed(UNREADABLE)
        return chunk and chunk.model_dump(warnings=False)

    def _wrong(self, error: Exception, model: str, seconds: float = 0) -> LabError:
        return complaint(error, self.preset, model=model, seconds=seconds or self.seconds, key=self._key)


def key_of(preset: Preset) -> str:
    """The provider's key from the environment; empty where it needs none. Raises Unavailable with the cure."""
    key = key_from_environment(preset.key)
    if preset.needs_key and key is None:
        raise Unavailable(f"The provider {preset.name} needs a key. Set {preset.key} in the environment.")
    return key.get_secret_value() if key else ""


def _client(preset: Preset, url: str, key: str, seconds: float) -> openai.AsyncOpenAI:
    """Bounded waits, no second tries, no redirects, and nobody's proxy before an address on this machine."""
    timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
    place = urlsplit(url)
    secure, elsewhere = place.scheme == "https", place.hostname not in LOOPBACK
    http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=elsewhere, verify=secure)
    client = openai.AsyncOpenAI(
        api_key=key or NO_KEY,
        base_url=url,
        max_retries=0,
        timeout=timeout,
        http_client=http,
    )
    client.admin_api_key = None
    if preset.name != "openai":  # its variables in the environment are none of another provider's business
        client.organization = client.project = None
    return client
