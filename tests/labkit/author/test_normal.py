"""The one stored form of a notebook that ran: whatever varies from run to run is gone, whatever teaches is kept."""

from typing import Any

from labkit.author import ipynb
from labkit.author.normal import joined, normalise, pictureless


def normal(notebook: dict[str, Any]) -> Any:
    return normalise(ipynb.node(notebook))


def test_counts_run_from_1_to_n_over_the_cells_that_hold_code(bench: Any) -> None:
    result = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 9}
    node = normal(
        bench.notebook(bench.code("a", 7), bench.text("x"), bench.code("  ", 8), bench.code("b", None, result))
    )
    assert [cell.get("execution_count") for cell in node.cells] == [1, None, None, 2]
    assert node.cells[3].outputs[0].execution_count == 2


def test_a_run_leaves_no_mark_of_its_own(bench: Any) -> None:
    notebook = bench.notebook(bench.code("a", 1, tags=["keep"], exercise="00.1"))
    notebook["cells"][0]["metadata"] |= {
        "execution": {"iopub.status.busy": "2031"},
        "ExecuteTime": 1,
        "collapsed": True,
    }
    notebook["metadata"] = {"language_info": {"name": "python", "version": "3.11.7"}, "widgets": {"state": {}}}
    node = normal(notebook)
    assert node.metadata == ipynb.METADATA
    assert node.cells[0].metadata == {"tags": ["keep"], "labkit": {"exercise": "00.1"}}


def test_neighbouring_prints_become_one_and_stdout_comes_first(bench: Any) -> None:
    pieces = [("a", "stdout"), ("!", "stderr"), ("b", "stdout"), ("?", "stderr")]
    outputs = joined([ipynb.node(bench.printed(text, name)) for text, name in pieces])
    assert [(output.name, output.text) for output in outputs] == [("stdout", "ab"), ("stderr", "!?")]


def test_a_display_between_two_prints_keeps_its_place(bench: Any) -> None:
    pieces = [bench.printed("a"), bench.shown("text/plain", "x"), bench.printed("b")]
    outputs = joined([ipynb.node(piece) for piece in pieces])
    assert [output.output_type for output in outputs] == ["stream", "display_data", "stream"]


def test_a_widget_leaves_its_text_behind(bench: Any) -> None:
    shown = bench.shown("text/plain", "3 deltas")
    shown["data"]["application/vnd.jupyter.widget-view+json"] = {"model_id": "random"}
    node = normal(bench.notebook(bench.code("show()", 1, shown)))
    assert node.cells[0].outputs[0].data == {"text/plain": "3 deltas"}


def test_a_traceback_forgets_the_machine(bench: Any) -> None:
    error = bench.raised("ValueError", "no")
    error["traceback"] = [
        "File \x1b[32m/opt/x/.venv/lib/python3.11/site-packages/requests/api.py:3\x1b[39m",
        "File \x1b[32m/usr/lib/python3.11/json/decoder.py:355\x1b[39m",
        "File ~/wirelab/labkit/witness.py:9 at 0x7f00deadbeef",
        'File "/tmp/ipykernel_99/123.py", line 1',
    ]
    node = normal(bench.notebook(bench.code("a", 1, error)))
    assert node.cells[0].outputs[0].traceback == [
        "File \x1b[32m…/site-packages/requests/api.py:3\x1b[39m",
        "File \x1b[32m…/python3/json/decoder.py:355\x1b[39m",
        "File labkit/witness.py:9 at 0x…",
        'File "…/cell.py", line 1',
    ]


def test_cells_keep_their_ids_and_get_one_that_derives_where_none_was(bench: Any) -> None:
    def unnamed() -> dict[str, Any]:
        notebook = bench.notebook(bench.code("a"), bench.code("b"), bench.code("c"))
        del notebook["cells"][1]["id"]
        notebook["cells"][2]["id"] = "cell-0"
        return notebook

    first, second = ([cell.id for cell in normal(unnamed()).cells] for _ in range(2))
    assert first == second
    assert first[0] == "cell-0"
    assert len(set(first)) == 3


def test_normalising_twice_changes_nothing(bench: Any) -> None:
    node = normal(bench.notebook(bench.code("a", 3, bench.printed("a"), bench.printed("b"))))
    once = ipynb.encode(node)
    assert ipynb.encode(normalise(node)) == once


def test_two_runs_whose_pictures_alone_differ_are_the_same() -> None:
    shown = b'<img alt=\\"%s\\" src=\\"data:image/png;base64,%s\\">'
    assert pictureless(shown % (b"a cup", b"iVBORw0+/A==")) == pictureless(shown % (b"a cup", b"iVBORx"))
    assert pictureless(shown % (b"a cup", b"iVBO")) != pictureless(shown % (b"a pot", b"iVBO"))
