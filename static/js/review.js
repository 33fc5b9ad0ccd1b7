// The review desk: keys, the question before a group is decided, and the next group, fetched beforehand.

const SETTING = "intake-review-keys";
const SETTLE_MS = 500;
const SEEN_AT_ONCE = 12;
const { review } = window.intake;
const { routes } = review;
const bar = document.querySelector("#confirm");
const help = document.querySelector("#help");
const isOn = document.querySelector("#keys-on");

let arrivedAt = performance.now();
let next = Promise.resolve(null); // the next group, fetched and held, with its pictures on their way
let ahead = null; // the same as far as it has come: a page that goes waits for no promise
let asked = null; // what the confirm bar asks

const plural = window.intake.plural;
const name = (button) => `${button.dataset.who} (${button.dataset.whoIs})`;

// What each decision is called before, in passing and afterwards.
const VERBS = {
  assign: {
    ask: (n, button) => `${plural(n, "file goes", "files go")} to the chart of ${name(button)}`,
    during: (n, button) => `Filing ${plural(n, "file")} in the chart of ${name(button)}…`,
    after: (n, button) => `${plural(n, "file")} in the chart of ${name(button)}`,
    needsYes: (n) => n > 1,
  },
  keep: {
    ask: (n, button) => `The same picture is kept in both charts; this one goes to ${name(button)}`,
    during: (n, button) => `Filing it in the chart of ${name(button)} as well…`,
    after: (n, button) => `Kept in both charts: filed for ${name(button)} as well`,
    needsYes: () => false,
  },
  duplicate: {
    ask: (n) => `${plural(n, "file is", "files are")} set aside as a duplicate; the other one stays where it is`,
    during: () => "Setting it aside as a duplicate…",
    after: () => "Set aside as a duplicate",
    needsYes: () => true,
    hasReason: true,
  },
  reject: {
    ask: (n) => `${plural(n, "file goes", "files go")} to no chart`,
    during: (n) => `Setting ${plural(n, "file")} aside…`,
    after: (n) => `${plural(n, "file")} set aside, in no chart`,
    needsYes: () => true,
    hasReason: true,
  },
};

/** A second tap of a hasty finger must not decide about the next group before anybody has seen it. */
function isSeen() {
  const part = review.desk();
  const pictures = [...(part?.querySelectorAll(".plate img") ?? [])];
  const isStill = performance.now() - arrivedAt > SETTLE_MS && !part?.hasAttribute("aria-busy");
  return isStill && pictures.every((picture) => picture.complete);
}

// --- Deciding

function choose(button) {
  const verb = VERBS[button.dataset.verb];
  const files = review.chosen();
  if (!files.length || !isSeen()) return;
  if (verb.needsYes(files.length)) ask(button, verb, files);
  else decide(button, verb, files);
}

function ask(button, verb, files) {
  asked = { button, verb, files, home: document.activeElement };
  const reason = bar.querySelector("#confirm-reason");
  reason.value = "";
  reason.hidden = !verb.hasReason;
  bar.classList.toggle("is-danger", Boolean(verb.hasReason));
  bar.querySelector("#confirm-words").textContent = verb.ask(files.length, button);
  bar.hidden = false;
  bar.querySelector("#confirm-yes").focus();
  review.say(`${verb.ask(files.length, button)}. Enter confirms, Escape goes back.`);
}

/** What is asked must be what is in front: another picture, another question. */
function closeIfOther() {
  if (!asked) return;
  const now = review.chosen();
  if (now.length !== asked.files.length || now.some((link, at) => link !== asked.files[at])) close();
}

function confirm() {
  if (!asked) return;
  const { button, verb, files } = asked;
  const reason = bar.querySelector("#confirm-reason").value;
  close();
  decide(button, verb, files, reason);
}

/** Go back to where the person was; the bar must not keep the focus. */
function close() {
  if (!asked) return;
  const { home } = asked;
  asked = null;
  bar.hidden = true;
  if (home?.isConnected && home !== document.body) home.focus({ preventScroll: true });
}

