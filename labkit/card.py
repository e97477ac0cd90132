"""An outcome as a notebook shows it: text first, HTML on top of the same words. The same bytes for the same outcome.

The HTML reads well without any of its style (GitHub, an untrusted notebook, a screen reader): status in words, a sign
beside it, no headings. Colours are inherited, so it is at home on a light page and on a dark one; the bar on the left
has the same contrast on both.
"""

import sys
from dataclasses import dataclass
from html import escape
from typing import Any

from labkit.outcome import Outcome
from labkit.render import MARKS, card, sections

SIGNS = {"passed": "✓", "not started": "○", "wrong": "↻", "crashed": "✗", "blocked": "‖"}
BARS = {"passed": "#2e8b57", "not started": "#7a7a7a", "wrong": "#a0731a", "crashed": "#c0504d", "blocked": "#7a7a7a"}
PRE = "margin:.2em 0;padding:.4em .6em;white-space:pre-wrap;color:inherit;background:rgba(127,127,127,.12)"


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """An outcome that shows itself."""

    outcome: Outcome

    def __repr__(self) -> str:
        return card(self.outcome)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": card(self.outcome), "text/html": html(self.outcome)}


def show(outcome: Outcome) -> None:
    """In a notebook as HTML with its text; anywhere else as text."""
    if "IPython" in sys.modules:
        from IPython.display import display  # noqa: PLC0415  # whoever has no notebook need not pay for it

        display(Card(outcome))  # type: ignore[no-untyped-call]  # IPython says no types here
    else:
        print(card(outcome))


def html(outcome: Outcome) -> str:
    """The card's words as HTML; everything that a learner or a server said is escaped."""
    status = MARKS[outcome.status]
    bar = f"border-left:4px solid {BARS[outcome.status]};padding:.2em .8em;margin:.3em 0;color:inherit"
    parts = [
        f'<div role="group" aria-label="{escape(outcome.exercise)}: {status.lower()}" style="{bar}">',
        f'<p style="margin:.2em 0"><span aria-hidden="true">{SIGNS[outcome.status]}</span> '
        f"<strong>{escape(outcome.exercise)} {status}</strong> {_prose(outcome.summary)}</p>",
    ]
    for label, said, quoted in sections(outcome):
        if quoted:
            parts.append(f'<p style="margin:.2em 0"><strong>{label}</strong></p>')
            parts.append(f'<pre style="{PRE}">{escape(said)}</pre>')
        else:
            parts.append(f'<p style="margin:.2em 0"><strong>{label}</strong> {_prose(said)}</p>')
    return "\n".join([*parts, "</div>"])


def _prose(text: str) -> str:
    """What stands between backticks as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # an odd backtick is a backtick
        return escape(text)
    return "".join(
        f"<code>{escape(piece)}</code>" if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )
