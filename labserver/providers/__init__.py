"""The PROVIDERS table: every kind of model that the lab can put behind its front doors. Adding one is one row."""

from labserver.providers.base import Provider
from labserver.providers.mock import Mock
from labserver.providers.script import Script

PROVIDERS: dict[str, type[Provider]] = {"mock": Mock, "script": Script}
