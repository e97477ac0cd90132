"""The provider that is asked: plain bytes over httpx2, and the `openai` package beside them. Knows no claim.

A question that was asked before is not asked again: ten claims can look at one stream, and somebody pays for it.
Nothing is tried twice and no redirect is followed, as everywhere here: the key would go along.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from labserver.logs import discreet
from labserver.parity.heard import Heard
from labserver.parity.verdict import Differs, NotOffered
from labserver.providers.complaints import complaint
from labserver.providers.presets import Preset
from labserver.providers.remote import CONNECT_SECONDS, LOOPBACK, NO_KEY

QUESTION = "Say in two or three sentences what green tea is."
MOST_TOKENS = 200  # some models think before they say a word, and thoughts count
WRONG_KEY = "sk-wirelab-parity-is-no-key"


class Target:
    """`everything` is each answer of this run, for claims about all of them."""

    def __init__(
        self,
        preset: Preset,
        *,
        url: str = "",
        model: str = "",
        key: str = "",
        seconds: float = 60,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.preset = preset
        self.url = (url or preset.url).rstrip("/")
        self.model = model or preset.model
        self.everything: list[Heard] = []
        self._key = key
        self._seconds = seconds
        self._known: dict[str, Heard] = {}
        place = urlsplit(self.url)
        self.http = httpx2.Client(
            timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=place.hostname not in LOOPBACK,
            verify=place.scheme == "https",
            transport=transport,
        )
        self.sdk = openai.OpenAI(
            api_key=key or NO_KEY,
            base_url=self.url,
            max_retries=0,
            http_client=self.http,
        )
        self.sdk.admin_api_key = None
        self.unkeyed: Any = {} if key else {"Authorization": openai.Omit()}  # for the package, where there is no key
        if preset.name != "openai":  # its variables in the environment are none of another provider's business
            self.sdk.organization = self.sdk.project = None

    def close(self) -> None:
        self.http.close()

    def reach(self) -> None:
        """One word with it, before any claim. Raises LabError with the cure: no connection, a key, a model."""
        try:
            if not self.model:
                self.model = next(iter(self.sdk.models.list(extra_headers=self.unkeyed).data)).id
            self.sdk.chat.completions.create(**self.body("Say: tea"), extra_headers=self.unkeyed)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, StopIteration) as error:
            raise complaint(error, self.preset, model=self.model, seconds=self._seconds, key=self._key) from error

    def body(self, content: str = QUESTION, *, most: int = MOST_TOKENS, **more: Any) -> dict[str, Any]:
        """A chat request, in the provider's own habits. Raises NotOffered for what its preset says that it refuses."""
        for name in sorted(self.preset.lacks & more.keys()):
            raise NotOffered(f"{self.preset.title} does not take `{name}`")
        told = {"model": self.model, "messages": [{"role": "user", "content": content}], self.preset.limit: most}
        return {name: value for name, value in (told | more).items() if value is not ...}

    def chat(self, content: str = QUESTION, *, most: int = MOST_TOKENS, **more: Any) -> Heard:
        """`more` are parameters; one that is `...` is left out."""
        return self.post("/chat/completions", self.body(content, most=most, **more))

    def streamed(self, content: str = QUESTION, **more: Any) -> Heard:
        return self.chat(content, stream=True, **more)

    def billed(self) -> Heard:
        """The stream that most claims look at, with the bill at its end where the provider offers one."""
        return self.streamed(stream_options={"include_usage": True}).offered()

    def post(self, path: str, body: Mapping[str, Any], key: str = "") -> Heard:
        return self._ask("POST", path, json.dumps(body).encode(), key)

    def get(self, path: str) -> Heard:
        return self._ask("GET", path, b"", "")

    def hang_up_early(self) -> bytes:
        """Ask for a stream, read its first bytes, and close. Raises Differs where none came."""
        body = self.body(stream=True)
        try:
            with self.http.stream(
                "POST", f"{self.url}/chat/completions", json=body, headers=self._headers("")
            ) as answer:
                return next(iter(answer.iter_bytes()), b"")
        except httpx2.HTTPError as error:
            raise Differs(f"the stream did not begin: {type(error).__name__}") from error

    def told(self, text: str) -> str:
        """What may be shown: no key, whoever said it."""
        return discreet(text.replace(self._key, "[key]") if self._key else text)

    def _ask(self, method: str, path: str, content: bytes, key: str) -> Heard:
        mark = f"{method} {path} {key} {content.decode()}"
        if mark not in self._known:
            self._known[mark] = heard = self._fresh(method, path, content, key)
            self.everything.append(heard)
        return self._known[mark]

    def _fresh(self, method: str, path: str, content: bytes, key: str) -> Heard:
        """Raises Differs where nothing was answered at all."""
        pieces: list[bytes] = []
        whole = True
        try:
            with self.http.stream(
                method, f"{self.url}{path}", content=content or None, headers=self._headers(key, json=bool(content))
            ) as answer:
                try:
                    for piece in answer.iter_bytes():
                        pieces.append(piece)
                except httpx2.HTTPError:
                    whole = False
                fields = {name.lower(): value for name, value in answer.headers.items()}
                return Heard(answer.status_code, fields, b"".join(pieces), whole, sought=f"{method} {path}")
        except httpx2.HTTPError as error:
            raise Differs(f"{method} {path} was not answered: {type(error).__name__}") from error

    def _headers(self, key: str, *, json: bool = True) -> dict[str, str]:
        sent = key or self._key
        return ({"authorization": f"Bearer {sent}"} if sent else {}) | (
            {"content-type": "application/json"} if json else {}
        )
