// A WebSocket: the question is a message, each delta another. `WebSocket /api/v1/query/ws`, seed 001.

import { address } from "../shared/place.js";

export const TITLE = "WebSocket";
export const WORDS = "A connection of messages both ways. A browser sets no headers here: a key goes as the first message. The stop closes the socket.";

const NORMAL = 1000; // RFC 6455, section 7.4.1

export function run({ query, model, key, signal, hear }) {
  const url = address("api/v1/query/ws");
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const ask = () => socket.send(JSON.stringify({ query, model }));
    const end = (settle, value) => {
      socket.close(NORMAL);
      settle(value);
    };
    signal.addEventListener("abort", () => end(reject, signal.reason), { once: true });
    socket.onopen = () => (key ? socket.send(JSON.stringify({ type: "auth", token: key })) : ask());
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (signal.aborted) {
        return; // what was under way when the socket began to close
      }
      if (message.type === "auth") {
        ask();
      } else if (message.type === "content") {
        hear(message.chunk);
      } else if (message.type === "end") {
        end(resolve);
      } else if (message.type === "error") {
        end(reject, new Error(message.error));
      }
    };
    socket.onclose = ({ code, reason }) => reject(new Error(`The socket closed with ${code}${reason ? `: ${reason}` : ""}.`));
  });
}
