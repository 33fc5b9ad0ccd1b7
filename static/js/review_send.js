// Decisions on their way: sent one after the other, never lost in silence, said when the server refuses some.

const { review } = window.intake;
const routes = document.querySelector("#routes").dataset;
let queue = Promise.resolve();

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

/** Something went wrong: said where it is seen, with what helps, until somebody closes it. */
function complain(words, actions) {
  const box = document.createElement("div");
  box.className = "banner tone-bad";
  const inner = document.createElement("div");
  const text = document.createElement("p");
  text.textContent = words;
  const row = document.createElement("div");
  row.className = "row-tight";
  for (const [label, act] of Object.entries({ ...actions, Close: () => undefined })) {
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
  queue = queue.then(() => deliver(decision));
  return queue;
}

async function deliver(decision) {
  const { address, pairs, what, lead } = decision;
  const actions = { "Try again": () => send(decision), "Return to them": () => review.returnTo(lead) };
  let answer;
  try {
    answer = await post(address, pairs);
  } catch {
    return complain(`The server could not be reached. Not decided yet: ${what}. The files still wait.`, actions);
  }
  if (answer.status === 401) return complain(`You are signed out, so this was not decided: ${what}. Sign in again in another tab, then try again.`, actions);
  if (!answer.ok) return complain(`That did not work (${answer.status}). Not decided: ${what}. The files still wait.`, actions);
  return settle(await answer.json(), decision);
}

function settle({ done, refused }, { what, words, canUndo, lead }) {
  if (done.length) tell(words(done.length), { canUndo });
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
