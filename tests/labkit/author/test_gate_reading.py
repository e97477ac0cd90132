"""Headings, alt text, columns and length: what makes a page readable by everybody."""

from typing import Any

import pytest

from labkit.author.gates.reading import columns, headings, pictures, size, title


def whats(problems: Any) -> list[str]:
    return [problem.what for problem in problems]


def test_headings_in_order_pass(bench: Any) -> None:
    page = bench.page(bench.text("# Tea\n\n## One\n\n### Deep"), bench.text("## Two"))
    assert list(headings(page)) == []


@pytest.mark.parametrize(
    ("sources", "answer"),
    [
        (["## One"], "'One' is an H2 after nothing."),
        (["no heading"], "it has no H1."),
        (["# A", "# B"], "'B' is a second H1."),
        (["# A", "B\n==="], "'B' is a second H1."),
        (["# A", "<h1>B</h1>"], "'an HTML heading' is a second H1."),
        (["# A", "### B"], "'B' is an H3 after an H1."),
        (["# A", "## B\n\n#### C"], "'C' is an H4 after an H2."),
    ],
)
def test_a_heading_out_of_order_is_found(bench: Any, sources: list[str], answer: str) -> None:
    assert answer in whats(headings(bench.page(*[bench.text(source) for source in sources])))


def test_a_hash_in_code_is_no_heading(bench: Any) -> None:
    page = bench.page(bench.text("# Tea\n\n```python\n# a comment\n```\n\n    # indented"), bench.code("# comment"))
    assert list(headings(page)) == []


def test_the_title_is_the_first_h1() -> None:
    assert title("words\n\n# A *cup*\n\n## More") == "A *cup*"
    assert title("words") is None


@pytest.mark.parametrize(
    "source",
    [
        "![](tea.png)",
        "![ ](tea.png)",
        "![image](tea.png)",
        "<img src='tea.png'>",
        "a <img alt='' src='tea.png'> b",
        "<svg><path/></svg>",
    ],
)
def test_a_picture_without_words_is_found_in_texts_and_html_outputs(bench: Any, source: str) -> None:
    assert len(list(pictures(bench.page(bench.text(source))))) == 1
    shown = bench.shown("text/markdown" if source.startswith("!") else "text/html", source)
    assert len(list(pictures(bench.page(bench.code("a", 1, shown))))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "![A cup, half full](tea.png)",
        "<img alt='A cup' src='tea.png'>",
        "`![](in code)`",
        "<svg aria-label='A cup'></svg>",
        "<svg><title>A cup</title></svg>",
        "<svg aria-hidden='true'></svg>",
    ],
)
def test_a_picture_with_words_passes(bench: Any, source: str) -> None:
    assert list(pictures(bench.page(bench.text(source)))) == []


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/svg+xml"])
def test_a_bare_image_output_carries_no_alt_text(bench: Any, mime: str) -> None:
    (what,) = whats(pictures(bench.page(bench.code("plot()", 1, bench.shown(mime, "AAAA")))))
    assert f"a bare {mime}" in what


def test_code_of_100_columns_passes_and_of_101_does_not(bench: Any) -> None:
    assert list(columns(bench.page(bench.code("x" * 100)))) == []
    (what,) = whats(columns(bench.page(bench.code(f"a\n{'x' * 101}"))))
    assert what.startswith("a line has 101 columns")


@pytest.mark.parametrize(("cells", "passes"), [(14, False), (15, True), (35, True), (36, False)])
def test_a_lesson_has_15_to_35_cells(bench: Any, cells: int, passes: bool) -> None:
    assert (list(size(bench.page(*[bench.text("x")] * cells))) == []) is passes
