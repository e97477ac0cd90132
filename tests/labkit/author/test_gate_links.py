"""Links and anchors: what a learner's copy holds, headings as Jupyter and GitHub name them, and nobody asked."""

from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates.links import links

LESSON, SOLUTION = "notebooks/00_tea.ipynb", "solutions/00_tea.ipynb"


def found(course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in links(book.read(course.root))]


@pytest.mark.parametrize(
    "target",
    [
        "01_milk.ipynb",
        "../exercises/00_tea.ipynb",
        "01_milk.ipynb#Step-3",
        "#Step-9",
        "#mine",
        "../docs/glossary.md",
        "../docs/cheatsheet.md#headers-by-purpose",
        "https://example.org/nowhere",
        "mailto:tea@example.org",
        "attachment:cup.png",
    ],
)
def test_a_link_that_leads_somewhere_or_to_somebody_else_passes(course: Any, target: str) -> None:
    course.change(LESSON, 5, source=f"## Wire\n\n<a id='mine'></a> [see]({target})")
    assert found(course) == []


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("02_sugar.ipynb", "its link to 02_sugar.ipynb leads nowhere."),
        ("../solutions/00_tea.ipynb", "its link to ../solutions/00_tea.ipynb leads out of what a learner has."),
        ("cup.png", "its link to cup.png leads out of what a learner has."),
        ("../docs/more.md", "its link to ../docs/more.md leads out of what a learner has."),
        ("../docs/glossary.md#tea", "its link to ../docs/glossary.md#tea names no heading there."),
        ("#step-3", "its link to #step-3 names no heading there."),
        ("01_milk.ipynb#Sugar", "its link to 01_milk.ipynb#Sugar names no heading there."),
    ],
)
@pytest.mark.parametrize("kind", ["", "!"])
def test_a_link_or_picture_that_leads_nowhere_is_found(course: Any, kind: str, target: str, what: str) -> None:
    course.change(LESSON, 5, source=f"## Wire\n\n{kind}[see what]({target})")
    assert found(course) == [f"{LESSON}: {what}"]


def test_a_leaflet_that_was_never_built_is_found(course: Any) -> None:
    (course.root / "docs/glossary.md").unlink()
    assert set(found(course)) == {
        "docs/cheatsheet.md: its link to glossary.md leads nowhere.",
        f"{LESSON}: its link to ../docs/glossary.md leads nowhere.",
        "notebooks/01_milk.ipynb: its link to ../docs/glossary.md leads nowhere.",
    }


def test_links_in_solutions_are_followed_too_and_code_is_none(course: Any) -> None:
    course.change(SOLUTION, 2, source="[on](nowhere.ipynb) and `[not](a_link.ipynb)`")
    assert len(found(course)) == 1


@pytest.mark.parametrize("file", ["README.md", "docs/more.md", "instructors/00.md"])
def test_texts_are_followed_with_headings_as_github_names_them(course: Any, file: str) -> None:
    course.text_file(file, "# A cup, at last!\n\n[up](#a-cup-at-last) [gone](gone.md) [wrong](#A-cup)")
    assert found(course) == [
        f"{file}: its link to gone.md leads nowhere.",
        f"{file}: its link to #A-cup names no heading there.",
    ]
