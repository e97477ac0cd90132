// Bytes as people read them. The journal writes bytes as latin-1 text, one character a byte; so do all of these.

export const bytes = (latin1) => Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));

export const utf8 = (latin1) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(latin1));

/** The journal masks a key at its full length; a reader needs less. */
export const keyless = (text) => text.replace(/\[key\*+\]/g, "[key]");

export const size = (count) => `${count} byte${count === 1 ? "" : "s"}`;

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NAMED = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\", "\0": "\\0" };
const PLAIN = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Readable and still exact: UTF-8 as letters, everything else as an escape. Two byte strings never read the same. */
export function escaped(latin1) {
  let out = "";
  for (let at = 0; at < latin1.length; ) {
    const letter = letterAt(latin1, at);
    out += letter === null ? hex(latin1.charCodeAt(at)) : visible(letter);
    at += letter === null ? 1 : widthOf(letter.codePointAt(0));
  }
  return out;
}

/** The same with a line break behind each `\n`, for reading a head or a stream. */
export const lines = (latin1) => escaped(latin1).replace(/\\\\|\\n/g, (found) => (found === "\\n" ? "\\n\n" : found));

function letterAt(latin1, at) {
  const lead = latin1.charCodeAt(at);
  const width = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  try {
    return width === 0 ? null : STRICT.decode(bytes(latin1.slice(at, at + width))) || null;
  } catch {
    return null;
  }
}

const widthOf = (point) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
const hex = (code) => `\\x${code.toString(16).padStart(2, "0")}`;

function visible(letter) {
  if (NAMED[letter]) {
    return NAMED[letter];
  }
  const code = letter.codePointAt(0);
  return PLAIN.test(letter) ? letter : code < 0x80 ? hex(code) : `\\u{${code.toString(16)}}`;
}

/** Offset, sixteen bytes in hexadecimal, the same as ASCII. */
export function dump(latin1) {
  const rows = [];
  for (let at = 0; at < latin1.length; at += 16) {
    const row = latin1.slice(at, at + 16);
    const codes = Array.from(row, (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"));
    const ascii = row.replace(/[^ -~]/g, "·");
    rows.push(`${at.toString(16).padStart(6, "0")}  ${codes.join(" ").padEnd(47)}  ${ascii}`);
  }
  return rows.join("\n");
}
