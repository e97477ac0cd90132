"""`labkit.predict` and `labkit.quiz`: a question asked, and the first choice kept for good. Speaks no HTTP.

Nothing waits for a choice: "Run all" goes past every question and answers none. What was chosen stands in the progress
log, so a restart, another kernel, or a notebook opened next week shows it.
"""

from functools import partial
from typing import Any
from uuid import uuid4

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from labkit import questions, runtime, workspace
from labkit.progress import Progress
from labkit.questions import Kind, Question
from labkit.widgets.question import WIDGET_VIEW, QuestionWidget, page, text


def predict(question: str, choice: str | None = None) -> None:
    """Ask what the next cell will show. `choice`, a letter such as "b", answers where there is no widget to click.

    Raises LookupError for a question or an option that does not exist.
    """
    _ask(question, "predict", choice)


def quiz(question: str, choice: str | None = None) -> None:
    """Ask about something that the learner has met; as `predict`, but what the options mean is told at once."""
    _ask(question, "quiz", choice)


def kept(log: Progress, question: Question) -> str:
    """The name of the option that was chosen first, empty where none was. An option that is gone counts as none."""
    names = {option.name for option in question.options}
    chosen = (entry["choice"] for entry in log.read(question.id) if entry["kind"] == "choice")
    return next((name for name in chosen if name in names), "")


def _ask(question_id: str, kind: Kind, choice: str | None) -> None:
    question = questions.find(workspace.course_root(), question_id)
    if question.kind != kind:
        raise LookupError(f'Question {question_id} is no {kind}. Write labkit.{question.kind}("{question_id}").')
    log = Progress(runtime.environment().home / "progress.jsonl")
    before = kept(log, question)
    if choice is not None and not before:
        log.note("choice", question_id, choice=question.named(choice))
    chosen = kept(log, question)
    shown: dict[str, Any] = {
        "text/plain": text(question, chosen, told=bool(before) or kind == "quiz"),
        "text/html": page(question, chosen),
    }
    if not InteractiveShell.initialized():
        print(shown["text/plain"])
        return
    place = uuid4().hex
    if not chosen:
        widget = QuestionWidget.of(question, partial(_keep, log, question, place))
        _widgets[place] = widget
        shown[WIDGET_VIEW] = widget.view
    _display(shown, place)


_widgets: dict[str, QuestionWidget] = {}  # those that still wait for a choice, by the place where they stand


def _keep(log: Progress, question: Question, place: str, name: str) -> None:
    """Write the choice down, then put a page in the widget's place: it is saved, and needs no kernel to be read."""
    if not kept(log, question):
        log.note("choice", question.id, choice=question.named(name))
    chosen = kept(log, question)
    shown = {"text/plain": text(question, chosen, told=True), "text/html": page(question, chosen)}
    _display(shown, place, update=True)
    _widgets.pop(place).close()


def _display(shown: dict[str, Any], place: str, *, update: bool = False) -> None:
    display(shown, raw=True, display_id=place, update=update)  # type: ignore[no-untyped-call]  # IPython types little
