// All ways in one picture: a lane each, a tick for each piece of text. Knows times only.

import { seconds, svg } from "../shared/dom.js";

const WIDTH = 1000;
const LEFT = 140;
const RIGHT = 880;
const STEP = 30;

/** `ways` have title, state, ticks and total; the longest of them sets the scale. */
export function lanes(ways) {
  const longest = Math.max(0.5, ...ways.flatMap(({ ticks, total }) => [...ticks, total ?? 0]));
  const x = (at) => LEFT + (at / longest) * (RIGHT - LEFT);
  const rows = ways.flatMap(({ title, state, ticks, total }, index) => {
    const y = 18 + index * STEP;
    const end = total ?? ticks.at(-1) ?? 0;
    return [
      svg("text", { x: 0, y: y + 4 }, title),
      svg("line", { x1: LEFT, x2: x(end), y1: y, y2: y, class: "lane" }),
      ...ticks.map((at) => svg("line", { x1: x(at), x2: x(at), y1: y - 9, y2: y + 9, class: "tick" })),
      svg("text", { x: x(end) + 8, y: y + 4 }, total === null ? "" : state.startsWith("failed") ? "failed" : state.replace(" by you", "")),
    ];
  });
  const bottom = 18 + ways.length * STEP;
  const scale = [
    svg("text", { x: LEFT, y: bottom }, "0"),
    svg("text", { x: RIGHT, y: bottom, "text-anchor": "end" }, seconds(longest)),
  ];
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${bottom + 6}`, role: "img", "aria-label": words(ways) }, ...rows, ...scale);
}

export function words(ways) {
  const told = ways.filter(({ ticks, total }) => ticks.length || total !== null).map(({ title, ticks, total }) => {
    const first = ticks.length ? `first text at ${seconds(ticks[0])}` : "no text";
    return `${title}: ${first}${total === null ? "" : `, over at ${seconds(total)}`}`;
  });
  return told.length ? `${told.join("; ")}.` : "Nothing has been started yet.";
}
