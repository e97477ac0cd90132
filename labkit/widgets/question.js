// Options and a button. Knows how to ask; does not know the answer, and keeps nothing: the kernel does.

const PATIENCE = 5000; // ms until an unanswered click is spoken about

function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "wirelab-ask";
  form.innerHTML = `<fieldset><legend></legend><div class="ask"></div></fieldset>
    <p class="row"><button type="submit" disabled>Commit to this answer</button>
    <span role="status">Choose one, then commit.</span></p>`;
  const [fieldset, button, status] = ["fieldset", "button", "[role=status]"].map((each) => form.querySelector(each));
  form.querySelector("legend").textContent = model.get("title");
  const group = `choice-${Math.random().toString(36).slice(2)}`; // two views of one question are two groups
  Object.assign(form.querySelector(".ask"), { innerHTML: model.get("ask"), id: `${group}-ask` });
  fieldset.setAttribute("aria-describedby", `${group}-ask`);
  model.get("options").forEach(({ name, says }, place) => {
    const label = document.createElement("label");
    label.innerHTML = `<input type="radio"><span class="letter">${"abcdefghij"[place]}</span><span>${says}</span>`;
    Object.assign(label.firstChild, { name: group, value: name });
    fieldset.append(label);
  });

  for (const each of form.querySelectorAll("input, button")) {
    each.setAttribute("data-lm-suppress-shortcuts", "true"); // arrows and Enter are the form's here, not JupyterLab's
  }
  form.addEventListener("change", () => {
    button.disabled = false;
    status.textContent = "Not committed yet.";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = form.querySelector("input:checked");
    if (!chosen) return;
    status.textContent = "Keeping your choice …";
    goOnIn(el.closest(".jp-OutputArea"));
    model.set("chosen", chosen.value);
    model.save_changes();
    setTimeout(() => {
      status.textContent =
        "Not kept yet. If the kernel is busy, it will be. If it was restarted, run this cell again and choose.";
    }, PATIENCE);
  });
  el.append(form);
}

// The kernel puts a page in the widget's place that needs no kernel. Whoever uses the keyboard goes on in its fold.
function goOnIn(area) {
  if (!area) return;
  const watch = new MutationObserver(() => {
    const fold = area.querySelector(".wirelab-question summary");
    if (!fold) return;
    watch.disconnect();
    fold.focus({ preventScroll: true });
  });
  watch.observe(area, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), 10 * PATIENCE);
}

export default { render };
