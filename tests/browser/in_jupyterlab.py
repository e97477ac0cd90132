"""What one does and sees in JupyterLab: its menus, printed lines, pictures, contrast. Knows no test."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Page, expect


@dataclass(frozen=True)
class Running:
    """What `wirelab up` printed, and where the learner's copies are."""

    server: str
    jupyter: str
    work: Path


class RunNotebook(Protocol):
    """Open a notebook of these cells among the learner's copies, in a theme if one is named, and run them all."""

    def __call__(self, name: str, *sources: str, theme: str = "") -> None: ...


def menu(page: Page, name: str, entry: str = "") -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{name}$")).click()
    if entry:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}$")).click()


def shot(page: Page, name: str, tmp_path: Path) -> None:
    page.screenshot(path=Path(os.environ.get("WIRELAB_SHOTS", tmp_path)) / f"{name}.png")


def printed(page: Page, start: str) -> str:
    """The text after `start` on the line of output that begins with it."""
    line = page.locator(".jp-OutputArea-output pre", has_text=re.compile(f"^{start}"))
    expect(line).to_be_visible(timeout=60_000)
    return line.inner_text().removeprefix(start).strip()


def contrast(page: Page, selector: str) -> float:
    """WCAG's contrast of an element's text with what lies behind it."""
    return float(
        page.locator(selector).first.evaluate(
            """element => {
            const rgb = text => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
              .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
              .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            let behind = element;
            const paint = node => rgb(getComputedStyle(node).backgroundColor);
            while (behind.parentElement && paint(behind)[3] === 0) behind = behind.parentElement;
            const [a, b] = [light(rgb(getComputedStyle(element).color)), light(paint(behind))].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05);
        }"""
        )
    )
