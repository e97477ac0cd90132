// Lanes on one axis of time. Knows how to draw and to walk over ticks; every word of the wire stands as text.

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 300];
const MARKS = 8; // at most so many numbers on the axis
const NARROW = 12; // percent: a segment below this has no room for words

let views = 0;

function render({ model, el }) {
  const root = element("div", "wirelab-timeline wirelab-box");
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // arrows walk the ticks here, not JupyterLab's cells
  el.append(root);
  const draw = () => new Timeline(root, model.get("lanes"), model.get("together"), `wt${(views += 1)}`).draw();
  draw();
  model.on("change:lanes", draw);
  return () => model.off("change:lanes", draw);
}

class Timeline {
  constructor(root, lanes, together, id) {
    const first = Math.min(...lanes.map((lane) => lane.opened));
    this.lanes = lanes.map((lane) => ({ ...lane, shift: together ? lane.opened - first : 0 }));
    this.span = Math.max(0.001, ...this.lanes.map((lane) => lane.shift + lane.end)) * 1.02;
    this.together = together;
    Object.assign(this, { root, id, rows: [], chosen: null });
  }

  draw() {
    this.root.replaceChildren();
    this.lanes.forEach((lane, row) => this.root.append(this.title(lane), this.lane(lane, row)));
    this.detail = element("div", "detail");
    this.detail.setAttribute("role", "status");
    this.detail.setAttribute("aria-label", "What crossed");
    this.root.append(this.axis(), this.legend(), this.detail);
    this.detail.append(element("p", "hint", "Point at a tick, or Tab to a lane and use the arrow keys."));
  }

  title(lane) {
    const title = element("p", "lane-title");
    title.append(element("strong", "", lane.name), ` → ${lane.status} · ${lane.counted} · `);
    title.append(element("span", lane.ended === "complete" ? "" : "wirelab-bad", lane.ended));
    title.append(` · ${seconds(lane.end)}`);
    for (const fault of lane.faults) title.append(element("span", "wirelab-bad", ` · ⚡ ${fault.says}`));
    return title;
  }

  lane(lane, row) {
    const box = element("div", "lane");
    const faults = lane.faults.map((fault) => fault.says).join(", ");
    box.tabIndex = 0;
    attributes(box, {
      role: "listbox",
      "aria-orientation": "horizontal",
      "aria-label": `${lane.name}, ${lane.counted}, ${lane.ended}${faults && `, ${faults}`}`,
    });
    box.append(
      this.segment("sending", lane, 0, lane.asked, ""),
      this.segment("waiting", lane, lane.asked, lane.first, `waiting ${seconds(lane.first - lane.asked)}`),
      this.segment("answering", lane, lane.first, lane.end, ""),
    );
    const ticks = lane.ticks.map((tick, place) => {
      const mark = element("span", `tick ${tick.kind}`);
      mark.style.left = this.percent(lane, tick.at);
      attributes(mark, { role: "option", id: `${this.id}-${row}-${place}`, "aria-selected": "false" });
      mark.setAttribute("aria-label", `${tick.label}, at ${seconds(tick.at)}, ${bytes(tick.size)}`);
      return mark;
    });
    box.append(...ticks);
    const struck = lane.faults.filter((fault) => fault.at !== null); // nobody can say when the others did
    for (const fault of struck) box.append(this.flag(lane, fault.at, "fault", "⚡"));
    if (lane.ended !== "complete") box.append(this.flag(lane, lane.end, "broken", "✕"));
    this.rows.push({ box, ticks });
    box.addEventListener("keydown", (event) => this.key(event, row));
    box.addEventListener("pointermove", (event) => this.point(event, row));
    box.addEventListener("focus", () => this.chosen?.row === row || this.choose(row, 0));
    return box;
  }

  segment(kind, lane, from, to, says) {
    const segment = element("span", `segment ${kind}`);
    const width = (100 * Math.max(0, to - from)) / this.span;
    Object.assign(segment.style, { left: this.percent(lane, from), width: `${width}%` });
    if (says && width > NARROW) segment.append(element("span", "", says));
    segment.setAttribute("aria-hidden", "true");
    return segment;
  }

  flag(lane, at, kind, sign) {
    const flag = element("span", `flag ${kind}`, sign);
    flag.style.left = this.percent(lane, at);
    flag.setAttribute("aria-hidden", "true"); // the title says it in words
    return flag;
  }

