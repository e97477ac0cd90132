"""The lab's own pages: locked by headers, whole without the Internet, and never in anybody's journal."""

import re
from pathlib import Path

import pytest
from test_manual import Addresses

from labserver.surfaces.pages import STATIC

PAGES = {"/inspector": "/", "/static/streaming_examples.html": "/static/"}  # path -> what its addresses start from
OURS = sorted(path for path in STATIC.rglob("*") if path.is_file() and "vendor" not in path.parts)
SCRIPTS = [path for path in OURS if path.suffix == ".js"]
IMPORT = re.compile(r"""(?:from|import\()\s*["']([^"']+)["']""")


def url_of(path: Path) -> str:
    return f"/static/{path.relative_to(STATIC).as_posix()}"


@pytest.mark.parametrize("path", ["/inspector", *map(url_of, OURS)])
def test_every_file_of_ours_is_locked(server, path: str) -> None:
    answer = server.http.get(path)
    assert answer.status_code == 200
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'" and policy["trusted-types"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/inspector", "/static/inspector/main.js"])
def test_a_file_that_did_not_change_is_not_sent_twice(server, path: str) -> None:
    """A browser asks again each time, so no page runs with yesterday's scripts; the answer is mostly 304."""
    first = server.http.get(path)
    assert server.http.head(path).headers["etag"] == first.headers["etag"]
    if path != "/inspector":
        assert server.http.get(path, headers={"if-none-match": first.headers["etag"]}).status_code == 304


def test_a_module_is_called_a_script_whatever_the_machine_thinks(server) -> None:
    kinds = {path: server.http.get(path).headers["content-type"] for path in map(url_of, OURS)}
    assert {kind for path, kind in kinds.items() if path.endswith(".js")} == {"text/javascript; charset=utf-8"}
    assert kinds["/static/lab.css"] == "text/css; charset=utf-8"
    assert server.http.get("/inspector").headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_files_that_are_here_and_no_address_from_the_root(server, page: str) -> None:
    """Behind a hub's proxy the lab does not stand at `/`, so an address that begins there would lead elsewhere."""
    text = server.http.get(page).text
    found = Addresses(text).found
    assert len(found) >= 5
    assert not [address for address in found if address.startswith("/") or ":" in address]
    for address in found:
        assert server.http.get(PAGES[page] + address).status_code == 200, address
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), "the policy forbids it"


@pytest.mark.parametrize("script", SCRIPTS, ids=url_of)
def test_a_script_imports_only_what_is_here_and_never_reads_text_as_markup(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    for address in IMPORT.findall(source):
        assert address.startswith((".", "/static")) and (script.parent / address).resolve() in OURS, address
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|srcdoc|\beval\(|new Function"
    assert not re.search(markup, source)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)
    assert source.startswith("// "), "its job stands in its first line"
    assert len(source.splitlines()) < 200


def test_no_journal_holds_what_the_pages_load(server) -> None:
    key = server.sandbox()
    for path in ("/inspector", "/static/lab.css", "/static/nothing.js"):
        server.http.get(path, headers={"x-api-key": key})
    server.http.get("/health", headers={"x-api-key": key})
    assert [record.asked.split(b" ")[1] for record in server.journal(key)] == [b"/health"]


def test_the_index_leads_to_both_pages(server) -> None:
    answer = server.http.get("/")
    assert {"inspector", "static/streaming_examples.html", "static/lab.css"} <= set(Addresses(answer.text).found)


def test_the_index_has_every_route_once_in_the_group_of_its_tag(server) -> None:
    text = server.http.get("/").text
    groups = {found[1]: found[2] for found in re.finditer(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)}
    assert re.findall(r'href="#(\w+)"', text) == list(groups)
    assert "/shop/products/{product_id}" in groups["shop"] and "/v1/realtime" in groups["openai"]
    rows = re.findall(r"<tr><td>(.*?)</td><td><code>(.*?)</code>", text)
    assert len(rows) == len(set(rows)) > 80
