"""What every widget here shares: one style sheet, and a text that stands for it where nothing moves. Knows no wire."""

from pathlib import Path
from typing import Any

import anywidget

HERE = Path(__file__).parent


class Shown(anywidget.AnyWidget):
    """A widget whose repr is its text form: the same in every run, so that a stored notebook can be compared."""

    _css = HERE / "widgets.css"

    @property
    def says(self) -> str:
        """The text form; no time, no address in memory, nothing that a run decides."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.says

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data:
            data["text/plain"] = self.says  # ipywidgets would cut it after 110 characters
        return bundle
