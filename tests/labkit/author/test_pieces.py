"""The pieces of the shop: a solution becomes a module that stands alone, and nobody edits it unseen."""

from typing import Any

import pytest

from labkit.author import book, pieces
from labkit.author.piece_text import Needy, module
from labkit.author.problem import Refused
from labkit.manifest import ManifestError, load, parse

SOLUTION = "solutions/00_tea.ipynb"
ROW = 'title = "Brew", minutes = 12'


@pytest.fixture
def shop(course: Any) -> Any:
    """The small course, whose exercise 00.2 is a piece."""
    course.manifest(ROW, f'{ROW}, piece = "brewer"')
    pieces.build(course.root)
    return course


def written(course: Any, name: str = "brewer.py") -> str:
    return str((course.root / "leafkettle" / name).read_text(encoding="utf-8"))


def told(course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in pieces.in_step(book.read(course.root))]


def test_a_piece_is_its_solution_and_says_where_it_comes_from(shop: Any) -> None:
    text = written(shop)
    assert text.startswith('"""brew: the solution of exercise 00.2, Brew.\n')
    assert f"from {SOLUTION}: change it there" in text
    assert text.endswith("\n\ndef brew(leaf):\n    return leaf\n")
    assert "SOLUTION\n" not in text
    assert "from leafkettle.brewer import brew\n" in written(shop, "__init__.py")
    assert told(shop) == []
    assert pieces.build(shop.root) == []


def test_a_course_without_pieces_has_no_package(course: Any) -> None:
    assert pieces.build(course.root) == []
    assert not (course.root / "leafkettle").exists()


def test_a_piece_that_somebody_edited_is_found_and_put_right(shop: Any) -> None:
    shop.rewrite("leafkettle/brewer.py", "return leaf", "return None")
    assert told(shop) == ["leafkettle/brewer.py: it is not what its solution gives."]
    assert [path.name for path in pieces.build(shop.root)] == ["brewer.py"]
    assert told(shop) == []


def test_a_solution_that_moved_on_is_found(shop: Any) -> None:
    shop.change(SOLUTION, 3, source="def brew(leaf):\n    # BEGIN SOLUTION\n    return [leaf]\n    # END SOLUTION")
    assert told(shop) == ["leafkettle/brewer.py: it is not what its solution gives."]


def test_a_module_that_no_exercise_gives_is_found_and_taken_away(shop: Any) -> None:
    shop.text_file("leafkettle/pourer.py", "")
    assert told(shop) == ["leafkettle/pourer.py: no exercise in course.toml gives it."]
    assert [path.name for path in pieces.build(shop.root)] == ["pourer.py"]
    assert not (shop.root / "leafkettle/pourer.py").exists()


def test_a_piece_that_was_never_built_is_found(shop: Any) -> None:
    (shop.root / "leafkettle/brewer.py").unlink()
    assert told(shop) == ["leafkettle/brewer.py: it does not exist, though an exercise gives it."]


def test_a_piece_that_needs_the_notebook_is_refused_with_its_cell(shop: Any) -> None:
    shop.change(SOLUTION, 3, source="def brew(leaf):\n    # BEGIN SOLUTION\n    return lab.key\n    # END SOLUTION")
    (found,) = pieces.in_step(book.read(shop.root))
    assert (found.file, found.cell) == (SOLUTION, 3)
    assert "brewer cannot stand alone: it uses lab, which no cell above it defines" in found.what
    with pytest.raises(Refused, match="cannot stand alone"):
        pieces.build(shop.root)


def test_an_exercise_without_a_solution_is_no_piece(shop: Any) -> None:
    shop.change(SOLUTION, 4, source="print()")
    (found,) = told(shop)
    assert found.startswith("course.toml: brewer is no piece: ")


def test_two_pieces_of_one_name_are_refused(course: Any) -> None:
    twice = 'guided = true, piece = "brewer" },\n    { id = "00.2", title = "Brew", minutes = 12, piece = "brewer" }'
    course.manifest('guided = true },\n    { id = "00.2", title = "Brew", minutes = 12 }', twice)
    with pytest.raises(ManifestError, match="Another has it"):
        load(course.root / "course.toml")


@pytest.mark.parametrize("name", ["Brewer", "the brewer", "../brewer", "brewer.py"])
def test_a_piece_is_named_as_a_module_is(course: Any, name: str) -> None:
    course.manifest(ROW, f'{ROW}, piece = "{name}"')
    with pytest.raises(ManifestError, match="Name a module"):
        parse((course.root / "course.toml").read_text(encoding="utf-8"))


ABOVE = (
    "import time\nimport requests\nfrom urllib.parse import urljoin, urlsplit",
    "import labkit\n\nlab = labkit.open('00')",
    "WARM = 60\nHOT = WARM + 35\nunused = lab.url\nresponse = 1",
    "# how hot\ndef degrees(tea, hot=HOT):\n    return hot if tea else WARM",
    "await something()",
)


def text_of(source: str, **homes: str) -> str:
    return module("Tea.", source, ABOVE, homes)


def test_a_piece_brings_what_it_uses_of_the_cells_above_and_nothing_else() -> None:
    text = text_of(
        "def brew(tea):\n    response = requests.get(urljoin(tea, '/'))\n    return degrees(response, time.time())"
    )
    assert text == (
        '"""Tea.\n"""\n\nimport time\nfrom urllib.parse import urljoin, urlsplit\n\nimport requests\n\n'
        "WARM = 60\nHOT = WARM + 35\n\n\n# how hot\ndef degrees(tea, hot=HOT):\n    return hot if tea else WARM\n\n\n"
        "def brew(tea):\n    response = requests.get(urljoin(tea, '/'))\n    return degrees(response, time.time())\n"
    )
    compile(text, "piece", "exec")


def test_a_local_name_is_not_taken_for_a_cells() -> None:
    assert "lab.url" not in text_of("def brew():\n    unused = 1\n    return [unused for WARM in ()]")
    assert "WARM = 60" not in text_of("class Brew:\n    WARM = 1\n    cup = WARM")


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("def brew():\n    return unused", "it uses labkit, of labkit"),
        ("def brew():\n    return milk", "it uses milk, which no cell above it defines"),
        ("import labserver\n\n\ndef brew():\n    return labserver", "it uses labserver, of labserver"),
    ],
)
def test_what_lives_in_the_notebook_alone_is_refused(source: str, what: str) -> None:
    with pytest.raises(Needy, match=what):
        text_of(source)


def test_a_name_that_a_loop_makes_is_refused() -> None:
    with pytest.raises(Needy, match="which a loop or a block makes"):
        module("Tea.", "def brew():\n    return cup", ["for cup in range(3):\n    pass"], {})


def test_a_piece_takes_another_piece_from_the_module_where_it_is_defined() -> None:
    text = text_of(
        "from leafkettle import ShopClient\n\n\ndef brew():\n    return ShopClient", ShopClient="shop_client"
    )
    assert "from leafkettle.shop_client import ShopClient\n" in text


def test_what_a_cell_does_beside_defining_stays_behind() -> None:
    text = text_of("def brew(base_url):\n    return base_url\n\n\nlab.check('00.1', brew)\nprint(brew(lab.url))")
    assert "lab" not in text.replace("label", "")
