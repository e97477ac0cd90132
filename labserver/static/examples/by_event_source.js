// Server-sent events by EventSource, which can only GET: first a job, then its stream. Seed 004's routes.

import { address, bearer, complaint } from "../shared/place.js";

export const TITLE = "SSE by EventSource";
export const WORDS =
  "GET only, no headers, so the question goes ahead as a job. It comes back by itself after a cut. " +
  "Closing it only stops the listening, so the stop cancels the job too.";

export async function run({ query, model, key, signal, hear }) {
  const headers = { "content-type": "application/json", ...bearer(key) };
  const submitted = await fetch(address("api/v1/infer"), {
    method: "POST",
    headers,
    body: JSON.stringify({ prompt: query, model }),
    signal,
  });
  if (!submitted.ok) {
    throw new Error(await complaint(submitted));
  }
  const { request_id: job } = await submitted.json();
  try {
    await listen(address(`api/v1/stream/${encodeURIComponent(job)}`), { key, signal, hear });
  } catch (error) {
    if (signal.aborted) {
      await fetch(address(`api/v1/cancel/${encodeURIComponent(job)}`), { method: "POST", headers });
    }
    throw error;
  }
}

function listen(url, { key, signal, hear }) {
  if (key) {
    url.searchParams.set("key", key); // an EventSource has no headers; the lab cuts it out of logs and journal
  }
  return new Promise((resolve, reject) => {
    const source = new EventSource(url);
    const end = (settle, value) => {
      source.close(); // else it comes again: to an EventSource the end of a stream is a fault
      settle(value);
    };
    signal.addEventListener("abort", () => end(reject, signal.reason), { once: true });
    source.addEventListener("token", (event) => hear(JSON.parse(event.data).data));
    source.addEventListener("complete", () => end(resolve));
    source.addEventListener("cancelled", () => end(reject, new Error("The job was cancelled.")));
    source.addEventListener("error", (event) => {
      if (event.data) {
        end(reject, new Error(JSON.parse(event.data).error.message)); // the job's own event of that name
      } else if (source.readyState === EventSource.CLOSED) {
        end(reject, new Error("The server refused the stream."));
      }
    });
  });
}
