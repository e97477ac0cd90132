// Where the server is, and with which key it is asked. Addresses are relative: the lab may stand behind a proxy's path.

export const BASE = new URL("../../", import.meta.url);
const SLOT = `wirelab-key ${BASE.pathname}`;

export const address = (path) => new URL(path.replace(/^\//, ""), BASE);

/** The key of `#key=…`, which no browser sends anywhere. It moves out of the address bar into this tab's own memory. */
export function takeKey() {
  const said = new URLSearchParams(location.hash.slice(1)).get("key");
  if (said !== null) {
    keepKey(said.trim());
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(SLOT) ?? "";
}

export function keepKey(key) {
  if (key) {
    sessionStorage.setItem(SLOT, key);
  } else {
    sessionStorage.removeItem(SLOT);
  }
}

/** The key travels as a bearer, never in a URL. Without one the open sandbox is meant. */
export const bearer = (key) => (key ? { authorization: `Bearer ${key}` } : {});

/** What a refusal says, in the server's own words, whatever the dialect. */
export async function complaint(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return `${response.status} ${response.statusText}`.trim();
  }
}
