"""The part of a notebook that one name needs: what goes into its program, and what stays out."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.checks import excerpt
from labkit.outcome import Wrong


class Notebook:
    """Cells as an IPython shell keeps them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = SimpleNamespace(user_ns={"In": [""]})
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: self.shell))  # type: ignore[arg-type]  # enough of it

    def run(self, *cells: str) -> None:
        for cell in cells:
            self.shell.user_ns["In"].append(cell)
            exec(cell, self.shell.user_ns)

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


APP = "class App:\n    def __init__(self): self.routes = {}\n    def get(self, path): return lambda made: made"


def test_only_what_the_name_needs_goes_along_in_the_order_in_which_it_ran(notebook: Notebook) -> None:
    notebook.run(
        "import os, json",
        "print('a lesson')\nTEAS = {'sencha': 4}",
        APP,
        "def price(name):\n    return TEAS[name]",
        "app = App()\n\n@app.get('/teas')\ndef teas():\n    return json.dumps(price('sencha'))",
        "other = price('sencha')",
    )
    text, name = excerpt.program(notebook["app"])
    assert name == "app"
    assert text == (
        "import os, json\nTEAS = {'sencha': 4}\n"
        + APP
        + "\ndef price(name):\n    return TEAS[name]\napp = App()\n@app.get('/teas')\ndef teas():\n"
        "    return json.dumps(price('sencha'))\n"
    )


def test_a_cell_that_ran_again_counts_as_it_ran_last(notebook: Notebook) -> None:
    first = "app = App()\n@app.get('/old')\ndef old(): return 1"
    notebook.run(APP, first, first.replace("old", "new"))
    text, _ = excerpt.program(notebook["app"])
    assert "/new" in text and "/old" not in text


def test_what_was_done_to_it_afterwards_goes_along(notebook: Notebook) -> None:
    notebook.run(APP, "app = App()", "app.get('/a')\napp.routes['b'] = 1", "TEAS = []", "TEAS += ['x']")
    notebook.run("@app.get('/teas')\ndef teas(): return TEAS")
    text, _ = excerpt.program(notebook["app"])
    assert "app.get('/a')\napp.routes['b'] = 1\nTEAS = []\nTEAS += ['x']\n@app" in text


def test_a_check_and_an_await_stay_in_the_notebook(notebook: Notebook) -> None:
    notebook.shell.user_ns["In"].append("await app.close()")
    notebook.run(APP, "app = App()", "str(app)")
    text, _ = excerpt.program(notebook["app"])
    assert text == f"{APP}\napp = App()\n"


def test_what_lives_only_in_the_notebook_is_named(notebook: Notebook) -> None:
    class Lab:
        pass

    Lab.__module__ = "labkit.notebook"
    notebook.shell.user_ns["lab"] = Lab()
    notebook.run("def make_app():\n    return lab.url")
    with pytest.raises(Wrong, match="Your server uses `lab`, which lives in this notebook only"):
        excerpt.program(notebook["make_app"])


@pytest.mark.parametrize("answer", [object(), lambda scope: None])
def test_what_has_no_name_has_no_source(notebook: Notebook, answer: Any) -> None:
    notebook.run("app = 1")
    with pytest.raises(Wrong, match="no source to start it from"):
        excerpt.program(answer)
