"""A freshly executed notebook in its one stored form. Knows what varies from run to run; knows nothing of kernels."""

import re
from itertools import groupby
from typing import Any

from nbformat import NotebookNode

from labkit.author import ipynb

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # its model id is random: the text fallback is what we store
EDITORS_METADATA = ("execution", "ExecuteTime", "collapsed", "jp-MarkdownHeadingCollapsed", "trusted", "vscode")

# nbval never compares a traceback; these keep a machine's paths and addresses out of it. First match first.
_ANY = r"(?:~|[A-Za-z]:|\.{1,2})?[/\\](?:[^\s\x1b'\"(]*[/\\])?"  # folders, down to the one that is named
_TRACEBACK = (
    (re.compile(_ANY + r"site-packages[/\\]"), "…/site-packages/"),
    (re.compile(_ANY + r"lib[/\\]python3\.\d+[/\\]"), "…/python3/"),
    (re.compile(_ANY + r"(?=(?:labkit|labserver)[/\\])"), ""),
    (re.compile(_ANY + r"ipykernel_\d+[/\\]\d+\.py"), "…/cell.py"),
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x…"),
)
_PICTURE = re.compile(rb"(?<=data:image/png;base64,)[A-Za-z0-9+/=]+")


def normalise(node: NotebookNode) -> NotebookNode:
    """Mend an executed notebook in place, and return it: counts 1..N, no run's own marks, streams joined."""
    ipynb.name_cells(node)
    node["metadata"] = ipynb.node(ipynb.METADATA)
    count = 0
    for cell in node.cells:
        for key in EDITORS_METADATA:
            cell.metadata.pop(key, None)
        if cell.cell_type != "code":
            continue
        ran = bool(cell.source.strip())
        count += ran
        cell["execution_count"] = count if ran else None
        cell["outputs"] = [_output(output, count) for output in joined(cell.outputs)]
    return node


def pictureless(content: bytes) -> bytes:
    """The notebook's bytes without its pictures': what is left says the same whenever it runs."""
    return _PICTURE.sub(b"", content)


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring stream outputs as one per name, stdout first.

    How a kernel cuts its prints into messages is chance, and so is who comes first of stdout and stderr. nbval joins
    all streams of a name on both sides before it compares, so this form passes; the place among displays is kept.
    """
    result: list[NotebookNode] = []
    for is_stream, run in groupby(outputs, key=lambda output: output.output_type == "stream"):
        if not is_stream:
            result.extend(run)
            continue
        texts: dict[str, str] = {}
        for output in run:
            texts[output.name] = texts.get(output.name, "") + output.text
        result.extend(
            ipynb.node({"output_type": "stream", "name": name, "text": texts[name]})
            for name in sorted(texts, reverse=True)
        )
    return result


def _output(output: NotebookNode, count: int) -> NotebookNode:
    if output.output_type == "execute_result":
        output["execution_count"] = count
    if output.output_type in ("execute_result", "display_data"):
        output["metadata"] = {}
        output["data"] = {mime: data for mime, data in output.data.items() if mime != WIDGET_VIEW}
    if output.output_type == "error":
        output["traceback"] = [_placeless(line) for line in output.traceback]
    output.pop("transient", None)
    return output


def _placeless(line: str) -> str:
    for pattern, replacement in _TRACEBACK:
        line = pattern.sub(replacement, line)
    return line


def plain(text: Any) -> str:
    """Text without its terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(text))
