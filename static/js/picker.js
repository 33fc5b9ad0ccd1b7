// A patient chosen while typing: a combobox over the directory, with the record number as its value.

const WAIT_MS = 200;

function enhance(input) {
  const box = input.closest(".picker");
  const help = box.parentElement.querySelector("[data-chosen]");
  const list = document.createElement("div");
  list.className = "picker-list";
  list.id = `${input.id}-choices`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Patients");
  list.hidden = true;
  box.append(list);
  setAttributes(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
  const picker = { input, list, help, box, plainHelp: help.textContent, timer: 0 };
  input.addEventListener("input", () => typed(picker));
  input.addEventListener("keydown", (event) => pressed(picker, event));
  input.addEventListener("invalid", () => complain(picker));
  input.addEventListener("blur", () => setTimeout(() => leave(picker), 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(picker, option);
  });
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** What is asked for must be seen, also in a part of the page that was folded away. */
function complain({ input, help }) {
  const fold = input.closest("details");
  if (fold) fold.open = true;
  help.textContent = input.validationMessage;
  input.focus();
}

function typed(picker) {
  delete picker.input.dataset.patient;
  picker.help.textContent = picker.plainHelp;
  picker.input.setCustomValidity("");
  clearTimeout(picker.timer);
  picker.timer = setTimeout(() => ask(picker), WAIT_MS);
}

async function ask(picker) {
  const words = picker.input.value.trim();
  if (!words) return close(picker);
  const answer = await fetch(`${picker.box.dataset.choices}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || picker.input.value.trim() !== words) return undefined;
  picker.list.innerHTML = await answer.text();
  picker.list.hidden = false;
  picker.input.setAttribute("aria-expanded", "true");
  return undefined;
}

function close(picker) {
  picker.list.hidden = true;
  picker.input.setAttribute("aria-expanded", "false");
  picker.input.removeAttribute("aria-activedescendant");
}

function pressed(picker, event) {
  const options = [...picker.list.querySelectorAll("[role=option]")];
  if (event.key === "Escape") return close(picker);
  if (picker.list.hidden || !options.length) return undefined;
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") mark(picker, options, (at + 1) % options.length);
  else if (event.key === "ArrowUp") mark(picker, options, (at - 1 + options.length) % options.length);
  else if (event.key === "Enter" && at >= 0) choose(picker, options[at]);
  else return undefined;
  event.preventDefault();
  return undefined;
}

function mark(picker, options, at) {
  options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  picker.input.setAttribute("aria-activedescendant", options[at].id);
  options[at].scrollIntoView({ block: "nearest" });
}

function choose(picker, option) {
  picker.input.value = option.dataset.mrn;
  picker.input.dataset.patient = option.dataset.id;
  picker.help.textContent = `Chosen: ${option.dataset.name}`;
  picker.input.setCustomValidity("");
  close(picker);
}

/**
 * A number that is typed out and fits one patient counts as chosen; anything else asks for a choice, unless the
 * server takes names too and says whom they fit.
 */
function leave(picker) {
  close(picker);
  const { input } = picker;
  if (!input.value.trim() || input.dataset.patient) return;
  const exact = [...picker.list.querySelectorAll("[role=option]")].filter((option) => option.dataset.mrn === input.value.trim());
  if (exact.length === 1) choose(picker, exact[0]);
  else if (!("takesNames" in input.dataset)) input.setCustomValidity("Choose a patient from the list, or leave this empty.");
}

function enhanceAll() {
  document.querySelectorAll("[data-picker]:not([role])").forEach(enhance);
}

enhanceAll();
document.body.addEventListener("htmx:afterSettle", enhanceAll);