function decide(button, verb, files, reason = "") {
  const began = performance.now();
  const ids = files.map((link) => link.dataset.file);
  const pairs = ids.map((id) => ["file", id]);
  pairs.push(["confirmed", "yes"], ["reason", reason]);
  if (button.name === "patient") pairs.push(["patient", button.value]);
  review.tell(verb.during(files.length, button), { canUndo: false });
  review.send({
    address: button.formAction,
    pairs,
    lead: ids[0],
    what: verb.ask(files.length, button),
    words: (n) => verb.after(n, button),
  });
  goOn(ids, began);
}

/** The next file of the group, or the next group, without waiting for anybody. */
function goOn(ids, began = performance.now()) {
  if (review.drop(ids)) {
    arrivedAt = performance.now();
    return undefined;
  }
  return advance(began);
}

async function advance(began) {
  review.desk()?.setAttribute("aria-busy", "true");
  const fresh = (await next) ?? (await fetchNext());
  if (!fresh) return finish();
  show(fresh);
  requestAnimationFrame(() => performance.measure("intake-next-group", { start: began, end: performance.now() }));
  return undefined;
}

/** Nothing is left; the page stays, because the last decision may still be on its way, or be undone. */
function finish() {
  const part = document.createElement("section");
  part.id = "desk";
  part.className = "card empty";
  part.tabIndex = -1;
  const title = document.createElement("h1");
  title.textContent = "Nothing else waits for you";
  const words = document.createElement("p");
  words.textContent = "Every other group is decided, or somebody has it.";
  const link = Object.assign(document.createElement("a"), { className: "button main", href: routes.queue, textContent: "To the queue" });
  part.append(title, words, link);
  expect(null);
  replace(part);
}

// --- The next group

/** Put a desk in the place of the one that is there, and know what comes behind it. */
function show(fresh, behind) {
  replace(fresh);
  window.htmx.process(fresh);
  review.count();
  history.replaceState(null, "", fresh.dataset.address);
  review.say(`${fresh.querySelector("[data-name]").textContent}, ${plural(review.waiting().length, "file")}. ${fresh.querySelector(".desk-decide .banner").textContent.trim()}`);
  expect(behind ?? fetchNext());
}

function replace(part) {
  const old = document.querySelector("#desk");
  const hadFocus = old.contains(document.activeElement) || bar.contains(document.activeElement);
  close();
  old.replaceWith(part);
  arrivedAt = performance.now();
  // Who tabs goes on from the new group; who only presses keys is left alone.
  if (hadFocus) part.focus({ preventScroll: true });
}

function expect(part) {
  ahead = null;
  next = Promise.resolve(part);
  const mine = next;
  next.then((one) => {
    if (mine === next) ahead = one;
  });
}

function parsed(text) {
  const box = document.createElement("div");
  box.innerHTML = text;
  return box.querySelector("article.desk");
}

async function fetchNext() {
  const lead = review.desk()?.dataset.lead ?? "";
  try {
    const answer = await review.post(routes.next, [["after", lead]], { isPoll: true });
    return answer.status === 200 ? warm(parsed(await answer.text())) : null;
  } catch {
    return null;
  }
}

/** What is seen first of a desk that is not shown yet is fetched now; each picture that is read is noted. */
function warm(fresh) {
  const seen = [...fresh.querySelectorAll(".plate img"), ...[...fresh.querySelectorAll(".strip img")].slice(0, SEEN_AT_ONCE)];
  seen.forEach((picture) => picture.removeAttribute("loading"));
  return fresh;
}

function idsOf(part) {
  return review.waiting(part).map((link) => ["file", link.dataset.file]);
}

/** Later: let go of this group, and look at the next one. */
async function skip() {
  if (!isSeen()) return;
  const part = review.desk();
  if (!part) return void document.querySelector("[data-next]")?.click();
  const began = performance.now();
  if (!((await next) ?? (await fetchAgain()))) {
    review.tell("Nothing else waits in this queue.", { canUndo: false, tone: "ask", icon: "eye" });
    return;
  }
  const left = idsOf(part);
  await advance(began);
  part.removeAttribute("aria-busy");
  release(left);
}

