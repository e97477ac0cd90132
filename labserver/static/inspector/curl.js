// A recorded request as a curl command. The key is said as $KEY: the journal never had it. Knows shells' quoting.

import { bytes } from "./bytes.js";
import { content, field } from "./message.js";

const OWN = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "keep-alive", "expect"]);
const BLOTTED = /\[key\*+\]/g;

/** The command, or "" where curl cannot say this request. */
export function curl({ record, asked }, origin) {
  const [method, target = ""] = asked.start.split(" ");
  if (record.malformed || !/^[A-Z]+$/.test(method) || !target.startsWith("/")) {
    return "";
  }
  const body = content(asked).pieces.map((piece) => piece.data).join("");
  const words = ["curl", "--no-buffer", "--include"];
  if (method !== (body ? "POST" : "GET")) {
    words.push(...(method === "HEAD" ? ["--head"] : ["--request", method]));
  }
  words.push(quoted(origin + target));
  for (const [name, value] of asked.headers.filter(([name]) => isWorthSaying(name, asked, record))) {
    words.push("\\\n ", "--header", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (body) {
    words.push("\\\n ", "--data-binary", quoted(body));
  }
  return words.join(" ").replaceAll(" \\\n  ", " \\\n  ");
}

/** What curl says of itself is left out; of a WebSocket's handshake everything is needed. */
function isWorthSaying(name, asked, { kind }) {
  const lower = name.toLowerCase();
  if (kind === "websocket" && lower === "connection") {
    return field(asked, "upgrade") !== "";
  }
  return !OWN.has(lower);
}

/** One word for bash and zsh that means these bytes, whatever they are; a blotted key becomes "$KEY". */
export function quoted(latin1) {
  return latin1
    .split(BLOTTED)
    .map((part) => (part === "" ? "" : word(part)))
    .join('"$KEY"');
}

function word(latin1) {
  if (/^[ -~\n]*$/.test(latin1)) {
    return `'${latin1.replaceAll("'", "'\\''")}'`;
  }
  const codes = Array.from(bytes(latin1), (code) => (code >= 32 && code < 127 && code !== 39 && code !== 92
    ? String.fromCharCode(code)
    : `\\x${code.toString(16).padStart(2, "0")}`));
  // A letter behind \x.. that is itself a hexadecimal digit is no part of it: two digits are the most.
  return `$'${codes.join("")}'`;
}
