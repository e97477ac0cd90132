// The open exchange: its summary, its timeline, its tabs. Draws what it is given; fetches nothing by itself.

import { el, facts, say, seconds } from "../shared/dom.js";
import { escaped, keyless } from "./bytes.js";
import { curl } from "./curl.js";
import { ending, faultMarks, faultWords } from "./ending.js";
import { read } from "./exchange.js";
import { Timeline } from "./timeline.js";
import { VIEWS } from "./views.js";

export class Detail {
  #section;
  #save;
  #faults = {};
  #exchange = null;
  #timeline = new Timeline();
  #title = el("h2", { tabindex: -1 });
  #summary = el("div", { class: "summary" });
  #said = el("span", { role: "status" });
  #tabs = el("div", { role: "tablist", "aria-label": "Views of this exchange" });
  #panel = el("div", { role: "tabpanel", id: "panel", tabindex: 0 });
  #tab = "Bytes";
  #choices = { hex: false, earlier: [], set: (choice) => { Object.assign(this.#choices, choice); this.#drawPanel(); this.#panel.querySelector("input")?.focus(); } };

  /** `save(kind, number)` downloads one exchange. */
  constructor(section, save) {
    this.#section = section;
    this.#save = save;
    this.#tabs.addEventListener("keydown", (event) => this.#tabKey(event));
  }

  set faults(table) {
    this.#faults = table;
  }

  get number() {
    return this.#exchange?.record.number ?? null;
  }

  /** Show this record; `earlier` are the rows of the same request's tries before. Another exchange takes the focus. */
  show(record, earlier) {
    const isNew = record.number !== this.number;
    this.#exchange = read(record);
    this.#choices.earlier = earlier;
    if (isNew) {
      this.#build();
    }
    this.#draw();
    if (isNew) {
      this.#title.focus();
    }
  }

  clear(words) {
    this.#exchange = null;
    this.#section.replaceChildren(el("p", { class: "quiet" }, words));
  }

  #build() {
    const { number } = this.#exchange.record;
    this.#timeline = new Timeline();
    const copy = el("button", { type: "button", onclick: () => this.#copy() }, "Copy as curl");
    const har = el("button", { type: "button", onclick: () => this.#save("har", number) }, "Download HAR");
    const jsonl = el("button", { type: "button", onclick: () => this.#save("jsonl", number) }, "Download JSONL");
    say(this.#said, "");
    this.#section.replaceChildren(
      this.#title,
      this.#summary,
      el("p", { class: "tools" }, copy, har, jsonl, this.#said),
      this.#timeline.element,
      this.#tabs,
      this.#panel,
    );
  }

  #draw() {
    const exchange = this.#exchange;
    const { record, asked, answered } = exchange;
    say(this.#title, `#${record.number} ${record.malformed ? "malformed request" : keyless(escaped(asked.start))}`);
    this.#summary.replaceChildren(
      facts([
        ["Answer", answered.start ? escaped(answered.start) : "none yet"],
        ["How it ended", ending(exchange)],
        ["Fault", record.fault ? el("ul", {}, faultWords(record.fault, this.#faults).map((words) => el("li", {}, words))) : "none"],
        ["First byte", record.response.length ? `after ${seconds(record.response[0][0])}` : ""],
        ["Connection", `${record.connection}, request ${record.nth} on it${record.overlap ? `; ${record.overlap} other exchanges were open` : ""}`],
      ]),
    );
    this.#timeline.show({ ...exchange, marks: faultMarks(exchange), end: record.ended ?? "still open" });
    this.#drawTabs();
    this.#drawPanel();
  }

  #drawTabs() {
    const names = Object.keys(VIEWS).filter((name) => VIEWS[name].fits(this.#exchange));
    this.#tab = names.includes(this.#tab) ? this.#tab : names[0];
    const shown = [...this.#tabs.children].map((tab) => tab.textContent);
    if (shown.join() !== names.join()) {
      this.#tabs.replaceChildren(...names.map((name) => el("button", { type: "button", role: "tab", "aria-controls": "panel", onclick: () => this.#choose(name) }, name)));
    }
    for (const tab of this.#tabs.children) {
      const chosen = tab.textContent === this.#tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  }

  #drawPanel() {
    this.#panel.setAttribute("aria-label", this.#tab);
    this.#panel.replaceChildren(...VIEWS[this.#tab].show(this.#exchange, this.#choices));
  }

  #choose(name) {
    this.#tab = name;
    this.#drawTabs();
    this.#drawPanel();
  }

  #tabKey(event) {
    const tabs = [...this.#tabs.children];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const at = tabs.findIndex((tab) => tab.textContent === this.#tab);
      this.#choose(tabs[(at + step + tabs.length) % tabs.length].textContent);
      this.#tabs.querySelector('[aria-selected="true"]').focus();
    }
  }

  async #copy() {
    const command = curl(this.#exchange, location.origin);
    try {
      await navigator.clipboard.writeText(command);
      say(this.#said, command ? "Copied. Set KEY in your shell first." : "curl cannot say this request.");
    } catch {
      this.#panel.replaceChildren(el("p", {}, "This browser lets no page copy here. Take it by hand:"), el("pre", {}, command));
    }
  }
}
