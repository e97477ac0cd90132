"""The learner's side of Wirelab. In a notebook: `import labkit`, then `lab = labkit.open("10")`.

The names are loaded when they are first asked for, so that the command line starts quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.ask import predict, quiz
    from labkit.grading import grade
    from labkit.notebook import Lab, open

__all__ = ["Lab", "grade", "open", "predict", "quiz"]

_ROOMS = {"Lab": "notebook", "grade": "grading", "open": "notebook", "predict": "ask", "quiz": "ask"}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'labkit' has no attribute {name!r}")
    return getattr(import_module(f"labkit.{_ROOMS[name]}"), name)
