// An exchange in time: a lane a side, a tick for each chunk or frame. Mouse or arrow keys read a tick. Knows ticks only.

import { el, plural, say, seconds, svg } from "../shared/dom.js";
import { lines, size } from "./bytes.js";

const WIDTH = 1000;
const LANES = { client: 34, server: 84 };
const HEIGHT = 122;
const LEFT = 70;
const RIGHT = 985;
const SHOWN = 2000; // bytes of a tick that are shown here; the tab Bytes has more

export class Timeline {
  #ticks = [];
  #place = null;
  #end = 0;
  #picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" });
  #slider = el("div", { class: "ticks", role: "slider", tabindex: 0, "aria-label": "Moments of this exchange" });
  #words = el("p", { class: "moment" });
  #bytes = el("pre", { class: "moment-bytes wire" });
  element;

  constructor() {
    this.#slider.append(this.#picture);
    this.#slider.addEventListener("keydown", (event) => this.#key(event));
    for (const kind of ["pointermove", "click"]) {
      this.#slider.addEventListener(kind, (event) => this.#point(event));
    }
    this.element = el("figure", { class: "timeline" }, this.#slider, el("figcaption", {}, this.#words, this.#bytes));
  }

  /** `marks` are {at, words}: where a fault struck. `end` says how it ended, or that it is open. */
  show({ ticks, lasted, marks, end }) {
    this.#ticks = ticks;
    this.#end = Math.max(lasted, 0.001);
    this.#draw(marks, end);
    this.#read(Math.min(this.#place ?? Math.max(0, ticks.findIndex((tick) => tick.counts)), ticks.length - 1));
  }

  #x(at) {
    return LEFT + (at / this.#end) * (RIGHT - LEFT);
  }

  #draw(marks, end) {
    const lanes = Object.entries(LANES).flatMap(([lane, y]) => [
      svg("text", { x: 0, y: y + 4, class: "lane-name" }, lane),
      svg("line", { x1: LEFT, x2: RIGHT, y1: y, y2: y, class: "lane" }),
    ]);
    const ticks = this.#ticks.map(({ at, lane, counts }, index) => {
      const [x, y, tall] = [this.#x(at), LANES[lane], counts ? 13 : 18];
      return svg("line", { x1: x, x2: x, y1: y - tall, y2: y + tall, class: `tick ${lane}${counts ? "" : " head"}`, "data-tick": index });
    });
    const first = this.#ticks.find((tick) => tick.lane === "server");
    const wait = first ? [svg("rect", { x: LEFT, y: 56, width: Math.max(0, this.#x(first.at) - LEFT), height: 6, class: "waiting" })] : [];
    const struck = marks.map(({ at, words }) => {
      const x = this.#x(at);
      const side = x > WIDTH * 0.7 ? { x: x - 8, "text-anchor": "end" } : { x: x + 8 };
      return svg(
        "g",
        { class: "mark" },
        svg("path", { d: `M${x - 5} 9 L${x + 5} 19 M${x + 5} 9 L${x - 5} 19 M${x} 19 V102` }),
        svg("text", { ...side, y: 14 }, words),
      );
    });
    const scale = [
      svg("text", { x: LEFT, y: HEIGHT - 4, class: "scale" }, "0"),
      svg("text", { x: RIGHT, y: HEIGHT - 4, class: "scale", "text-anchor": "end" }, `${seconds(this.#end)}, ${end}`),
    ];
    this.#picture.replaceChildren(...lanes, ...wait, ...ticks, ...struck, ...scale);
  }

  #read(place) {
    const tick = this.#ticks[place];
    this.#slider.setAttribute("aria-valuemin", "1");
    this.#slider.setAttribute("aria-valuemax", String(Math.max(1, this.#ticks.length)));
    for (const line of this.#picture.querySelectorAll(".chosen")) {
      line.classList.remove("chosen");
    }
    if (!tick) {
      say(this.#words, "Nothing has crossed yet.");
      say(this.#bytes, "");
      return;
    }
    this.#picture.querySelector(`[data-tick="${place}"]`)?.classList.add("chosen");
    const from = tick.lane === "client" ? "from the client" : "from the server";
    const words = `${tick.label}: ${size(tick.data.length)} ${from} at ${seconds(tick.at)}`;
    const before = this.#ticks.slice(0, place).findLast((one) => one.lane === tick.lane);
    say(this.#words, before ? `${words}, ${seconds(tick.at - before.at)} after the one before` : words);
    say(this.#bytes, lines(tick.data.slice(0, SHOWN)) + (tick.data.length > SHOWN ? " …" : ""));
    this.#slider.setAttribute("aria-valuenow", String(place + 1));
    this.#slider.setAttribute("aria-valuetext", `${words}. ${plural(this.#ticks.length, "moment")} in all`);
  }

  #choose(place) {
    this.#place = Math.max(0, Math.min(place, this.#ticks.length - 1));
    this.#read(this.#place);
  }

  #key(event) {
    const at = this.#place ?? Number(this.#slider.getAttribute("aria-valuenow")) - 1;
    const last = this.#ticks.length - 1;
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.#choose(to);
    }
  }

  #point(event) {
    const box = this.#picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const y = ((event.clientY - box.top) / box.height) * HEIGHT;
    const far = this.#ticks.map(({ at, lane }) => Math.abs(this.#x(at) - x) + Math.abs(LANES[lane] - y) / 4);
    const nearest = far.indexOf(Math.min(...far));
    if (nearest >= 0 && far[nearest] < 40) {
      this.#choose(nearest);
    }
  }
}
