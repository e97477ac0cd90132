"""The learner's side of Wirelab. In a notebook: `import labkit`, then `lab = labkit.open("10")`.

The two names are loaded when they are first asked for, so that the command line starts quickly.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.notebook import Lab, open

__all__ = ["Lab", "open"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'labkit' has no attribute {name!r}")
    from labkit import notebook  # noqa: PLC0415  # late on purpose, see above

    return getattr(notebook, name)
