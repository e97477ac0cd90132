// The list of exchanges: one button a line, newest first; arrows move, Enter opens. Knows rows; fetches nothing.

import { el, plural, say } from "../shared/dom.js";
import { keyless } from "./bytes.js";

const CELLS = ["number", "what", "status", "end"];

export class List {
  #element;
  #open;
  #lines = new Map(); // number -> {item, button, cells}
  #current = null;

  /** `open(number)` is called when a line is clicked or entered. */
  constructor(element, open) {
    this.#element = element;
    this.#open = open;
    element.addEventListener("keydown", (event) => this.#moved(event));
  }

  /** Show exactly these rows, in their order. What did not change is not touched. */
  show(rows) {
    const wanted = new Set(rows.map((row) => row.number));
    for (const [number, line] of this.#lines) {
      if (!wanted.has(number)) {
        line.item.remove();
        this.#lines.delete(number);
      }
    }
    let before = null;
    for (const row of rows) {
      const line = this.#lines.get(row.number) ?? this.#made(row.number);
      fill(line, row);
      const due = before === null ? this.#element.firstChild : before.nextSibling;
      if (line.item !== due) {
        this.#element.insertBefore(line.item, due);
      }
      before = line.item;
    }
    this.#keepOneStop();
  }

  /** Mark the open exchange. */
  mark(number) {
    this.#current = number;
    for (const [each, { button }] of this.#lines) {
      button.setAttribute("aria-current", String(each === number));
    }
    this.#keepOneStop();
  }

  /** Put the keyboard where the open exchange is, or on the first line. */
  focus() {
    this.#element.querySelector('button[tabindex="0"]')?.focus();
  }

  #made(number) {
    const cells = Object.fromEntries(CELLS.map((name) => [name, el("span", { class: name })]));
    const button = el(
      "button",
      { type: "button", tabindex: -1, "aria-current": String(number === this.#current), onclick: () => this.#open(number) },
      Object.values(cells).flatMap((cell) => [cell, " "]),
    );
    const line = { item: el("li", {}, button), button, cells };
    this.#lines.set(number, line);
    return line;
  }

  /** Tab stops once in the list: at the line in use, else at the open one, else at the first. */
  #keepOneStop() {
    const buttons = [...this.#element.querySelectorAll("button")];
    const stop =
      buttons.find((button) => button === document.activeElement) ??
      this.#lines.get(this.#current)?.button ??
      buttons[0];
    for (const button of buttons) {
      button.tabIndex = button === stop ? 0 : -1;
    }
  }

  #moved(event) {
    const buttons = [...this.#element.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) {
      return;
    }
    event.preventDefault();
    buttons[Math.max(0, Math.min(to, buttons.length - 1))].focus();
    this.#keepOneStop();
  }
}

function fill({ cells, button }, row) {
  say(cells.number, `#${row.number}`);
  say(cells.what, row.malformed ? "malformed request" : keyless(`${row.method} ${row.target}`));
  say(cells.status, row.status === null ? "no answer" : String(row.status));
  const pieces = plural(row.pieces, row.kind === "websocket" && row.status === 101 ? "frame" : "piece");
  const rest = [row.fault && `fault ${row.fault}`, pieces, row.retries && `retry ${row.retries}`];
  say(cells.end, [row.ended ?? "open", ...rest.filter(Boolean)].join(" · "));
  button.classList.toggle("is-open", row.ended === null);
  button.classList.toggle("is-broken", row.ended !== null && row.ended !== "complete");
}
