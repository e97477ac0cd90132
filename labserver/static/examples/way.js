// One way as a panel: start, stop, the text as it comes, and its times. Knows a `run`; knows no protocol.

import { el, facts, plural, seconds } from "../shared/dom.js";

const IDLE = "not started";

export class Way {
  #run;
  #changed;
  #stopping = null;
  #start = el("button", { type: "button", onclick: () => this.start() }, "Start");
  #stop = el("button", { type: "button", disabled: true, onclick: () => this.stop() }, "Stop");
  #text = el("output", { "aria-live": "off" });
  #times = el("div");
  state = IDLE;
  ticks = []; // seconds from the start, one a piece of text
  total = null;
  title;
  element;

  /** `asked()` gives the question, model and key; `changed()` is told whenever there is something new. */
  constructor({ TITLE, WORDS, run }, asked, changed) {
    this.title = TITLE;
    this.#run = (given) => run({ ...asked(), ...given });
    this.#changed = changed;
    for (const [button, verb] of [[this.#start, "Start"], [this.#stop, "Stop"]]) {
      button.setAttribute("aria-label", `${verb}: ${TITLE}`);
    }
    this.element = el(
      "section",
      { "aria-label": TITLE },
      el("h2", {}, TITLE),
      el("p", { class: "quiet" }, WORDS),
      el("p", { class: "tools" }, this.#start, this.#stop),
      this.#times,
      this.#text,
    );
    this.#show();
  }

  get isRunning() {
    return this.#stopping !== null;
  }

  async start() {
    if (this.isRunning) {
      return;
    }
    const stopping = new AbortController();
    this.#stopping = stopping;
    const begun = performance.now();
    const since = () => (performance.now() - begun) / 1000;
    [this.state, this.ticks, this.total] = ["waiting", [], null];
    this.#text.textContent = "";
    this.#show();
    try {
      await this.#run({ signal: stopping.signal, hear: (text) => this.#heard(text, since()) });
      this.state = "complete";
    } catch (error) {
      this.state = stopping.signal.aborted ? "stopped by you" : `failed: ${error.message}`;
    }
    this.total = since();
    this.#stopping = null;
    this.#show();
  }

  stop() {
    this.#stopping?.abort();
  }

  #heard(text, at) {
    this.state = "streaming";
    this.ticks.push(at);
    this.#text.append(text); // a text node, whatever stands in it
    this.#show();
  }

  #show() {
    const rate = this.ticks.length > 2 ? (this.ticks.length - 1) / (this.ticks.at(-1) - this.ticks[0]) : null;
    this.#start.disabled = this.isRunning;
    this.#stop.disabled = !this.isRunning;
    this.#times.replaceChildren(
      facts([
        ["Status", this.state],
        ["First text", this.ticks.length ? seconds(this.ticks[0]) : "–"],
        ["Total", this.total === null ? "–" : seconds(this.total)],
        ["Text came in", this.ticks.length ? plural(this.ticks.length, "piece") : "–"],
        ["Rate", rate && Number.isFinite(rate) ? `${rate.toFixed(1)} pieces/s` : "–"],
      ]),
    );
    this.#changed();
  }
}
