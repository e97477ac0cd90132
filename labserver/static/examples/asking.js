// One question as a POST, answered or complained of. Knows addresses and refusals; knows no format of answers.

import { address, bearer, complaint } from "../shared/place.js";

/** The response, once its head says that it is fine. Rejects in the server's own words, or with AbortError. */
export async function asked(path, { query, model, key, signal }) {
  const response = await fetch(address(path), {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(key) },
    body: JSON.stringify({ query, model }),
    signal,
  });
  if (!response.ok) {
    throw new Error(await complaint(response));
  }
  return response;
}