/** What was not there when this group came may be there now. */
async function fetchAgain() {
  expect(fetchNext());
  return next;
}

function release(files) {
  if (files.length) review.post(routes.release, files, { isPoll: true }).catch(() => undefined);
}

/** Open the group of a file again; what is on the desk now comes next, and what was to come is let go. */
async function returnTo(file) {
  const target = new URL(`${routes.queue.split("?")[0]}/${file}`, location.href);
  target.search = routes.batch ? `?batch=${routes.batch}` : "";
  try {
    const answer = await fetch(target, { headers: { "X-Intake-Part": "desk", "HX-Request": "true" } });
    const fresh = answer.ok ? parsed(await answer.text()) : null;
    if (!fresh) return location.assign(target);
    const before = review.desk();
    if (!before || before.dataset.lead === fresh.dataset.lead) return show(fresh, before ? next : undefined);
    const behind = await next;
    show(fresh, before);
    if (behind) release(idsOf(behind));
  } catch {
    review.complain("The server could not be reached. The group is still in the queue.", {});
  }
  return undefined;
}

function undo() {
  if (!isSeen()) return;
  review.tell("Taking it back…", { canUndo: false, tone: "ask", icon: "undo" });
  review.afterwards(async () => {
    try {
      const answer = await review.post(routes.undo, []);
      const { file, done, refused, says } = await answer.json();
      if (done) review.tell(file ? `Taken back: ${plural(done, "file waits", "files wait")} for review again` : "Taken back. It is read again and comes back to review in a moment.", { canUndo: false, icon: "undo" });
      else document.querySelector("#last").replaceChildren();
      if (!done || refused.length) review.complain(says ?? `${plural(refused.length, "file")} could not be taken back. ${refused[0]?.says ?? ""}`, {});
      if (file) await returnTo(file);
    } catch {
      review.complain("The server could not be reached. Nothing was taken back.", { "Try again": undo });
    }
  });
}

// --- A new provisional patient: the answer is awaited, because a number may be taken

async function register(form) {
  const files = review.chosen();
  const pairs = [...new FormData(form)].filter(([field]) => !["file", "csrfmiddlewaretoken", "batch"].includes(field));
  pairs.push(...files.map((link) => ["file", link.dataset.file]));
  const box = form.querySelector("[data-new-errors]");
  const fail = (words) => {
    box.querySelector("p").textContent = words;
    box.hidden = false;
  };
  try {
    const answer = await review.post(form.action, pairs);
    const { errors, done, refused } = await answer.json();
    if (errors) return fail(Object.values(errors).flat().join(" "));
    if (!done.length) return fail(refused[0]?.says ?? "That did not work.");
    review.tell(`${plural(done.length, "file")} in the chart of a new provisional patient, ${form.elements.family_name.value} ${form.elements.given_names.value}`);
    return goOn(done);
  } catch {
    return fail("The server could not be reached. Nothing was registered; try again.");
  }
}

// --- Holding what is on the desk

async function hold() {
  if (document.hidden) return;
  const words = "Somebody else has taken this group meanwhile. What you decide may be refused.";
  await holdPart(review.desk(), () => review.complain(words, { "Take the next group": () => advance(performance.now()) }));
  await holdPart(ahead, () => expect(fetchNext()));
}

async function holdPart(part, lost) {
  const files = part ? idsOf(part) : [];
  if (!files.length) return;
  try {
    const answer = await review.post(routes.hold, files, { isPoll: true });
    if (answer.ok && !(await answer.json()).held) lost();
  } catch {
    // The next sign of life may arrive; a decision says by itself when it does not.
  }
}

/** Leaving the page lets go of everything at once; the token is a field, because a beacon has no headers. */
function leave() {
  const files = [...idsOf(review.desk()), ...(ahead ? idsOf(ahead) : [])];
  navigator.sendBeacon(routes.release, new URLSearchParams([...files, ["csrfmiddlewaretoken", window.intake.csrfToken()]]));
}

