// Ask and wait: the whole answer in one JSON object. `POST /api/v1/query`.

import { address, bearer, complaint } from "../shared/place.js";

export const TITLE = "Plain POST";
export const WORDS = "One request, one answer, and nothing until all of it is there. The stop hangs up before the answer.";

export async function run({ query, model, key, signal, hear }) {
  const response = await fetch(address("api/v1/query"), {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(key) },
    body: JSON.stringify({ query, model }),
    signal,
  });
  if (!response.ok) {
    throw new Error(await complaint(response));
  }
  hear((await response.json()).response);
}
