"""Are a lesson's questions asked, and asked well? Knows questions/ and the calls; knows nothing of how they look."""

import ast
from collections.abc import Iterator

from labkit import questions
from labkit.author.book import Book, Cell, Page
from labkit.author.problem import Problem
from labkit.questions import FOLDER, Question

OPTIONS = range(2, 6)
WHY = 8  # words: fewer explain nothing
VERBS = ("predict", "quiz")


def asked(book: Book) -> Iterator[Problem]:
    """Each question of questions/NN.toml is asked once, in its lesson, unanswered; a prediction before code runs."""
    for lesson, page in book.taught("notebooks"):
        file = f"{FOLDER}/{lesson.id}.toml"
        try:
            known = questions.load(book.root, lesson.id)
        except ValueError as error:
            yield Problem(file, None, f"it cannot be read: {error}", "Mend the table that it names.")
            continue
        calls = list(_calls(page))
        for cell, verb, call in calls:
            yield from _called(page, cell, verb, call, known)
        for name, question in known.items():
            yield from _written(file, question)
            times = sum(_name(call) == name for _, _, call in calls)
            if times != 1:
                cure = f'Write labkit.{question.kind}("{name}") in one cell of {page.file}, or take the question away.'
                yield Problem(file, None, f"{name} is asked {times} times.", cure)


def _called(page: Page, cell: Cell, verb: str, call: ast.Call, known: dict[str, Question]) -> Iterator[Problem]:
    name = _name(call)
    if name not in known:
        cure = f"Write it in {FOLDER}/{page.lesson_id}.toml, or mend the id."
        yield page.problem(cell, f"it asks {name or 'something'}, which this lesson's questions do not hold.", cure)
        return
    if known[name].kind != verb:
        yield page.problem(cell, f"{name} is no {verb}.", f'Write labkit.{known[name].kind}("{name}").')
    told = any("You chose" in text for output in cell.outputs for text in output.data.values())
    if len(call.args) + len(call.keywords) > 1 or told:
        cure = f'Write labkit.{verb}("{name}") alone, then `wirelab dev run` without --home.'
        yield page.problem(cell, f"it gives {name} an answer: a learner would find it chosen.", cure)
    if verb == "predict" and not any(code.number > cell.number for code in page.code):
        yield page.problem(cell, f"no code runs after {name}, so nothing settles it.", "Make it a quiz, or move it up.")


def _written(file: str, question: Question) -> Iterator[Problem]:
    if len(question.options) not in OPTIONS:
        cure = f"Give it {OPTIONS.start} to {OPTIONS.stop - 1}."
        yield Problem(file, None, f"{question.id} has {len(question.options)} options.", cure)
    for option in question.options:
        if len(option.why.split()) < WHY:
            what = f"{question.id}, option {option.name}: its `why` explains nothing."
            cure = f"Say in {WHY} words or more what makes it tempting, and what is wrong, or right, in it."
            yield Problem(file, None, what, cure)


def _calls(page: Page) -> Iterator[tuple[Cell, str, ast.Call]]:
    for cell, tree in page.trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="labkit"), attr=verb)) if verb in VERBS:
                    yield cell, verb, node


def _name(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
    return ""