// --- Keys

const ACTIONS = {
  s: () => document.querySelector("#patient-search")?.focus(),
  u: undo,
  g: review.toggleScope,
  n: () => {
    const fold = document.querySelector("#new-patient");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("#new-mrn").focus();
  },
  "?": () => help.showModal(),
  ArrowRight: () => review.step(1),
  ArrowLeft: () => review.step(-1),
};

/** Digits mean the results of a search while there are any, and nothing while they are still on their way. */
function buttonOf(key) {
  const found = document.querySelector("#found");
  const words = document.querySelector("#patient-search")?.value.trim() ?? "";
  if (/^\d$/.test(key) && found && found.dataset.for !== words) return null;
  const place = /^\d$/.test(key) && found?.querySelector("[data-key]") ? found : review.desk();
  return place?.querySelector(`[data-key="${key}"]`);
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select") !== null;
}

function isPressable(target) {
  return target.closest("button, a, summary, input[type=checkbox]") !== null;
}

function follow(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.repeat) {
    // A key that is held down must not answer the question that it has just raised.
    if (asked && key === "Enter") event.preventDefault();
    return;
  }
  if (asked && key === "Escape") return void close();
  if (isTyping(target) || (isOn && !isOn.checked)) return;
  if (asked && key === "x" && asked.button.dataset.key === "x") confirm();
  else if (key === "Enter") {
    if (isPressable(target)) return;
    if (asked) confirm();
    else skip();
  } else if (/^[1-5dkx]$/.test(key)) {
    const button = buttonOf(key);
    if (button) choose(button);
  } else if (ACTIONS[key]) {
    if (asked) return;
    ACTIONS[key]();
  } else return;
  event.preventDefault();
}

function followForms(event) {
  const { submitter, target } = event;
  if (submitter?.dataset.verb) {
    event.preventDefault();
    choose(submitter);
  } else if (target.matches("[data-new-patient]")) {
    event.preventDefault();
    register(target);
  } else if (submitter?.matches(".desk [data-next]")) {
    event.preventDefault();
    skip();
  } else if (submitter?.hasAttribute("data-undo")) {
    event.preventDefault();
    undo();
  }
}

function recall() {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

function remember() {
  document.body.classList.toggle("no-keys", !isOn.checked);
  try {
    localStorage.setItem(SETTING, isOn.checked ? "on" : "off");
  } catch {
    // Then it holds for this page only.
  }
}

document.querySelector("[data-keys]").hidden = false;
isOn.checked = recall();
document.body.classList.toggle("no-keys", !isOn.checked);
isOn.addEventListener("change", remember);
document.addEventListener("keydown", follow);
document.addEventListener("submit", followForms);
document.addEventListener("intake-front", closeIfOther);
bar.querySelector("#confirm-yes").addEventListener("click", confirm);
bar.querySelector("#confirm-no").addEventListener("click", close);
bar.querySelector("#confirm-reason").addEventListener("keydown", (event) => {
  if (event.key === "Enter") confirm();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) help.showModal();
  if (event.target.closest("[data-help-close]")) help.close();
  if (event.target.closest("#last button[type=button][data-undo]")) undo();
});
document.addEventListener("keydown", (event) => {
  const isLeaving = event.key === "Escape" || (event.key === "Enter" && event.target.id === "patient-search");
  if (!isLeaving || help.open || !isTyping(event.target) || bar.contains(event.target)) return;
  // Escape would also empty a search box, and with it the results.
  if (event.key === "Escape") event.preventDefault();
  // After the key has done its own work: Enter still searches.
  setTimeout(() => event.target.blur());
});

review.returnTo = returnTo;
if (review.desk()) {
  review.count();
  expect(fetchNext());
  addEventListener("pagehide", leave);
  // A page that was just left may still be letting go of the very group that this one shows.
  setTimeout(hold, 1500);
  setInterval(hold, (Number(review.desk().dataset.minutes) * 60_000) / 3);
}
