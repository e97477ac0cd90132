"""What moves in a notebook: one .py and one .js side by side, no build step, nothing fetched. Each has a text form.

`from labkit.widgets import timeline, stream, chat, dial`. The names are loaded when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.widgets.chat_window import chat
    from labkit.widgets.fault_dial import dial
    from labkit.widgets.stream_view import stream
    from labkit.widgets.wire_timeline import timeline

__all__ = ["chat", "dial", "stream", "timeline"]

_ROOMS = {"chat": "chat_window", "dial": "fault_dial", "stream": "stream_view", "timeline": "wire_timeline"}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'labkit.widgets' has no attribute {name!r}")
    return getattr(import_module(f"labkit.widgets.{_ROOMS[name]}"), name)
