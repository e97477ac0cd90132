"""Keys, tokens, ports and paths: found in sources and outputs, and what merely looks like one is let be."""

from typing import Any

import pytest

from labkit.author.gates.leaks import leaks

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
LEAKED = [
    ("sk-proj-abcdefghijklmnop1234", "a key (sk-…)"),
    ("lab-7Qx3f0aVbN4_kd92LmPq", "a lab key"),
    ("Authorization: Bearer 0f9a8b7c6d5e4f3a2b1c0d", "a bearer token"),
    (JWT, "a JWT"),
    ("ghp_abcdefghijklmnopqrstuvwx", "a provider's key"),
    ("http://127.0.0.1:54321/health", "an ephemeral port"),
    ("http://localhost:54321/health", "an ephemeral port"),
    ("HTTPConnectionPool(host='127.0.0.1', port=40123)", "an ephemeral port"),
    ("/home/me/tea.py", "a path of this machine"),
    (f"open('/{'root'}/x')", "a path of this machine"),
    (f"/{'work'}/course/labkit", "a path of this machine"),
    ("/Users/ada/tea.py", "a path of this machine"),
    (r"C:\Users\ada", "a path of this machine"),
    (r"C:\\Users\\ada", "a path of this machine"),
]
HARMLESS = [
    "sk-...",
    "Bearer YOUR_API_KEY",
    "Authorization: Bearer <your key, forty letters long>",
    "lab-server-is-the-witness-of-it-all",
    "GET /users/1 and GET /api/v1/home/2",
    f"{'work'}/notebooks and ./{'work'}/notebooks and ~/notebooks/x",
    "https://example.org/home/index.html",
    "eyJ",
    "ask-someone-who-really-knows-it",
]


@pytest.mark.parametrize(("text", "kind"), LEAKED)
def test_a_leak_is_found_in_a_source_and_in_every_kind_of_output(bench: Any, text: str, kind: str) -> None:
    cells = [
        bench.text(text),
        bench.code(f"# {text}"),
        bench.code("a", 1, bench.printed(text)),
        bench.code("a", 1, bench.shown("text/html", f"<b>{text}</b>")),
        bench.code("a", 1, bench.raised("ValueError", text)),
    ]
    found = {problem.cell for problem in leaks(bench.page(*cells)) if kind in problem.what}
    assert found == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_leak_is_let_be(bench: Any, text: str) -> None:
    assert list(leaks(bench.page(bench.text(text), bench.code("a", 1, bench.printed(text))))) == []


def test_a_known_port_may_be_written_but_not_printed(bench: Any) -> None:
    page = bench.page(bench.text("127.0.0.1:8001"), bench.code("a", 1, bench.printed("http://127.0.0.1:8001/")))
    (problem,) = leaks(page)
    assert (problem.cell, "a port" in problem.what) == (2, True)


def test_colours_do_not_hide_a_leak(bench: Any) -> None:
    error = bench.raised("ValueError")
    error["traceback"] = ["\x1b[32m/home/\x1b[39mme"]
    assert len(list(leaks(bench.page(bench.code("a", 1, error))))) == 1


def test_a_pictures_own_bytes_are_not_searched(bench: Any) -> None:
    picture = '<img alt="tea" src="data:image/png;base64,AAAA/home/AAAA/Users/">'
    assert list(leaks(bench.page(bench.code("a", 1, bench.shown("text/html", picture))))) == []


def test_a_finding_does_not_repeat_the_secret(bench: Any) -> None:
    (problem,) = leaks(bench.page(bench.text("sk-proj-abcdefghijklmnop1234")))
    assert "mnop1234" not in str(problem)
