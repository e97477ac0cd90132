"""`labkit.predict` and `labkit.quiz` as a learner calls them: in a terminal, in a kernel, twice, and in two kernels."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import labkit
from labkit import questions
from labkit.ask import kept
from labkit.progress import Progress

ROOT = Path(__file__).parents[2]
Say = Callable[[], str]


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    yield tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Say:
    return lambda: capsys.readouterr().out


def entries(home: Path) -> list[dict[str, Any]]:
    return list(Progress(home / "progress.jsonl").read())


def run(*sources: str) -> list[Any]:
    """The outputs of these cells, run in a fresh kernel of this test's home."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_terminal_gets_the_text_and_nothing_is_written(said: Say, at_home: Path) -> None:
    labkit.predict("10.p2")

    assert "10.p2  PREDICT  The next cell asks" in (text := said())
    assert "Right" not in text
    assert entries(at_home) == []


def test_a_choice_is_kept_and_told_when_it_is_asked_again(said: Say, at_home: Path) -> None:
    labkit.predict("10.p2", "a")
    at_once = said()
    labkit.predict("10.p2")
    again = said()

    assert "You chose a, and it is kept." in at_once and "Right" not in at_once
    assert "a) Not so, and your choice." in again and "c) Right." in again
    assert [(e["kind"], e["exercise"], e["choice"]) for e in entries(at_home)] == [("choice", "10.p2", "four")]


def test_the_first_choice_stands(said: Say, at_home: Path) -> None:
    labkit.quiz("10.q1", "a")
    labkit.quiz("10.q1", "b")

    assert said().count("You chose a, and it is kept. That is not so: the answer is b.") == 2
    assert len(entries(at_home)) == 1


def test_of_two_kernels_the_first_choice_counts_and_neither_is_lost(at_home: Path) -> None:
    question = questions.find(ROOT, "10.p2")
    here, there = Progress(at_home / "progress.jsonl"), Progress(at_home / "progress.jsonl")
    here.note("choice", question.id, choice="few")
    there.note("choice", question.id, choice="thirty")

    assert kept(there, question) == "few"
    assert len(entries(at_home)) == 2


def test_a_choice_of_an_option_that_the_course_took_away_counts_as_none(at_home: Path) -> None:
    log = Progress(at_home / "progress.jsonl")
    log.note("choice", "10.p2", choice="a-million")

    assert kept(log, questions.find(ROOT, "10.p2")) == ""


def test_a_torn_line_of_the_log_loses_no_choice(at_home: Path) -> None:
    log = Progress(at_home / "progress.jsonl")
    log.path.parent.mkdir(parents=True, exist_ok=True)
    log.path.write_text('{"kind": "choi', encoding="utf-8")
    log.note("choice", "10.p2", choice="few")

    assert kept(log, questions.find(ROOT, "10.p2")) == "few"


def test_a_quiz_is_no_prediction(said: Say) -> None:
    with pytest.raises(LookupError, match=r'Question 10.q1 is no predict. Write labkit.quiz\("10.q1"\)'):
        labkit.predict("10.q1")


def test_a_wrong_letter_is_refused_and_nothing_is_written(at_home: Path) -> None:
    with pytest.raises(LookupError, match="There are:"):
        labkit.predict("10.p2", "z")
    assert entries(at_home) == []


def test_a_kernel_shows_a_widget_until_one_has_chosen_and_a_page_afterwards() -> None:
    _, (fresh,), (chosen,), (again,) = run(
        "import labkit", 'labkit.predict("10.p2")', 'labkit.predict("10.p2", "b")', 'labkit.predict("10.p2")'
    )
    (restarted,) = run("import labkit", 'labkit.predict("10.p2")')[1]

    view = "application/vnd.jupyter.widget-view+json"
    assert set(fresh.data) == {"text/plain", "text/html", view}
    for output in (chosen, again, restarted):
        assert set(output.data) == {"text/plain", "text/html"}
        assert "You chose b, and it is kept." in output.data["text/html"]
    assert restarted.data == again.data


def test_an_exported_page_asks_and_folds_the_answer_away() -> None:
    (lesson,) = (ROOT / "notebooks").glob("00_*.ipynb")
    html = HTMLExporter().from_filename(str(lesson))[0]

    before, _, fold = html[html.index("How many lines of text left") :].partition("<details>")
    assert "Choose before you run the next cell." in before and "Right." not in before
    assert fold.startswith("<summary>Chosen, and the next cell has run? What each option means</summary>")


def test_no_state_of_a_widget_gets_into_a_stored_lesson() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert "widgets" not in notebook["metadata"]
        assert "widget-view" not in path.read_text(encoding="utf-8")
