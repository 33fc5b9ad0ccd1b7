// A batch, or a document whose scans are read, that is under way: updates that can be paused, a voice for screen readers, a word at the end.

const SAY_EVERY_MS = 10_000;
let isHeld = false;
let saidAt = 0;
let said = "";
let wasEnded = live()?.dataset.ended === "yes";

function live() {
  return document.querySelector("#live[data-version]");
}

/** Speak at most every ten seconds, and only when there is something new. */
function say() {
  const words = live()?.dataset.story ?? "";
  if (words === said || Date.now() - saidAt < SAY_EVERY_MS) return;
  if (said) voice().textContent = words;
  said = words;
  saidAt = Date.now();
}

function voice() {
  let place = document.querySelector("#live-voice");
  if (!place) {
    place = document.createElement("p");
    place.id = "live-voice";
    place.className = "unseen";
    place.setAttribute("role", "status");
    document.querySelector("main").append(place);
  }
  return place;
}

function celebrate() {
  const part = live();
  if (!part) return;
  const isEnded = part.dataset.ended === "yes";
  if (isEnded && !wasEnded) {
    const words = `${part.dataset.number}: ${part.dataset.story}`;
    document.dispatchEvent(new CustomEvent("intake:toast", { detail: { words } }));
  }
  wasEnded = isEnded;
}

function offerPause() {
  const button = document.querySelector("[data-hold-updates]");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("data-keep", "");
}

function hold(button) {
  isHeld = !isHeld;
  button.setAttribute("aria-pressed", String(isHeld));
  button.querySelector("span").textContent = isHeld ? "Updates are paused; go on" : "Pause updates";
}

function refresh() {
  offerPause();
  celebrate();
  say();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-hold-updates]");
  if (button) hold(button);
});

// A page that nobody sees, or that somebody wants still, asks for nothing.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const isPoll = event.detail.elt.id === "pulse";
  if (isPoll && (isHeld || document.hidden)) event.preventDefault();
});

document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.id !== "pulse" || event.detail.xhr.status !== 401) return;
  isHeld = true;
  const words = "You are signed out, so this page stands still. Sign in and reload it; the work goes on meanwhile.";
  document.dispatchEvent(new CustomEvent("intake:toast", { detail: { words, tone: "bad", icon: "warn" } }));
});

document.body.addEventListener("htmx:afterSettle", refresh);
setInterval(say, SAY_EVERY_MS);
refresh();
