"""The PROVIDERS table: every kind of model that the lab can put behind its front doors. Adding one is one row."""

from collections.abc import Callable

from labserver.providers.base import Provider
from labserver.providers.mock import Mock
from labserver.providers.replay import Replay
from labserver.providers.script import Script
from labserver.settings import Settings

PROVIDERS: dict[str, Callable[[Settings], Provider]] = {
    "mock": lambda _: Mock(),
    "script": lambda _: Script(),
    "replay": Replay.from_settings,
}
