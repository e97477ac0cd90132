// A conversation: ask, stop, try again. Knows how to show it; the kernel speaks to the server.

const BUSY = ["waiting", "answering"];
const WHO = { user: "You", assistant: "Model" };

function render({ model, el }) {
  const root = document.createElement("section");
  root.className = "wirelab-chat wirelab-box";
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("aria-label", "Chat");
  root.innerHTML = `<p><strong>Chat</strong> <span class="hint"></span></p><div class="turns" role="log" aria-live="off" aria-label="Conversation" tabindex="0"></div>
    <form class="bar"><label class="say"><span class="wirelab-only-read">Your message</span>
    <textarea rows="1" placeholder="Ask something; Enter sends, Shift+Enter makes a new line"></textarea></label>
    <button type="submit">Send</button><button type="button" class="stop" disabled>■ Stop</button>
    <button type="button" class="retry" disabled>↻ Try again</button></form><p role="status"></p>`;
  const [turns, form, words, send, stop, retry, status] = [
    ".turns", "form", "textarea", "[type=submit]", ".stop", ".retry", "[role=status]",
  ].map((each) => root.querySelector(each));
  root.querySelector(".hint").textContent = `over ${model.get("dialect")}`;

  const draw = () => {
    const said = model.get("turns");
    while (turns.childElementCount > said.length) turns.lastChild.remove();
    said.forEach((turn, place) => show(turns.children[place] ?? turns.appendChild(bubble()), turn));
    turns.scrollTop = turns.scrollHeight;
    const last = said.at(-1)?.state ?? "";
    const busy = BUSY.includes(last);
    [send.disabled, stop.disabled, retry.disabled] = [busy, !busy, busy || !said.length];
    say(status, { waiting: "Waiting for the first words …", answering: "Answering …", complete: "The answer is whole.",
      stopped: "Stopped by you.", failed: "That did not work; what you asked is still there: Try again." }[last] ?? "");
  };
  const ask = () => {
    if (send.disabled || !words.value.trim()) return;
    say(status, "Sent …"); // at once, before the kernel has it
    send.disabled = true;
    model.send({ do: "ask", text: words.value });
    words.value = "";
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask();
  });
  stop.addEventListener("click", () => {
    stop.disabled = true;
    say(status, "Stopping …");
    model.send({ do: "stop" });
    words.focus({ preventScroll: true });
  });
  retry.addEventListener("click", () => {
    retry.disabled = true;
    say(status, "Asking again …");
    model.send({ do: "retry" });
    words.focus({ preventScroll: true });
  });
  draw();
  model.on("change:turns", draw);
  el.append(root);
  return () => model.off("change:turns", draw);
}

function bubble() {
  const made = document.createElement("div");
  made.innerHTML = `<strong class="who"></strong><div class="text"></div><p class="note"></p>`;
  return made;
}

function show(made, turn) {
  made.className = `turn ${turn.role}`;
  const [who, text, note] = made.children;
  say(who, WHO[turn.role]);
  say(text, turn.text || (turn.state === "waiting" ? "…" : "")); // words of people and models are text, never HTML
  say(note, turn.note);
  note.className = turn.state === "failed" ? "note wirelab-bad" : "note hint";
}

// Nothing is touched that stays as it is: a screen reader hears a status once.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export default { render };
