// What the `openai` client (Python, 3.x) makes of a chat stream's bytes. Pure: bytes in, what a program gets out.
// Source: openai/_streaming.py. It differs from the standard: no byte order mark is stripped, and an `id:` or a lone
// `retry:` makes an event of a block that has no data. Tested against the real client.

import { bytes } from "./bytes.js";

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** {given, ending, comments, done, ids, retries, names, ignored, unread}; `ending` is {kind, words}. */
export function reading(pieces, { whole, ended }) {
  const raw = pieces.map((piece) => piece.data).join("");
  const seen = { given: [], comments: [], done: false, ids: [], retries: [], names: [], ignored: [], unread: 0 };
  let block = fresh(null);
  let at = 0;
  for (const line of linesOf(raw)) {
    at += line.width;
    if (line.text !== "") {
      take(block, line.text, seen);
      continue;
    }
    if (block.event === "" && block.data.length === 0 && !block.id && block.retry === null) {
      continue;
    }
    const data = block.data.join("\n");
    block = fresh(block.id); // the client remembers the id, and so makes an event of every later blank line
    if (data.startsWith("[DONE]")) {
      seen.done = true;
      seen.unread = raw.length - at;
      return { ...seen, ending: { kind: "done", words: "The loop ends: the client saw [DONE] and kept it to itself." } };
    }
    const stop = judge(data, seen);
    if (stop) {
      return { ...seen, unread: raw.length - at, ending: stop };
    }
  }
  return { ...seen, ending: silence(whole, ended) };
}

const fresh = (id) => ({ event: "", data: [], id, retry: null });

function* linesOf(raw) {
  for (const [found, text, end] of raw.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    if (found !== "" && (end || text)) {
      yield { text: decoded(text), width: found.length };
    }
  }
}

function decoded(latin1) {
  try {
    return STRICT.decode(bytes(latin1));
  } catch {
    return latin1;
  }
}

function take(block, line, seen) {
  const [name, ...rest] = line.split(":");
  const value = rest.join(":").replace(/^ /, "");
  if (line.startsWith(":")) {
    seen.comments.push(value);
  } else if (name === "data") {
    block.data.push(value);
  } else if (name === "event") {
    block.event = value;
    seen.names.push(value);
  } else if (name === "id") {
    block.id = value.includes("\0") ? block.id : value;
    seen.ids.push(value);
  } else if (name === "retry") {
    block.retry = /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : block.retry;
    seen.retries.push(value);
  } else {
    seen.ignored.push(line);
  }
}

function judge(data, seen) {
  let chunk;
  try {
    chunk = JSON.parse(data);
  } catch {
    const what = data === "" ? "an event without data" : `data that is not JSON: ${data.slice(0, 60)}`;
    return { kind: "JSONDecodeError", words: `The loop raises json.JSONDecodeError over ${what}.` };
  }
  if (chunk?.error && !Array.isArray(chunk)) {
    const said = typeof chunk.error.message === "string" && chunk.error.message ? chunk.error.message : "";
    const message = said || "An error occurred during streaming";
    return { kind: "APIError", words: `The loop raises openai.APIError: ${message}` };
  }
  seen.given.push(chunk);
  return null;
}

function silence(whole, ended) {
  if (ended === null) {
    return { kind: "open", words: "The stream is still open: the loop waits for the next chunk." };
  }
  if (ended === "client left") {
    return { kind: "left", words: "The program left the loop and closed the stream; nothing is raised." };
  }
  if (!whole) {
    return {
      kind: "APIConnectionError",
      words: "The loop raises openai.APIConnectionError: the connection ended inside the body. It is not tried again.",
    };
  }
  return {
    kind: "truncated",
    words: "The loop ends without a word, though no [DONE] came: to the program this looks like a whole answer.",
  };
}

/** The given chunks joined as a program would: per choice the role, text, refusals, tool calls and finish_reason. */
export function joined(given) {
  const choices = new Map();
  let usage = null;
  let usageChunks = 0;
  for (const chunk of given) {
    if (chunk.usage) {
      usage = chunk.usage;
      usageChunks += (chunk.choices ?? []).length === 0;
    }
    for (const { index = 0, delta = {}, finish_reason: finish } of chunk.choices ?? []) {
      const choice = choices.get(index) ?? { index, role: null, text: "", deltas: 0, tools: [], finish: null };
      choices.set(index, choice);
      choice.role ??= delta.role ?? null;
      choice.text += delta.content ?? "";
      choice.deltas += Boolean(delta.content);
      choice.finish = finish ?? choice.finish;
      (delta.tool_calls ?? []).forEach((call) => addCall(choice.tools, call));
    }
  }
  return { choices: [...choices.values()], usage, usageChunks };
}

function addCall(tools, { index = 0, function: called = {} }) {
  tools[index] ??= { name: "", arguments: "", fragments: 0 };
  tools[index].name ||= called.name ?? "";
  tools[index].arguments += called.arguments ?? "";
  tools[index].fragments += 1;
}

/** Whether the client asks again by itself after this answer, in words; "" where the question does not arise. */
export function retryWords(status, headers) {
  const wish = headers["x-should-retry"];
  const again = wish === "true" || (wish !== "false" && ([408, 409, 429].includes(status) || status >= 500));
  if (status === null || status < 400) {
    return "";
  }
  if (!again) {
    return `The client raises at once: ${wish === "false" ? "x-should-retry: false forbids a retry" : `${status} is not one it tries again`}.`;
  }
  const wait = headers["retry-after-ms"] ? `${headers["retry-after-ms"]} ms` : headers["retry-after"];
  const after = wait ? `, after the wait that the answer asks for (${wait}${/^\d+$/.test(wait) ? " s" : ""})` : ", after a short wait";
  return `The client tries again by itself, up to 2 times${after}. The program hears nothing of it.`;
}
