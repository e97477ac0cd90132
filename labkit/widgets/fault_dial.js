// The fault dial. Knows how to spell a plan from the server's table; the kernel asks the server.

const LOOK = 1500; // ms: while something is in force, the list follows what it strikes

function render({ model, el }) {
  const root = document.createElement("section");
  root.className = "wirelab-dial wirelab-box";
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("aria-label", "Fault dial");
  root.innerHTML = `<form><div class="bar"><label>Fault <select aria-label="Fault"></select></label>
    <label>on path <input class="path" value="*" size="14"></label>
    <label>how often <input class="first" type="number" min="1" max="1000" value="1" required></label></div>
    <p class="does hint"></p><div class="knobs"></div>
    <p>Plan: <code class="plan"></code></p>
    <div class="bar"><button type="submit">Apply</button><button type="button" class="clear">Clear all</button>
    <button type="button" class="look">What is in force?</button><span role="status"></span></div></form>
    <div class="rules"></div>`;
  const [form, choice, path, first, does, knobs, plan, clear, look, status, rules] = [
    "form", "select", ".path", ".first", ".does", ".knobs", ".plan", ".clear", ".look", "[role=status]", ".rules",
  ].map((each) => root.querySelector(each));
  const table = model.get("table");
  for (const name of Object.keys(table)) choice.append(new Option(name, name));

  const spell = () => {
    const set = [...knobs.querySelectorAll("input, select")].filter((knob) => knob.value !== "");
    plan.textContent = [choice.value, ...set.map((knob) => `${knob.name}=${knob.value}`)].join(";");
  };
  const choose = () => {
    const fault = table[choice.value];
    does.replaceChildren(...words(fault.does));
    knobs.replaceChildren(...Object.entries(fault.settings).map(([name, knob]) => setting(name, knob)));
    spell();
  };
  const send = (message) => {
    status.className = "";
    status.textContent = "Asking the server …";
    model.send(message);
  };
  choice.addEventListener("change", choose);
  knobs.addEventListener("input", spell);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ do: "apply", plan: plan.textContent, path: path.value, first: Number(first.value) });
  });
  clear.addEventListener("click", () => send({ do: "clear" }));
  look.addEventListener("click", () => send({ do: "look" }));

  const list = () => {
    const standing = model.get("rules");
    const title = document.createElement("p");
    title.textContent = standing.length ? "In force in your sandbox:" : "Nothing is broken on purpose in your sandbox.";
    const items = document.createElement("ul");
    items.append(...standing.map((rule) => Object.assign(document.createElement("li"), { textContent: rule })));
    rules.replaceChildren(title, ...(standing.length ? [items] : []));
  };
  const answer = () => {
    status.className = model.get("failed") ? "wirelab-bad" : "";
    status.textContent = model.get("said");
  };
  let looking = false; // a kernel at work answers late, and is asked once
  const looked = () => (looking = false);
  const timer = setInterval(() => {
    if (looking || document.hidden || !model.get("rules").length) return;
    looking = true;
    model.send({ do: "watch" });
  }, LOOK);
  choose();
  list();
  model.on("change:rules", list);
  model.on("change:told", answer);
  model.on("change:looked", looked);
  el.append(root);
  return () => {
    clearInterval(timer);
    model.off("change:rules", list);
    model.off("change:told", answer);
    model.off("change:looked", looked);
  };
}

// The table's own words, where `so` is code.
function words(text) {
  return text.split("`").map((part, place) =>
    Object.assign(document.createElement(place % 2 ? "code" : "span"), { textContent: part }));
}

// One setting with its bounds; left empty, the server's default holds.
function setting(name, knob) {
  const label = document.createElement("label");
  label.append(`${name} `);
  const input = document.createElement(knob.among ? "select" : "input");
  if (knob.among) {
    input.append(new Option("", ""), ...knob.among.map((word) => new Option(word, word)));
    input.value = knob.default ?? "";
  } else if (knob.kind === "word") {
    input.value = knob.default ?? "";
  } else {
    Object.assign(input, { type: "number", min: knob.lowest, max: knob.highest, value: knob.default ?? "" });
    input.step = knob.kind === "decimal" ? "any" : "1";
  }
  input.name = name;
  input.setAttribute("aria-label", name); // a label around a list of choices would be read with all of them
  label.append(input);
  return label;
}

export default { render };
