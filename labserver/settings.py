"""What an operator may choose, and the only reader of the environment. A leaf: nothing here is read at import time."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

Port = Annotated[int, Field(ge=0, le=65535)]
NAME = re.compile(r"\*|[\w.-]+|\[?[0-9A-Fa-f:.]+\]?")
ORIGIN = re.compile(r"https?://[^/?#@\s]+", re.IGNORECASE)


class Settings(BaseSettings):
    """Every knob is `LABSERVER_<NAME>` in the environment or `--name` on the command line; the latter wins."""

    model_config = SettingsConfigDict(env_prefix="LABSERVER_", extra="ignore", frozen=True)

    port: int = Field(8001, ge=0, le=65535, description="first port to try; 0 takes any free one")
    port_tries: int = Field(1, ge=1, le=500, description="how many ports to try, counting up from the first")
    solo: bool = Field(False, description="one learner on this machine: the open sandbox may be read and broken too")
    time_scale: float = Field(1.0, ge=0, le=10, description="factor on every wait that the server makes; 0 waits never")
    idle_minutes: float = Field(0, ge=0, le=24 * 60, description="end after so many minutes without traffic; 0 stays")
    announce: Path | None = Field(None, description="write pid, port and url here, as JSON, once the server listens")
    log_level: str = Field(
        "warning",
        pattern="^(critical|error|warning|info|debug)$",
        description="critical, error, warning, info (a line for each request) or debug",
    )
    log_format: str = Field("console", pattern="^(json|console)$", description="json, or console for a person's eyes")
    drain_seconds: int = Field(3, ge=1, le=300, description="seconds that open answers get to end in, on SIGTERM")
    data_dir: Path | None = Field(None, description="folder of the database; without one, nothing outlives the server")
    database: str = Field("", description="any SQLAlchemy URL instead, such as postgresql+psycopg://lab@db/lab")
    limit_requests: int | None = Field(None, ge=1, le=10**7, description="requests a minute of a standard sandbox")
    limit_tokens: int | None = Field(None, ge=1, le=10**9, description="tokens a minute of a standard sandbox")
    max_sandboxes: int = Field(2000, ge=1, le=100_000, description="past this, the one unused for longest goes")
    also: Annotated[tuple[Port, ...], NoDecode] = Field(
        (), description="listen on this port too; may be given several times, such as for the seeds' 8080 and 8765"
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="answer to this name too (or *.example.org, or *), as behind a hub's proxy; several times"
    )
    allow_origin: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="let pages from this origin use the server too, such as https://hub.example.org; several times"
    )
    keep_alive_seconds: int = Field(75, ge=1, le=3600, description="close a connection that asks nothing for so long")
    head_seconds: float = Field(20, ge=0.05, le=3600, description="a request's head must be whole within this time")
    body_seconds: float = Field(30, ge=0.05, le=3600, description="a request's body may pause for this long")
    ping_seconds: float = Field(
        20, ge=0.05, le=3600, description="ping WebSockets so often, and drop those that do not answer for so long"
    )

    provider: str = Field(
        "", description="a real model beside the mock, such as ollama or openai; `wirelab providers`; or replay"
    )
    provider_url: str = Field("", description="its OpenAI-compatible address instead of the usual one, ending in /v1")
    provider_model: str = Field("", description="the model that answers for the usual names, instead of its default")
    provider_seconds: float = Field(60, ge=0.05, le=600, description="how long a real model may say nothing")
    provider_at_once: int = Field(4, ge=1, le=64, description="answers of a real model under way for one sandbox")
    provider_budget_tokens: int = Field(
        1_000_000, ge=0, le=10**9, description="tokens of a real model in one run of the server; 0 is no bound"
    )

    record: Path | None = Field(None, description="write every whole answer of the real provider into this folder")
    record_mock: bool = Field(False, description="with --record: the mock's answers too")
    recordings: Path | None = Field(None, description="play the recordings in this folder, as models replay:NAME")

    @field_validator("also", "allow_host", "allow_origin", mode="before")
    @classmethod
    def is_a_list(cls, said: Any) -> Any:
        """One string with commas, as in the environment, or several, as from repeated flags."""
        parts = [said] if isinstance(said, str) else said
        return [one.strip() for part in parts for one in part.split(",") if one.strip()] if _all_text(parts) else parts

    @field_validator("allow_host")
    @classmethod
    def are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if "*" in name.removeprefix("*.") and name != "*":
                raise ValueError(f"{name!r}: a star stands alone or in front, as in *.example.org")
            if not NAME.fullmatch(name.removeprefix("*.")):
                raise ValueError(f"{name!r} is no host name: write it without scheme, port and path")
        return tuple(name.strip("[]").lower() for name in names)

    @field_validator("allow_origin")
    @classmethod
    def are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin: write scheme, host and port only, as https://example.org")
        return tuple(origin.lower() for origin in origins)

    @field_validator("database")
    @classmethod
    def is_a_url(cls, database: str) -> str:
        if database:
            try:
                make_url(database)
            except ArgumentError as error:
                raise ValueError("not an SQLAlchemy URL; write one like sqlite:///lab.sqlite") from error
        return database

    @field_validator("provider_url")
    @classmethod
    def is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("write scheme, host and path, as http://127.0.0.1:11434/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address only: keys stand in the environment, and nowhere else")
        return url.rstrip("/")

    def behaviour(self) -> str:
        """The choices that a client could notice, for the fingerprint. Port and log level are not among them."""
        real = f";provider={self.provider}|{self.provider_url}|{self.provider_model}" if self.provider else ""
        tapes = f";recordings={self.recordings.absolute()}" if self.recordings else ""
        return f"solo={self.solo};time_scale={self.time_scale}{real}{tapes}"


def key_from_environment(variable: str) -> SecretStr | None:
    """A provider's key. Keys are no settings: a setting can be a flag, and flags stand in every list of processes."""
    said = os.environ.get(variable, "").strip()
    return SecretStr(said) if said else None


def _all_text(parts: Any) -> bool:
    return isinstance(parts, list | tuple) and all(isinstance(part, str) for part in parts)
