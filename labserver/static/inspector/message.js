// HTTP/1.1 heads and chunks out of recorded pieces of [seconds, latin-1]. Knows no page.
// Generous: it also reads what was cut in the middle. Sources: RFC 9112, sections 2 to 7.

const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d /;
const BLANK = "\r\n\r\n";

/** {start, headers: [[name, value]], head, body: [{at, data}]}. Bytes without a blank line are all head. */
export function split(pieces) {
  let seen = "";
  for (let index = 0; index < pieces.length; index += 1) {
    seen += pieces[index][1];
    while (INTERIM.test(seen) && seen.includes(BLANK)) {
      seen = seen.slice(seen.indexOf(BLANK) + BLANK.length); // 100 Continue and its like come before the answer
    }
    const end = seen.indexOf(BLANK);
    if (end >= 0) {
      const rest = seen.slice(end + BLANK.length);
      const body = pieces.slice(index + 1).map(([at, data]) => ({ at, data }));
      const first = rest ? [{ at: pieces[index][0], data: rest }] : [];
      return { ...head(seen.slice(0, end + BLANK.length)), body: [...first, ...body].filter((piece) => piece.data) };
    }
  }
  return { ...head(seen), body: [] };
}

function head(raw) {
  const [start, ...rows] = raw.replace(/\r\n\r\n$/, "").split("\r\n");
  const headers = rows.filter(Boolean).map((row) => {
    const colon = row.indexOf(":");
    return colon < 0 ? [row, ""] : [row.slice(0, colon), row.slice(colon + 1).trim()];
  });
  return { start, headers, head: raw };
}

export function field(message, name) {
  return message.headers.find(([given]) => given.toLowerCase() === name)?.[1] ?? "";
}

export const isChunked = (message) => field(message, "transfer-encoding").toLowerCase().includes("chunked");

/** The chunks, each at the time of its last byte; the empty last one too, if it came. Stops where no size can be read. */
export function chunks(body) {
  const found = [];
  let rest = "";
  for (const { at, data } of body) {
    rest += data;
    for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
      const line = /^[ \t]*([0-9A-Fa-f]{1,13})[ \t]*(?:;.*)?$/.exec(rest.slice(0, end));
      if (!line) {
        return found;
      }
      const close = end + 2 + parseInt(line[1], 16);
      if (rest.length < close + 2) {
        break;
      }
      found.push({ at, data: rest.slice(end + 2, close) });
      rest = rest.slice(close + 2);
    }
  }
  return found;
}

/** The body without its framing, and whether all of it came: {pieces, whole}. A cut chunk's beginning counts too. */
export function content(message) {
  if (!isChunked(message)) {
    const due = field(message, "content-length");
    const got = message.body.reduce((sum, piece) => sum + piece.data.length, 0);
    return { pieces: message.body, whole: due === "" || got >= Number(due) };
  }
  const found = chunks(message.body);
  const whole = found.some((chunk) => chunk.data === "");
  return { pieces: [...found.filter((chunk) => chunk.data), ...(whole ? [] : cutChunk(message.body, found))], whole };
}

function cutChunk(body, found) {
  const raw = body.map((piece) => piece.data).join("");
  let at = 0;
  for (const chunk of found) {
    at = raw.indexOf("\r\n", at) + 2 + chunk.data.length + 2;
  }
  const end = raw.indexOf("\r\n", at);
  const data = end < 0 || !/^[0-9A-Fa-f]+$/.test(raw.slice(at, end)) ? "" : raw.slice(end + 2);
  return data ? [{ at: body.at(-1).at, data }] : [];
}
