// The journal asked over HTTP: records, one record, the table of faults, and files to keep. Knows addresses and a key.

import { address, bearer, complaint } from "../shared/place.js";

export class Journal {
  key = "";

  async records(last) {
    return (await this.#json(`lab/journal?last=${last}`)).exchanges;
  }

  /** One exchange, or undefined once the journal has let it go. */
  async record(number) {
    return (await this.#json(`lab/journal?number=${number}`)).exchanges[0];
  }

  /** name -> {does, strikes, settings} */
  async faults() {
    return (await this.#json("lab/faults")).faults;
  }

  /** Whether this server's open sandbox may be read without a key. */
  async isSolo() {
    return (await this.#json("lab")).solo;
  }

  /** Hand the reader a file: the whole journal, or one exchange. `kind` is `har` or `jsonl`. */
  async save(kind, number = null) {
    const which = number === null ? "" : `?number=${number}`;
    const response = await this.#ask(`lab/journal.${kind}${which}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = number === null ? `journal.${kind}` : `exchange-${number}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  async #json(path) {
    return (await this.#ask(path)).json();
  }

  async #ask(path) {
    const response = await fetch(address(path), { headers: bearer(this.key), cache: "no-store" });
    if (!response.ok) {
      throw new Error(await complaint(response));
    }
    return response;
  }
}
