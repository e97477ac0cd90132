// "What the SDK hid from you": a chat stream as the `openai` client hands it to a program, beside what crossed.

import { el, facts, plural, seconds } from "../shared/dom.js";
import { joined, reading, retryWords } from "./sdk.js";

export function chatView(exchange, { earlier = [] }) {
  const { record, asked, answered } = exchange;
  const isSdk = asked.headers.some(([name]) => name.toLowerCase().startsWith("x-stainless-"));
  const whose = isSdk
    ? "The openai client sent this request."
    : "Another client sent this request. This is what the openai client would have made of the same bytes.";
  const retries = retryFacts(record, answered, earlier);
  if (!exchange.isChat) {
    return [el("p", {}, whose), facts(retries)];
  }
  const seen = reading(exchange.pieces, { whole: exchange.whole, ended: record.ended });
  const answer = joined(seen.given);
  return [
    el("p", {}, whose),
    el("div", { class: "columns" }, got(seen, answer), hidden(seen, answer, exchange, retries)),
  ];
}

function got(seen, { choices, usage }) {
  return el(
    "section",
    {},
    el("h4", {}, "The program got"),
    facts([
      ["Chunks", plural(seen.given.length, "object")],
      ...choices.flatMap((choice) => choiceFacts(choice, choices.length > 1)),
      ["Usage", usage ? `${usage.prompt_tokens} + ${usage.completion_tokens} = ${usage.total_tokens} tokens` : "none: no chunk carried it"],
      ["How the loop ended", seen.ending.words],
    ]),
  );
}

function choiceFacts({ index, text, deltas, tools, finish }, many) {
  const of = many ? ` of choice ${index}` : "";
  const calls = tools.filter(Boolean).map(({ name, arguments: said, fragments }) => `${name}(${said}), joined from ${plural(fragments, "delta")}`);
  return [
    [`Deltas${of}, joined`, text ? el("blockquote", {}, text) : ""],
    [`Deltas${of} with text`, String(deltas)],
    [`Tool calls${of}`, calls.join("; ")],
    [`finish_reason${of}`, finish ?? "none: it never came"],
  ];
}

function hidden(seen, { choices, usageChunks }, { record, pieces, answered }, retries) {
  const roles = choices.filter(({ role }) => role !== null).map(({ role }) => role);
  const body = pieces.reduce((sum, { data }) => sum + data.length, 0);
  const text = choices.reduce((sum, choice) => sum + new TextEncoder().encode(choice.text).length, 0);
  const first = pieces[0]?.at;
  return el(
    "section",
    {},
    el("h4", {}, "What crossed besides"),
    facts([
      ["[DONE]", seen.done ? "came, and was swallowed" : "never came"],
      ["Role chunk", roles.length ? `said “${roles.join("”, “")}” before any text` : "none"],
      ["Usage chunk", usageChunks ? "came with an empty list of choices: choices[0] fails on it" : "none"],
      ["Comments dropped", some(seen.comments, "comment") || "none"],
      ["Ids", some(seen.ids, "id")],
      ["retry:", some(seen.retries, "line")],
      ["Event names", some(seen.names, "name")],
      ["Unknown fields", some(seen.ignored, "line")],
      ["Bytes not read", seen.unread ? `${seen.unread} after the loop ended` : "none"],
      ["Bytes of body", `${body} crossed for ${text} bytes of text`],
      ["First piece of body", first === undefined ? "" : `at ${seconds(first)}; the client keeps no times`],
      ["Headers", `${answered.headers.length} lines; a program sees them only through with_raw_response`],
      ["Fault", record.fault],
      ...retries,
    ]),
  );
}

const some = (all, noun) => (all.length ? `${plural(all.length, noun)}: ${[...new Set(all)].slice(0, 4).join(", ")}` : "");

function retryFacts({ status, retry_count: count }, { headers }, earlier) {
  const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const before = earlier.map((row) => `#${row.number} (${row.status ?? "no answer"})`).join(", ");
  return [
    ["This try", count === null ? "says nothing of retries" : count === 0 ? "the first one" : `retry ${count}, made by the client itself`],
    ["Tries before it", count ? before : ""],
    ["After this answer", retryWords(status, named)],
  ];
}
