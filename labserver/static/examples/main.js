// The examples' own wiring: the question, four ways, one picture. Each way has a file of its own.

import { say } from "../shared/dom.js";
import { takeKey } from "../shared/place.js";
import * as byEventSource from "./by_event_source.js";
import * as byFetch from "./by_fetch.js";
import * as byPost from "./by_post.js";
import * as bySocket from "./by_socket.js";
import { lanes, words } from "./lanes.js";
import { Way } from "./way.js";

const at = (id) => document.getElementById(id);
const key = takeKey();
const asked = () => ({ query: at("query").value, model: at("model").value.trim(), key });

let drawing = false;
const ways = [byFetch, byEventSource, bySocket, byPost].map((way) => new Way(way, asked, draw));

function draw() {
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      at("lanes").replaceChildren(lanes(ways));
      const over = ways.every((way) => !way.isRunning) && ways.some((way) => way.total !== null);
      say(at("lanes-words"), over ? words(ways) : "A line a way, a tick for each piece of text, in time from the start.");
    });
  }
}

at("ways").replaceChildren(...ways.map((way) => way.element));
say(
  at("whose"),
  key
    ? "These requests go to the sandbox of your key. EventSource carries it in its URL, for it has no headers; the others do not."
    : "These requests go to the open sandbox. For one of your own open this page with #key=YOUR_API_KEY.",
);
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ways.forEach((way) => way.start());
});
at("stop-all").addEventListener("click", () => ways.forEach((way) => way.stop()));
draw();
