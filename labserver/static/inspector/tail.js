// The journal's live tail over fetch: an EventSource could not carry the key in a header. Knows one address.

import { Decoder, eventsOf } from "../shared/eventstream.js";
import { address, bearer, complaint } from "../shared/place.js";

const FIRST_WAIT = 500; // milliseconds; doubled with each failure
const LONGEST_WAIT = 8000;

/** Follows the tail until `stop()`; comes back by itself with Last-Event-ID.
 *
 * `on` has: open(again), event(name, data), state(words), refused(words).
 */
export class Tail {
  #on;
  #key = "";
  #last = "";
  #stopping = null;

  constructor(on) {
    this.#on = on;
  }

  /** Listen with this key from now on. What was heard with another is forgotten. */
  async follow(key) {
    this.stop();
    this.#key = key;
    this.#last = "";
    const stopping = new AbortController();
    this.#stopping = stopping;
    for (let wait = FIRST_WAIT; !stopping.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      const heard = await this.#listen(stopping.signal);
      if (heard === "over" || stopping.signal.aborted) {
        return;
      }
      wait = heard === "something" ? FIRST_WAIT : wait;
      this.#on.state("The connection is lost. Trying again.");
      await pause(wait, stopping.signal);
    }
  }

  stop() {
    this.#stopping?.abort();
  }

  async #listen(signal) {
    let heard = "nothing";
    try {
      const headers = { ...bearer(this.#key), ...(this.#last ? { "last-event-id": this.#last } : {}) };
      const response = await fetch(address("lab/journal/tail"), { headers, signal, cache: "no-store" });
      if (!response.ok) {
        const words = await complaint(response);
        this.#on.state(words);
        if (response.status !== 503) {
          this.#on.refused(words);
          return "over";
        }
        return heard;
      }
      const decoder = new Decoder();
      await this.#on.open();
      this.#on.state("Listening.");
      for await (const event of eventsOf(response, decoder)) {
        heard = "something";
        this.#last = event.id || this.#last;
        const data = JSON.parse(event.data);
        if (event.event === "farewell" && data.why === "the sandbox ended") {
          this.#on.state("This sandbox has ended.");
          return "over";
        }
        this.#on.event(event.event, data);
      }
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) {
        throw error; // a TypeError is how fetch says that the network failed
      }
    }
    return heard;
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
