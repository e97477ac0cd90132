// The event-stream format, read from bytes cut anywhere. Knows no network.
// Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6. Tested against every case of /raw/sse/conformance.

const DIGITS = /^[0-9]{1,19}$/;

/** `feed(bytes)` gives the events dispatched by now: {event, data, id, retry}. `heard` is told of every line. */
export class Decoder {
  #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  #rest = "";
  #afterCr = false;
  #fresh = true;
  #data = [];
  #event = "";
  #id = "";
  #told = "";
  #retry = null;

  constructor(heard = () => {}) {
    this.heard = heard;
  }

  /** The id of the last block that was whole: what goes back as Last-Event-ID. */
  get lastId() {
    return this.#told;
  }

  feed(bytes) {
    let text = this.#utf8.decode(bytes, { stream: true });
    if (this.#fresh && text) {
      this.heard(text[0] === "\ufeff" ? "bom" : "", "");
      text = text.replace(/^\ufeff/, "");
      this.#fresh = false;
    }
    this.#rest += text;
    const events = [];
    for (let line = this.#line(); line !== null; line = this.#line()) {
      const event = this.#take(line);
      if (event) {
        events.push(event);
      }
    }
    return events;
  }

  /** What was begun and no blank line ended: it is never dispatched. */
  get unfinished() {
    return this.#data.length > 0 || this.#rest !== "";
  }

  #line() {
    if (this.#afterCr && this.#rest) {
      this.#rest = this.#rest.replace(/^\n/, ""); // it belongs to the CR that ended the last line
      this.#afterCr = false;
    }
    const at = this.#rest.search(/[\r\n]/);
    if (at < 0) {
      return null;
    }
    this.#afterCr = this.#rest[at] === "\r";
    const line = this.#rest.slice(0, at);
    this.#rest = this.#rest.slice(at + 1);
    return line;
  }

  #take(line) {
    if (line === "") {
      return this.#dispatch();
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (colon === 0) {
      this.heard("comment", value);
    } else if (field === "data") {
      this.#data.push(value);
    } else if (field === "event") {
      this.#event = value;
    } else if (field === "id") {
      this.#id = value.includes("\0") ? this.#id : value;
      this.heard("id", value);
    } else if (field === "retry") {
      this.#retry = DIGITS.test(value) ? Number(value) : this.#retry;
      this.heard("retry", value);
    } else {
      this.heard("unknown", line);
    }
    return null;
  }

  #dispatch() {
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id, retry: this.#retry };
    const empty = this.#data.length === 0;
    this.#told = this.#id;
    this.#data = [];
    this.#event = "";
    return empty ? null : event;
  }
}

/** Events of a fetched answer as they arrive. */
export async function* eventsOf(response, decoder = new Decoder()) {
  const reader = response.body.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      for (const event of decoder.feed(piece.value)) {
        yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
