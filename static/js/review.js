// Review by keyboard: digits assign, s searches, x sets aside, u takes back, Enter goes on.

const SETTING = "intake-review-keys";
const keys = document.querySelector("[data-keys]");
const isOn = document.querySelector("#keys-on");

const SETTLE_MS = 500;
const arrivedAt = performance.now();
let isDeciding = false;

/** A second tap of a hasty finger must not decide about the next file before anybody has seen it. */
function isSeen() {
  const pictures = [...document.querySelectorAll(".plate img")];
  return performance.now() - arrivedAt > SETTLE_MS && pictures.every((picture) => picture.complete);
}

function press(selector) {
  const form = document.querySelector(selector);
  if (!form || isDeciding || !isSeen()) return;
  isDeciding = true;
  form.requestSubmit();
}

/** Digits mean the results of a search while there are any, and nothing while they are still on their way. */
function assign(digit) {
  const found = document.querySelector("#found");
  const words = document.querySelector("#patient-search")?.value.trim() ?? "";
  if (found && found.dataset.for !== words) return;
  press(found?.querySelector("[data-key]") ? `#found [data-key="${digit}"]` : `[data-key="${digit}"]`);
}

const ACTIONS = {
  s: () => document.querySelector("#patient-search")?.focus(),
  u: () => press("[data-take-back]"),
  x: () => {
    const fold = document.querySelector("#set-aside");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("button").focus();
  },
  Enter: () => document.querySelector("[data-next]")?.click(),
};

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, button, a, summary") !== null;
}

function follow(event) {
  if (isOn && !isOn.checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  if (/^[1-5]$/.test(event.key)) assign(event.key);
  else if (ACTIONS[event.key]) ACTIONS[event.key]();
  else return;
  event.preventDefault();
}

function remember() {
  try {
    localStorage.setItem(SETTING, isOn.checked ? "on" : "off");
  } catch {
    // Then it holds for this page only.
  }
}

function recall() {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

if (keys) {
  keys.hidden = false;
  isOn.checked = recall();
  isOn.addEventListener("change", remember);
}
document.addEventListener("keydown", follow);
document.addEventListener("keydown", (event) => {
  const isLeaving = event.key === "Escape" || (event.key === "Enter" && event.target.id === "patient-search");
  if (!isLeaving || !isTyping(event.target)) return;
  // Escape would also empty a search box, and with it the results.
  if (event.key === "Escape") event.preventDefault();
  // After the key has done its own work: Enter still searches.
  setTimeout(() => event.target.blur());
});
