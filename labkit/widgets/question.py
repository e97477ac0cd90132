"""A question on the page: a widget to choose with, HTML and text for everywhere else. Pure; keeps no choice."""

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from markdown_it import MarkdownIt

from labkit.questions import Question

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
HERE = Path(__file__).parent
TITLES = {"predict": "Predict, then run", "quiz": "Do you remember?"}
# JupyterLab's own colour, in its light and its dark theme; the second value is for pages that have none.
BOX = "border-left: 4px solid var(--jp-brand-color1, #0060a8); padding: 0.2em 1em 0.4em"
ROW = "margin: 0.4em 0"

_markdown = MarkdownIt("commonmark", {"html": False})


class QuestionWidget(anywidget.AnyWidget):
    """Options, and a button that commits to one: then `chosen` is its name. It never holds the answer."""

    _esm = HERE / "question.js"
    _css = HERE / "question.css"
    title = traitlets.Unicode().tag(sync=True)
    ask = traitlets.Unicode().tag(sync=True)
    options: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)

    @classmethod
    def of(cls, question: Question, keep: Callable[[str], None]) -> "QuestionWidget":
        """The widget that shows it; `keep` is called with an option's name, once, when the learner commits."""
        names = [{"name": option.name, "says": _inline(option.says)} for option in question.options]
        widget = cls(title=TITLES[question.kind], ask=_markdown.render(question.ask), options=names)
        widget.observe(lambda change: keep(change["new"]), "chosen")
        return widget

    @property
    def view(self) -> dict[str, Any]:
        """What a front end finds the widget by."""
        return {"version_major": 2, "version_minor": 0, "model_id": self.model_id}


def page(question: Question, chosen: str = "") -> str:
    """The question as HTML that needs no kernel: stored, exported, and what the widget becomes once one has chosen.

    What the options mean is folded away; it opens by itself only under a quiz that has been answered.
    """
    opened = " open" if chosen and question.kind == "quiz" else ""
    asked = "".join(
        f'<p style="{ROW}"><strong>{question.letter(option.name)}</strong>&ensp;{_inline(option.says)}</p>'
        for option in question.options
    )
    explained = "".join(
        f'<p style="{ROW}"><strong>{question.letter(option.name)}&ensp;{_inline(option.says)}</strong><br>'
        f"{_verdict(question, option.name, chosen)} {_inline(option.why)}</p>"
        for option in question.options
    )
    return (
        f'<div class="wirelab-question" style="{BOX}"><p style="{ROW}"><strong>{TITLES[question.kind]}</strong></p>'
        f"{_markdown.render(question.ask)}{asked}<p>{escape(_status(question, chosen))}</p>"
        f"<details{opened}><summary>{_fold(question, chosen)}</summary>{explained}</details></div>"
    )


def text(question: Question, chosen: str = "", *, told: bool = False) -> str:
    """The question as plain text, and how to choose without a widget; `told` adds what each option means."""
    verb = f'labkit.{question.kind}("{question.id}"'
    lines = [f"{question.id}  {question.kind.upper()}  {' '.join(question.ask.split())}"]
    lines += [f"  {question.letter(option.name)}) {option.says}" for option in question.options]
    lines.append(f"  {_status(question, chosen)}")
    if not chosen:
        lines.append(f'  Without a mouse or a widget: {verb}, "a") chooses a).')
    elif told:
        lines += _told(question, chosen)
    else:
        lines.append(f"  Afterwards {verb}) tells what each option means.")
    return "\n".join(lines)


def _told(question: Question, chosen: str) -> Iterator[str]:
    for option in question.options:
        why = " ".join(option.why.split())
        yield f"  {question.letter(option.name)}) {_verdict(question, option.name, chosen)} {why}"


def _status(question: Question, chosen: str) -> str:
    if not chosen:
        settled = " before you run the next cell" if question.kind == "predict" else " before you read on"
        return f"Choose{settled}. A wrong guess of your own teaches more than a right answer that you read."
    yours = f"You chose {question.letter(chosen)}, and it is kept."
    if question.kind == "predict":
        return f"{yours} Now run the next cell: it settles the question."
    right = question.letter(question.answer)
    return f"{yours} That is right." if chosen == question.answer else f"{yours} That is not so: the answer is {right}."


def _fold(question: Question, chosen: str) -> str:
    when = "Chosen, and the next cell has run?" if question.kind == "predict" else "Chosen?"
    return "What each option means" if chosen and question.kind == "quiz" else f"{when} What each option means"


def _verdict(question: Question, name: str, chosen: str) -> str:
    """In words: whether this option is the answer, and whether it was the learner's."""
    said = "Right" if name == question.answer else "Not so"
    return f"{said}, and your choice." if name == chosen else f"{said}."


def _inline(markdown: str) -> str:
    return str(_markdown.renderInline(" ".join(markdown.split())))
