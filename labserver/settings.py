"""What an operator may choose, and the only reader of the environment. A leaf: nothing here is read at import time."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class Settings(BaseSettings):
    """Every knob is `LABSERVER_<NAME>` in the environment or `--name` on the command line; the latter wins."""

    model_config = SettingsConfigDict(env_prefix="LABSERVER_", extra="ignore", frozen=True)

    port: int = Field(8001, ge=0, le=65535, description="first port to try; 0 takes any free one")
    port_tries: int = Field(1, ge=1, le=500, description="how many ports to try, counting up from the first")
    solo: bool = Field(False, description="one learner on this machine: the open sandbox may be read and broken too")
    time_scale: float = Field(1.0, ge=0, le=10, description="factor on every wait that the server makes; 0 waits never")
    idle_minutes: float = Field(0, ge=0, le=24 * 60, description="end after so many minutes without traffic; 0 stays")
    announce: Path | None = Field(None, description="write pid, port and url here, as JSON, once the server listens")
    log_level: str = Field("warning", pattern="^(critical|error|warning|info|debug)$")
    data_dir: Path | None = Field(None, description="folder of the database; without one, nothing outlives the server")
    database: str = Field("", description="any SQLAlchemy URL instead, such as postgresql+psycopg://lab@db/lab")
    limit_requests: int | None = Field(None, ge=1, le=10**7, description="requests a minute of a standard sandbox")
    limit_tokens: int | None = Field(None, ge=1, le=10**9, description="tokens a minute of a standard sandbox")
    max_sandboxes: int = Field(2000, ge=1, le=100_000, description="past this, the one unused for longest goes")

    @field_validator("database")
    @classmethod
    def is_a_url(cls, database: str) -> str:
        if database:
            try:
                make_url(database)
            except ArgumentError as error:
                raise ValueError("not an SQLAlchemy URL; write one like sqlite:///lab.sqlite") from error
        return database

    def behaviour(self) -> str:
        """The choices that a client could notice, for the fingerprint. Port and log level are not among them."""
        return f"solo={self.solo};time_scale={self.time_scale}"
