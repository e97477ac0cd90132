// Elements with text in them. Knows no page. Text is always text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/** `el("td", { class: "size" }, "12 bytes")`; a function under `onclick` and its like becomes a listener. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for the pieces of a picture. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A table with a head; `rows` are lists of strings or nodes. */
export function table(heads, rows, caption = "") {
  return el(
    "table",
    { class: "facts" },
    caption ? el("caption", {}, caption) : null,
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell))))),
  );
}

/** Names and what is to be said of them; those with nothing to say are left out. */
export function facts(pairs) {
  const said = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "pairs" }, said.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** Write only what changed, so that a reader's selection and a screen reader's place stay. */
export function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Seconds as people read them: `0.4 ms`, `0.412 s`, `12.3 s`. */
export function seconds(time) {
  return time < 0.1 ? `${(time * 1000).toFixed(1)} ms` : `${time.toFixed(time < 10 ? 3 : 1)} s`;
}
