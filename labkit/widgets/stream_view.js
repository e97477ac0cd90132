// An answer while it comes, with a stop button. Knows how to show it; the kernel asks, counts and stops.

const ENDS = { complete: "complete", stopped: "stopped by you", failed: "it failed" };

function render({ model, el }) {
  const root = document.createElement("section");
  root.className = "wirelab-stream wirelab-box";
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("aria-label", "Stream view");
  root.innerHTML = `<p class="asked"><strong></strong> <span class="hint"></span></p>
    <div class="answer" role="log" aria-live="off" aria-label="The answer" tabindex="0"></div>
    <div class="bar"><button type="button" class="stop">■ Stop</button><span role="status"></span>
    <span class="numbers"></span></div><p class="note"></p>`;
  const [asked, over, answer, stop, status, numbers, note] = [
    "strong", ".hint", ".answer", ".stop", "[role=status]", ".numbers", ".note",
  ].map((each) => root.querySelector(each));
  asked.textContent = model.get("question");
  over.textContent = `over ${model.get("dialect")}`;

  const draw = () => {
    const [pieces, state] = [model.get("pieces"), model.get("state")];
    while (answer.childElementCount > pieces.length) answer.lastChild.remove();
    for (const piece of pieces.slice(answer.childElementCount)) {
      const token = document.createElement("span");
      token.textContent = piece; // a model's words are never read as HTML
      answer.append(token);
    }
    answer.scrollTop = answer.scrollHeight;
    const ended = state in ENDS;
    stop.disabled = ended;
    const says = ended ? `Ended: ${ENDS[state]}` : state === "waiting" ? "Waiting for the first piece …" : "Answering …";
    if (status.textContent !== says) status.textContent = says; // said aloud once, not thirty times a second
    status.className = state === "failed" ? "wirelab-bad" : "";
    answer.setAttribute("aria-busy", String(!ended));
    numbers.textContent = measured(model, pieces.length);
    note.textContent = model.get("note");
    root.dataset.state = state;
  };
  stop.addEventListener("click", () => {
    stop.disabled = true;
    status.textContent = "Stopping …";
    model.send({ do: "stop" });
  });
  draw();
  model.on("change", draw);
  el.append(root);
  return () => model.off("change", draw);
}

function measured(model, count) {
  const [ttft, rate, seconds] = ["ttft", "rate", "seconds"].map((name) => model.get(name));
  const said = [`${count} piece${count === 1 ? "" : "s"}`];
  if (ttft !== null) said.push(`first after ${ttft.toFixed(2)} s (TTFT)`);
  if (rate !== null) said.push(`then ${rate.toFixed(1)} a second`);
  if (model.get("state") in ENDS) said.push(`${seconds.toFixed(2)} s in all`);
  return said.join(" · ");
}

export default { render };
