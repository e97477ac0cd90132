// How an exchange ended and which fault struck, in whole sentences. Knows records and the server's table of faults.

import { plural, seconds } from "../shared/dom.js";

const ENDS = {
  complete: "It ended as it should: the answer came whole.",
  failed: "As HTTP it ended as it should. Inside it an event tells of an error, which the status, sent long before, cannot.",
  "client left": "The client left before the answer was whole",
  "cut by a fault": "A fault closed the connection (FIN) under the answer.",
  "reset by a fault": "A fault broke the connection (RST) under the answer.",
  "server closed": "The server closed the connection.",
  "the lab hung up": "You asked the lab to hang up, and it did.",
};

export function ending({ record, events }) {
  if (record.ended === null) {
    return "It is still open.";
  }
  const how = record.ended === "complete" && events?.dispatched.some(tellsOfAnError) ? "failed" : record.ended;
  const said = closingWords(record) ?? ENDS[how] ?? `It ended: ${record.ended}.`;
  const where = record.ended !== "client left" ? "" : leftWords(record);
  const wasted = record.produced_after ? ` The model made ${plural(record.produced_after, "more delta")} that nobody read.` : "";
  const made = record.produced ? ` The model made ${plural(record.produced, "delta")}.` : "";
  return `${said}${where} It took ${seconds(record.seconds)}.${made}${wasted}`;
}

/** An error in any of the lab's event streams: by the event's name (seed 004), or in its data (seed 001, OpenAI). */
function tellsOfAnError({ event, data }) {
  if (/^(error|failed|response\.failed)$/.test(event)) {
    return true;
  }
  try {
    const told = JSON.parse(data);
    return told?.type === "error" || Boolean(told?.error);
  } catch {
    return false; // `[DONE]`, or no JSON at all
  }
}

/** A WebSocket ends well by a close frame each way (RFC 6455, section 7.1.2): who sent the first one tells who stopped. */
function closingWords({ kind, ended, status, frames }) {
  const first = kind === "websocket" && ended === "complete" && frames.find(({ opcode }) => opcode === "close");
  if (!first) {
    return kind === "websocket" && ended === "complete" && status !== 101 ? "The server refused the handshake." : null;
  }
  const who = first.direction === "received" ? "The client" : "The server";
  const sent = frames.slice(0, frames.indexOf(first)).filter(({ direction }) => direction === "sent").length;
  return `${who} closed the socket${first.close_code === null ? "" : ` with ${first.close_code}`}, after ${plural(sent, "frame")} from the server; the other side agreed.`;
}

function leftWords({ left_after: pieces, kind }) {
  return pieces === null ? "." : `, after ${plural(pieces, "piece")} of ${kind === "websocket" ? "its frames" : "body"}.`;
}

/** `cut;after=5,pings` -> [{name, knobs: {after: "5"}}] */
export function faultsIn(plan) {
  return plan.split(",").filter(Boolean).map((part) => {
    const [name, ...knobs] = part.split(";");
    return { name, knobs: Object.fromEntries(knobs.map((knob) => knob.split("="))) };
  });
}

/** A sentence for each fault of the plan, with what the server's own table says that it does. */
export function faultWords(plan, table) {
  return faultsIn(plan).map(({ name, knobs }) => {
    const set = Object.entries(knobs).map(([knob, value]) => `${knob} = ${value}`).join(", ");
    const does = table[name]?.does.replace(/`([^`]*)`/g, "“$1”");
    return `${name}${does ? `: ${does}` : ""}${set ? ` (${set})` : ""}`;
  });
}

/** Where on the timeline a fault struck: at the end for a cut, else after so many events or frames, where it says so. */
export function faultMarks({ record, events, lasted }) {
  const frames = record.frames.filter(({ direction, opcode }) => direction === "sent" && opcode !== "close");
  const moments = (events?.dispatched ?? frames).map(({ at }) => at);
  const isCut = /by a fault$/.test(record.ended ?? "");
  const names = new Map(); // moment -> the faults that struck then: their words must not lie on one another
  for (const { name, knobs } of faultsIn(record.fault)) {
    const after = Number(knobs.after ?? NaN);
    const ended = isCut && ["cut", "reset", "lose_reply", "truncate", "close"].includes(name);
    const at = ended ? lasted : (moments[Math.min(after, moments.length) - 1] ?? moments[0]);
    const moment = at ?? record.response[0]?.[0] ?? 0;
    names.set(moment, [...(names.get(moment) ?? []), name]);
  }
  return [...names].map(([at, struck]) => ({ at, words: `fault: ${struck.join(", ")}` }));
}
