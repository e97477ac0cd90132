// The tabs of an open exchange: a name, whether it applies, and a picture of it. Adding one is a row here.

import { el, facts, seconds, table } from "../shared/dom.js";
import { dump, escaped, lines, size } from "./bytes.js";
import { payloadOf } from "./exchange.js";
import { chatView } from "./sdk_view.js";

const MOST = 64 * 1024; // bytes of each direction on the page; a download has all
const MOST_ROWS = 1000;

/** name -> {fits(exchange), show(exchange, choices)}; `choices` is what the reader chose, kept between redraws. */
export const VIEWS = {
  Bytes: { fits: () => true, show: bytesView },
  Headers: { fits: () => true, show: headersView },
  Events: { fits: ({ events }) => events !== null, show: eventsView },
  Frames: { fits: ({ record }) => record.kind === "websocket", show: framesView },
  "What the SDK hid": { fits: (exchange) => isForSdk(exchange), show: chatView },
};

const isForSdk = ({ isChat, asked, record }) => isChat || (record.status >= 400 && asked.start.includes("/v1/"));

function bytesView({ record }, choices) {
  const hexadecimal = el("input", { type: "checkbox", checked: choices.hex, onchange: () => choices.set({ hex: !choices.hex }) });
  const both = [
    ["The client sent", record.request],
    ["The server sent", record.response],
  ];
  return [
    el("p", {}, el("label", {}, hexadecimal, " in hexadecimal")),
    ...both.flatMap(([title, pieces]) => bytesOf(title, pieces.map(([, text]) => text).join(""), choices.hex)),
    record.frames.length > 0 ? el("p", { class: "quiet" }, "After the handshake come frames: see the tab Frames.") : null,
    record.dropped ? el("p", {}, `${size(record.dropped)} more crossed than the journal keeps.`) : null,
  ].filter(Boolean);
}

function bytesOf(title, raw, hex) {
  const shown = raw.slice(0, MOST);
  const text = hex ? dump(shown) : lines(shown);
  const more = raw.length > MOST ? el("p", {}, `… and ${size(raw.length - MOST)} more: a download has all.`) : null;
  return [el("h4", {}, `${title}: ${size(raw.length)}`), el("pre", { class: hex ? "hex" : "wire" }, text || "(nothing)"), more].filter(Boolean);
}

function headersView({ asked, answered }) {
  return [
    ["Request", asked],
    ["Response", answered],
  ].flatMap(([title, message]) => [
    el("h4", {}, title),
    message.start ? el("pre", {}, escaped(message.start)) : el("p", {}, "(nothing came)"),
    message.headers.length > 0
      ? table(["Name", "Value"], message.headers.map(([name, value]) => [escaped(name), escaped(value)]))
      : el("p", { class: "quiet" }, "No header lines."),
  ]);
}

const EVENT_WORDS = {
  comment: "a comment: every reader drops it",
  id: "sets the last event id",
  retry: "sets the reconnection time",
  bom: "a byte order mark: one at the start is stripped",
  unknown: "an unknown field: ignored",
};

const moreRows = (all) => (all.length > MOST_ROWS ? el("p", {}, `… and ${all.length - MOST_ROWS} more: a download has all.`) : null);

function eventsView({ events }) {
  let number = 0;
  const rows = events.found.slice(0, MOST_ROWS).map((one) => {
    if (one.kind !== "event") {
      return ["", seconds(one.at), one.kind, "", `${one.text}${one.text ? " — " : ""}${EVENT_WORDS[one.kind]}`];
    }
    number += 1;
    return [String(number), seconds(one.at), one.event, one.id, el("code", {}, one.data)];
  });
  return [
    el("p", {}, `${events.dispatched.length} dispatched, read by the standard's rules (WHATWG HTML, 9.2.6).`),
    table(["Event", "At", "Type", "Id", "Data"], rows),
    moreRows(events.found),
    events.unfinished ? el("p", {}, "The last block was never ended by a blank line, so a reader discards it.") : null,
  ].filter(Boolean);
}

function framesView({ record }) {
  const rows = record.frames.slice(0, MOST_ROWS).map((frame, index) => [
    String(index + 1),
    seconds(frame.at),
    frame.direction === "received" ? "client →" : "← server",
    frame.opcode,
    frame.fin ? "yes" : "no",
    frame.mask ?? "none",
    `${frame.payload.length} of ${frame.size}`,
    el("code", {}, payloadOf(frame)),
  ]);
  const { received, sent } = record.unfinished;
  return [
    facts([["Reserved bits", record.frames.some(({ rsv }) => rsv) ? "some are set" : "none set: no extension is in use"]]),
    table(["Frame", "At", "From", "Opcode", "Fin", "Mask", "Payload of bytes", "Payload"], rows),
    moreRows(record.frames),
    received + sent ? el("p", {}, `${size(received + sent)} of a last frame came that never was whole.`) : null,
  ].filter(Boolean);
}
