// Ask and wait: the whole answer in one JSON object. `POST /api/v1/query`.

import { asked } from "./asking.js";

export const TITLE = "Plain POST";
export const WORDS = "One request, one answer, and nothing until all of it is there. The stop hangs up before the answer.";

export async function run({ hear, ...question }) {
  const response = await asked("api/v1/query", question);
  hear((await response.json()).response);
}