  axis() {
    const axis = element("div", "axis");
    const step = STEPS.find((each) => this.span / each <= MARKS) ?? this.span;
    for (let at = 0; at <= this.span; at += step) {
      const mark = element("span", "", `${Number(at.toFixed(3))} s`);
      mark.style.left = `${(100 * at) / this.span}%`;
      axis.append(mark);
    }
    axis.setAttribute("aria-hidden", "true");
    return axis;
  }

  legend() {
    const since = this.together ? "seconds since the first request began" : "seconds since each request began";
    const frames = this.lanes.some((lane) => lane.ticks.some((tick) => tick.kind === "received"));
    const sides = frames ? "; above the line the server's frames, below it the client's" : "";
    const signs = "▸ request, □ the answer's head, | a chunk or frame as it crossed, hatched: waiting for the first words";
    const struck = this.lanes.some((lane) => lane.faults.some((fault) => fault.at !== null)) ? ", ⚡ a fault struck" : "";
    const broken = this.lanes.some((lane) => lane.ended !== "complete") ? ", ✕ broken off" : "";
    return element("p", "hint", `${since}; ${signs}${struck}${broken}${sides}`);
  }

  percent(lane, at) {
    return `${(100 * (lane.shift + at)) / this.span}%`;
  }

  key(event, row) {
    const ticks = this.rows[row].ticks;
    const place = this.chosen?.row === row ? this.chosen.place : -1;
    const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: ticks.length - 1 };
    const other = row + { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key in steps) {
      this.choose(row, Math.min(ticks.length - 1, Math.max(0, steps[event.key])));
    } else if (this.rows[other]) {
      const lane = this.lanes[row];
      const at = place < 0 ? 0 : lane.shift + lane.ticks[place].at;
      this.choose(other, this.nearest(other, at));
      this.rows[other].box.focus({ preventScroll: true });
    } else if (!Number.isFinite(other)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  point(event, row) {
    const box = this.rows[row].box.getBoundingClientRect();
    const below = event.clientY > box.top + box.height / 2;
    this.choose(row, this.nearest(row, ((event.clientX - box.left) / box.width) * this.span, below));
  }

  // The tick nearest in time; where both sides of a WebSocket talk, on the side that is pointed at.
  nearest(row, at, below = null) {
    const lane = this.lanes[row];
    const far = (tick) =>
      Math.abs(lane.shift + tick.at - at) +
      (below !== null && ["received", "sent"].includes(tick.kind) && (tick.kind === "received") !== below ? this.span : 0);
    return lane.ticks.reduce((best, tick, place) => (far(tick) < far(lane.ticks[best]) ? place : best), 0);
  }

  choose(row, place) {
    if (this.chosen?.row === row && this.chosen.place === place) return;
    if (this.chosen) this.rows[this.chosen.row].ticks[this.chosen.place].setAttribute("aria-selected", "false");
    this.chosen = { row, place };
    const mark = this.rows[row].ticks[place];
    mark.setAttribute("aria-selected", "true");
    this.rows[row].box.setAttribute("aria-activedescendant", mark.id);
    this.show(this.lanes[row], this.lanes[row].ticks[place]);
  }

  show(lane, tick) {
    const title = element("p", "what");
    title.append(element("strong", "", tick.label), ` of ${lane.name}, at ${seconds(tick.at)}, ${bytes(tick.size)}`);
    this.detail.replaceChildren(title, element("pre", "bytes", tick.text));
    if (tick.note) this.detail.append(element("p", "hint", tick.note));
    if (!tick.fields.length) return;
    const table = element("table", "fields");
    for (const [name, value] of tick.fields) {
      const line = table.insertRow();
      line.append(element("th", "", name), element("td", "", value));
      line.firstChild.scope = "row";
    }
    this.detail.append(table);
  }
}

// The only way a word gets on the page: as text.
function element(tag, kind = "", text = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text) made.textContent = text;
  return made;
}

function attributes(node, wanted) {
  for (const [name, value] of Object.entries(wanted)) node.setAttribute(name, value);
}

function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

function bytes(size) {
  return `${size} byte${size === 1 ? "" : "s"}`;
}

export default { render };
