// One exchange of the journal, read once: heads, ticks in time, events, frames. Knows no page and no network.

import { Decoder } from "../shared/eventstream.js";
import { bytes, escaped, size, utf8 } from "./bytes.js";
import { chunks, content, field, isChunked, split } from "./message.js";

/** Everything that the views need, worked out of one journal record. */
export function read(record) {
  const asked = split(record.request);
  const answered = split(record.response);
  const { pieces, whole } = content(answered);
  const isStream = field(answered, "content-type").toLowerCase().startsWith("text/event-stream");
  return {
    record,
    asked,
    answered,
    pieces,
    whole,
    isStream,
    events: isStream ? eventsIn(pieces) : null,
    isChat: isStream && /^POST \S*\/v1\/chat\/completions[?\s]/.test(asked.start),
    ticks: ticksOf(record, asked, answered),
    lasted: record.seconds ?? lastMoment(record),
  };
}

function lastMoment(record) {
  return Math.max(0, ...[...record.request, ...record.response].map(([at]) => at), ...record.frames.map(({ at }) => at));
}

/** Dispatched events, comments and what else the standard knows, each with its moment. */
function eventsIn(pieces) {
  const found = [];
  let at = 0;
  const decoder = new Decoder((kind, text) => {
    if (kind) {
      found.push({ at, kind, text });
    }
  });
  for (const piece of pieces) {
    at = piece.at;
    for (const event of decoder.feed(bytes(piece.data))) {
      found.push({ at, kind: "event", ...event });
    }
  }
  return { found, dispatched: found.filter(({ kind }) => kind === "event"), unfinished: decoder.unfinished };
}

/** What happened when, in time's order: {at, lane, label, data}. Lane is `client` or `server`. */
function ticksOf(record, asked, answered) {
  const ticks = [];
  if (asked.head) {
    ticks.push({ at: record.request[0][0], lane: "client", label: "request head", data: asked.head });
  }
  asked.body.forEach((piece, index) => {
    ticks.push({ at: piece.at, lane: "client", label: `request body, piece ${index + 1}`, data: piece.data });
  });
  if (answered.head) {
    ticks.push({ at: record.response[0][0], lane: "server", label: "response head", data: answered.head });
  }
  if (record.frames.length > 0) {
    ticks.push(...record.frames.map(frameTick));
  } else if (isChunked(answered)) {
    const found = chunks(answered.body);
    ticks.push(...found.map((chunk, index) => chunkTick(chunk, index, found.length)));
  } else {
    answered.body.forEach((piece, index) => {
      ticks.push({ at: piece.at, lane: "server", label: `body, piece ${index + 1}`, data: piece.data, counts: true });
    });
  }
  return ticks.sort((one, other) => one.at - other.at);
}

function chunkTick({ at, data }, index, count) {
  const label = data ? `chunk ${index + 1} of ${count}` : `chunk ${index + 1} of ${count}, empty: the end of the body`;
  return { at, lane: "server", label, data, counts: true };
}

export function frameTick(frame, index) {
  const code = frame.close_code === null ? "" : ` ${frame.close_code}`;
  const lane = frame.direction === "received" ? "client" : "server";
  return { at: frame.at, lane, label: `frame ${index + 1}, ${frame.opcode}${code}`, data: frame.payload, counts: true };
}

/** A frame's payload in words: a close frame's code and reason, else its text. */
export function payloadOf(frame) {
  if (frame.opcode === "close" && frame.payload.length >= 2) {
    return `${frame.close_code} ${utf8(frame.payload.slice(2))}`.trim();
  }
  return frame.opcode === "binary" ? `${size(frame.payload.length)}: ${escaped(frame.payload)}` : escaped(frame.payload);
}
