// The pictures of a group: looking at each, and saying whether a decision is about all of them or one.

const SIZES = { one: "Deciding only this one", all: (number) => `Deciding all ${number}` };

function desk() {
  return document.querySelector("article.desk");
}

/** The links of the strip that still wait; a group of one has one. */
function waiting(of = desk()) {
  return of ? [...of.querySelectorAll(".strip a:not(.is-done)")] : [];
}

function current(of = desk()) {
  return waiting(of).find((link) => link.hasAttribute("aria-current")) ?? waiting(of)[0];
}

/** Put one file of the group in front, without a new page and without moving the focus. */
function look(link) {
  const part = desk();
  if (!link || !part) return;
  waiting().forEach((each) => each.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
  const large = part.querySelector("[data-large]");
  if (large && link.dataset.preview) large.src = link.dataset.preview;
  part.querySelector("[data-name]").textContent = link.dataset.title;
  part.querySelector("[data-about-words]").textContent = link.dataset.about;
  const facts = part.querySelector("[data-record-link]");
  if (facts) facts.href = link.dataset.record;
  count();
  document.dispatchEvent(new CustomEvent("intake-front"));
}

function count() {
  const links = waiting();
  const place = desk()?.querySelector("[data-place]");
  if (place) place.textContent = links.length > 1 ? `${links.indexOf(current()) + 1} of ${links.length}` : "";
  sayScope();
}

function step(by) {
  const links = waiting();
  if (links.length > 1) look(links[(links.indexOf(current()) + by + links.length) % links.length]);
}

function isOne() {
  return desk()?.dataset.deciding === "one";
}

/** The files that a decision would be about now. */
function chosen() {
  return isOne() ? waiting().filter((link) => link === current()) : waiting();
}

function toggleScope() {
  const part = desk();
  if (!part || waiting().length < 2) return;
  part.dataset.deciding = isOne() ? "all" : "one";
  sayScope();
  window.intake.review.say(part.querySelector("[data-scope-words]").textContent);
  document.dispatchEvent(new CustomEvent("intake-front"));
}

function sayScope() {
  const part = desk();
  const number = waiting().length;
  const toggle = part?.querySelector("[data-scope]");
  if (toggle) toggle.hidden = number < 2;
  const words = part?.querySelector("[data-scope-words]");
  if (words) words.textContent = isOne() ? SIZES.one : SIZES.all(number);
  const button = part?.querySelector("[data-new-words]");
  if (button) button.textContent = `Register and file ${chosen().length === 1 ? "this file" : `${chosen().length} files`}`;
}

/** Files that are decided leave the strip; the next one comes in front. False when none is left. */
function drop(ids, of = desk()) {
  const links = waiting(of);
  const at = links.indexOf(current(of));
  links.filter((link) => ids.includes(link.dataset.file)).forEach((link) => link.classList.add("is-done"));
  const left = waiting(of);
  if (!left.length) return false;
  if (of === desk()) look(left.includes(links[at]) ? links[at] : (links.slice(at).find((link) => left.includes(link)) ?? left[0]));
  return true;
}

document.addEventListener("click", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const link = isPlain && event.target.closest(".desk .strip a, .desk [data-scope]");
  if (!link) return;
  event.preventDefault();
  if (link.hasAttribute("data-scope")) toggleScope();
  else look(link);
});

window.intake.review = { desk, waiting, current, chosen, isOne, look, step, toggleScope, drop, count };
