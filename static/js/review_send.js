// Decisions on their way: sent one after the other, never lost in silence, said when the server refuses some.

const { review } = window.intake;
const routes = document.querySelector("#routes").dataset;
let queue = Promise.resolve();
const undelivered = new Set(); // decisions that no server has answered: on their way, or in vain so far

function fieldsOf(pairs) {
  const fields = new URLSearchParams(pairs);
  if (routes.batch) fields.append("batch", routes.batch);
  return fields;
}

/** POST a form; `keepalive` lets a decision arrive although the page is being left. */
async function post(address, pairs, { isPoll = false } = {}) {
  const headers = { "X-CSRFToken": window.intake.csrfToken(), "X-Intake-Part": "desk", "HX-Request": "true" };
  if (isPoll) headers["X-Intake-Poll"] = "1";
  return fetch(address, { method: "POST", body: fieldsOf(pairs), headers, keepalive: !isPoll, redirect: "error" });
}

function say(words) {
  document.querySelector("#voice").textContent = words;
}

/** The line above the desk: what was decided last, with its undo. */
function tell(words, { canUndo = true, tone = "good", icon = "check" } = {}) {
  const line = document.createElement("div");
  line.className = `banner tone-${tone} last`;
  const text = document.createElement("p");
  text.textContent = words;
  line.append(window.intake.drawing(icon), text);
  if (canUndo) line.append(button("Undo", { icon: "undo", key: "u", data: "undo" }));
  document.querySelector("#last").replaceChildren(line);
  say(words);
}

function button(words, { icon = "", key = "", data = "" } = {}) {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "button";
  if (icon) one.append(window.intake.drawing(icon));
  one.append(words);
  if (key) one.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  if (data) one.dataset[data] = "";
  return one;
}

/** Whoever closes the page now would think that something is decided which is not. */
function warn(event) {
  event.preventDefault();
}

function waitFor(decision) {
  undelivered.add(decision);
  addEventListener("beforeunload", warn);
}

function forget(decision) {
  undelivered.delete(decision);
  if (!undelivered.size) removeEventListener("beforeunload", warn);
}

/** Something went wrong: said where it is seen, with what helps, until somebody closes it. */
function complain(words, actions, closed = () => undefined) {
  const box = document.createElement("div");
  box.className = "banner tone-bad";
  const inner = document.createElement("div");
  const text = document.createElement("p");
  text.textContent = words;
  const row = document.createElement("div");
  row.className = "row-tight";
  for (const [label, act] of Object.entries({ ...actions, Close: closed })) {
    const one = button(label);
    one.addEventListener("click", () => {
      box.remove();
      act();
    });
    row.append(one);
  }
  inner.append(text, row);
  box.append(window.intake.drawing("warn"), inner);
  document.querySelector("#troubles").append(box);
}

/** Send one decision behind those that are on their way; the page has gone on already. */
function send(decision) {
  waitFor(decision);
  queue = queue.then(() => deliver(decision));
  return queue;
}

async function deliver(decision) {
  const { address, pairs, what, lead } = decision;
  const giveUp = () => forget(decision);
  const returnTo = () => {
    giveUp();
    review.returnTo(lead);
  };
  const fail = (words) => complain(words, { "Try again": () => send(decision), "Return to them": returnTo }, giveUp);
  let answer;
  try {
    answer = await post(address, pairs);
  } catch {
    return fail(`The server could not be reached. Not decided yet: ${what}. The files still wait.`);
  }
  if (answer.status === 401) return fail(`You are signed out, so this was not decided: ${what}. Sign in again in another tab, then try again.`);
  if (!answer.ok) return fail(`That did not work (${answer.status}). Not decided: ${what}. The files still wait.`);
  giveUp();
  return settle(await answer.json(), decision);
}

function settle({ done, refused }, { what, words, lead }) {
  if (done.length) tell(words(done.length));
  if (!refused.length) return;
  const reasons = [...new Set(refused.map((each) => each.says))].join(" ");
  const names = refused.slice(0, 3).map((each) => each.name).join(", ");
  const more = refused.length > 3 ? ` and ${refused.length - 3} more` : "";
  if (!done.length) document.querySelector("#last").replaceChildren();
  complain(`${refused.length} of ${done.length + refused.length} not decided (${what}): ${names}${more}. ${reasons}`, {
    "Look at them": () => review.returnTo(refused[0].file ?? lead),
  });
}

/** What is done when everything on its way has arrived. */
function afterwards(act) {
  queue = queue.then(act);
  return queue;
}

Object.assign(review, { routes, post, say, tell, complain, send, afterwards });
