// Server-sent events over fetch: a POST with a body and headers, read piece by piece. `POST /api/v1/query/stream`.

import { eventsOf } from "../shared/eventstream.js";
import { asked } from "./asking.js";

export const TITLE = "SSE over fetch";
export const WORDS = "POST with a body and headers of its own. The stop aborts the fetch: the connection closes, and the server sees it.";

/** `hear(text)` is called for each delta. Rejects with AbortError when `signal` stops it. */
export async function run({ hear, ...question }) {
  const response = await asked("api/v1/query/stream", question);
  for await (const { data } of eventsOf(response)) {
    if (data === "[DONE]") {
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "content") {
      hear(message.chunk);
    } else if (message.type === "error") {
      throw new Error(message.error);
    }
  }
  throw new Error("The stream ended without [DONE].");
}
