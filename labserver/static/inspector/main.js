// The inspector's own wiring: key, tail, list, filter, the open exchange. Everything else has a file of its own.

import { plural, say } from "../shared/dom.js";
import { keepKey, takeKey } from "../shared/place.js";
import { Detail } from "./detail.js";
import { fits } from "./filter.js";
import { Journal } from "./journal.js";
import { List } from "./list.js";
import { Rows } from "./rows.js";
import { Tail } from "./tail.js";

const FIRST = 200; // exchanges that are shown of what was there before
const OFTEN = 250; // milliseconds between two looks at an exchange that is still open, or longer where a look is costly
const REST = 4; // a look may cost a fifth of the time
const WIDE = matchMedia("(min-width: 70rem)");

const at = (id) => document.getElementById(id);
const journal = new Journal();
const rows = new Rows();
const list = new List(at("list"), (number) => open(number).catch(report));
const detail = new Detail(at("detail"), (kind, number) => journal.save(kind, number).catch(report));
const tail = new Tail({ open: refresh, event: hear, state: (words) => say(at("state"), words), refused: askForKey });

let wanted = null; // the number of the open exchange
let looking = null; // the timer of its next look
let cost = 0; // milliseconds that the last look took
let drawing = false;

async function start() {
  journal.key = takeKey();
  at("access").hidden = true;
  try {
    if (!journal.key && !(await journal.isSolo())) {
      askForKey("This server is for many: the open sandbox has no readable journal. Watch a sandbox of your own.");
      return;
    }
    detail.faults = await journal.faults();
  } catch (error) {
    askForKey(error.message);
    return;
  }
  at("watching").hidden = at("detail").hidden = false;
  tail.follow(journal.key).catch(report);
}

function askForKey(why) {
  tail.stop();
  say(at("state"), "Not listening.");
  say(at("why"), why);
  at("watching").hidden = at("detail").hidden = true;
  at("access").hidden = false;
  at("key").focus();
}

/** The journal as it stands: at the start, and whenever the tail had to come back. */
async function refresh() {
  const records = await journal.records(FIRST);
  rows.clear();
  for (const record of records) {
    rows.put(record, record.request.map(([, text]) => text).join("").trimStart().split("\r\n", 1)[0]);
  }
  draw();
  if (wanted !== null) {
    look();
  }
}

function hear(name, data) {
  if (name === "missed") {
    refresh().catch(report);
    return;
  }
  const row = rows.hear(name, data);
  if (name === "reset") {
    close("The sandbox was reset: its journal begins anew.");
  }
  if (row && row.number === wanted) {
    look(name === "ended" ? 0 : OFTEN);
  }
  draw();
}

/** Many events may arrive between two pictures; the list is drawn once for all of them. */
function draw() {
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const shown = rows.all.filter((row) => fits(row, choice()));
      list.show(shown);
      say(at("count"), shown.length === rows.all.length ? plural(shown.length, "exchange") : `${shown.length} of ${plural(rows.all.length, "exchange")}`);
      at("empty").hidden = rows.all.length > 0;
    });
  }
}

const choice = () => ({ text: at("text").value, status: at("status").value, kind: at("kind").value });

async function open(number) {
  wanted = number;
  list.mark(number);
  clearTimeout(looking);
  looking = null;
  await show();
}

/** Look at the open exchange again soon; several wishes are one look. */
function look(soon = 0) {
  if (soon === 0) {
    clearTimeout(looking);
    looking = null;
  }
  looking ??= setTimeout(() => {
    looking = null;
    show().catch(report);
  }, soon && Math.max(soon, cost * REST));
}

async function show() {
  const [number, begun] = [wanted, performance.now()];
  const record = await journal.record(number);
  if (number !== wanted) {
    return; // the reader went on meanwhile
  }
  if (!record) {
    close("The journal has let this exchange go: it keeps the newest.");
    return;
  }
  const isNew = detail.number !== number;
  detail.show(record, triesBefore(record));
  cost = performance.now() - begun;
  if (isNew && !WIDE.matches) {
    at("detail").scrollIntoView();
  }
}

/** The tries of the same request that the client says came before this one, nearest first counted back. */
function triesBefore(record) {
  const row = rows.get(record.number);
  const found = [];
  for (const other of rows.all) {
    const due = (record.retry_count ?? 0) - found.length - 1;
    if (row && due >= 0 && other.number < row.number && other.target === row.target && other.retries === due) {
      found.unshift(other);
    }
  }
  return found;
}

function close(words) {
  wanted = null;
  list.mark(null);
  detail.clear(words);
}

function report(error) {
  say(at("state"), error.message);
}

at("filter").addEventListener("input", draw);
at("filter").addEventListener("submit", (event) => event.preventDefault());
at("ask-key").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(at("key").value.trim());
  at("key").value = "";
  start();
});
at("other-key").addEventListener("click", () => {
  keepKey("");
  askForKey("Which sandbox do you want to watch?");
});
at("all-har").addEventListener("click", () => journal.save("har").catch(report));
at("all-jsonl").addEventListener("click", () => journal.save("jsonl").catch(report));
addEventListener("hashchange", () => location.hash && start());
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    at("text").focus();
  } else if (event.key === "Escape") {
    list.focus();
  }
});

start();
