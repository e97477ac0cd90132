// Which exchanges the list shows. Pure: words typed into the form, and a row.

/** `text` is looked for in number, method, path, how it ended and fault; `status` is 2xx … 5xx or `none`. */
export function fits(row, { text, status, kind }) {
  const said = `#${row.number} ${row.method} ${row.target} ${row.status ?? ""} ${row.ended ?? "open"} ${row.fault}`.toLowerCase();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => said.includes(word)) && statusFits(row, status) && kindFits(row, kind);
}

function statusFits(row, status) {
  if (status === "" || status === undefined) {
    return true;
  }
  return status === "none" ? row.status === null : String(row.status ?? "")[0] === status[0];
}

function kindFits(row, kind) {
  const tests = {
    http: () => row.kind === "http",
    websocket: () => row.kind === "websocket",
    open: () => row.ended === null,
    faulty: () => row.fault !== "",
    malformed: () => row.malformed,
  };
  return tests[kind]?.() ?? true;
}
