// What the list knows of each exchange: enough for one line. Fed by the journal's records and by the tail's events.
// An event that the record already held changes nothing, so the two may overlap.

const MOST = 500;

export class Rows {
  #rows = new Map();

  /** In the order of their numbers, newest first. */
  get all() {
    return [...this.#rows.values()].sort((one, other) => other.number - one.number);
  }

  get(number) {
    return this.#rows.get(number);
  }

  clear() {
    this.#rows.clear();
  }

  /** A whole record of the journal. */
  put(record, start) {
    const [method, target] = asked(start);
    this.#rows.set(record.number, {
      number: record.number,
      kind: record.kind,
      method,
      target,
      malformed: record.malformed,
      status: record.status,
      pieces: record.frames.length || piecesOf(record),
      heardUntil: Math.max(-1, ...record.frames.map(({ at }) => at)),
      ended: record.ended,
      seconds: record.seconds,
      fault: record.fault,
      retries: record.retry_count,
    });
    this.#trim();
  }

  /** One event of the tail; says which exchange it was about, or null where it was about none. */
  hear(name, data) {
    if (name === "reset") {
      this.clear();
      return null;
    }
    if (name === "opened") {
      this.#opened(data);
    }
    const row = this.#rows.get(data.number);
    if (!row) {
      return null;
    }
    if (name === "head") {
      row.status = data.status;
      row.fault = /^x-lab-fault:[ \t]*(.*?)\r$/im.exec(data.text)?.[1] ?? row.fault;
    } else if (name === "chunk") {
      row.pieces = Math.max(row.pieces, data.index);
    } else if (name === "frame" && data.at > row.heardUntil) {
      row.pieces += 1;
      row.kind = "websocket";
    } else if (name === "ended") {
      row.ended = data.ended;
      row.seconds = data.seconds;
      row.fault = data.fault || row.fault;
    }
    return row;
  }

  #opened(data) {
    if (this.#rows.has(data.number)) {
      return;
    }
    const [method, target] = asked(data.request_line);
    const rest = { status: null, pieces: 0, heardUntil: -1, ended: null, seconds: null, fault: "" };
    const { number, kind, malformed, retry_count: retries } = data;
    this.#rows.set(number, { number, kind, method, target, malformed, retries, ...rest });
    this.#trim();
  }

  #trim() {
    for (const number of this.#rows.keys()) {
      if (this.#rows.size <= MOST) {
        return;
      }
      this.#rows.delete(number);
    }
  }
}

function asked(start) {
  const [method = "", target = ""] = start.split(" ");
  return [method, target];
}

/** Pieces of body after the head, as the tail counts them. */
function piecesOf(record) {
  const whole = record.response.map(([, text]) => text).join("");
  const head = whole.search(/\r\n\r\n/) + 4;
  let seen = 0;
  return record.response.filter(([, text]) => {
    seen += text.length;
    return text !== "" && head > 3 && seen > head;
  }).length;
}
