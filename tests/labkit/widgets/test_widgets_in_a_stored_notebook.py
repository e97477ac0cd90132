"""A notebook with widgets and nobody in front of it: it runs, is stored as text, and nbval finds it the same again."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

from labkit.author import ipynb
from labkit.author.normal import normalise
from labkit.author.run import execute

ROOT = Path(__file__).parents[3]
CELLS = [
    'import labkit\nfrom labkit.widgets import chat, dial, stream, timeline\nlab = labkit.open("00")',
    'view = stream(lab, "Green| tea| is| good|.", model="script")\nview',
    "await view.done",
    'stream(lab, "tea|" * 50, model="script", headers={"x-lab-pace": "tps=5"}, stop_after=2).wait()',
    "lab.wire(-2).exchange.ended, lab.wire().exchange.ended, lab.wire().exchange.left_after",
    "timeline(whole=lab.wire(-2), stopped=lab.wire())",
    'window = chat(lab, model="script")\nwindow',
    'window.ask("Green| tea")\n(await window.done).text',
    "dial(lab)",
]
STORED = [
    "Stream view: “Green| tea| is| good|.”, asked over query.\n"
    "  `await view.done` gives the whole answer, `view.stop()` ends it where it is.",
    "<answer: 5 pieces, complete>",
    "<answer: 2 pieces, stopped: Stopped: the connection is closed, and the server saw you leave.>",
    "('complete', 'client left', 3)",
    "Wire timeline, 2 lanes:\n  whole → 200, 8 chunks, complete\n  stopped → 200, 3 chunks, client left",
    'Chat over openai. Without a widget: window.ask("What is tea?"), then `await window.done`;\n'
    "  also window.stop() and window.retry().",
    "'Green tea'",
    "Fault dial. Without a widget: lab.fault(plan), lab.fault(None) takes all back, lab.faults() lists.",
]


def test_it_is_stored_as_text_and_strictly_the_same_when_it_runs_again(shared_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "widgets.ipynb"
    paths = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "LABKIT_HOME": str(shared_home), "PYTHONPATH": paths}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=ipynb.METADATA), path)

    node = normalise(execute(path, path.name, environment))
    ipynb.write(path, ipynb.encode(node))

    outputs = [output for cell in node.cells for output in cell.get("outputs", [])]
    assert [output["data"] for output in outputs] == [{"text/plain": text} for text in STORED]
    options = ["--nbval", "--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-q", "-c", os.devnull]
    again = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert again.returncode == 0, again.stdout[-3000:]
    assert f"{len(CELLS)} passed" in again.stdout
