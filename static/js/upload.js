// New batch, and more for an old one: checks files, announces them, sends them, and says how far it is.

const uploader = document.querySelector("#uploader");
const options = document.querySelector("#options");
const { maxFiles, maxBytes, tus, zone: clinicZone } = uploader.dataset;
const ANNOUNCE_AT_ONCE = 500;
const SAY_EVERY_MS = 10_000;
const CUT = "Connection lost. Nothing is lost; sending goes on by itself when it is back.";

const files = new Map(); // id → { id, path, file, bytes, sent, level, state }
const paths = new Set();
let batch = uploader.dataset.batch ?? "";
let phase = "choosing"; // choosing → sending ⇄ held → done
let worker = null;
let lastId = 0;
let skipped = 0;
let startedAt = 0;
let saidAt = 0;
let isCut = false;

const part = (name) => uploader.querySelector(name);
const tell = (name, detail) => uploader.dispatchEvent(new CustomEvent(name, { detail }));
const { plural, size } = window.intake;

/* Choosing ------------------------------------------------------------------------------------------------------ */

function caught({ detail }) {
  if (phase === "sending" || phase === "held") {
    document.dispatchEvent(new CustomEvent("intake:toast", { detail: { words: "This upload is under way. Drop more when it is done.", icon: "clock" } }));
    return;
  }
  if (phase === "done") beginAgain();
  const fresh = [];
  for (const { file, path } of detail.files.sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }))) {
    if (paths.has(`${path}\n${file.size}`)) continue;
    paths.add(`${path}\n${file.size}`);
    lastId += 1;
    const entry = { id: lastId, path, file, bytes: file.size, sent: 0, level: "", state: "checking" };
    files.set(entry.id, entry);
    fresh.push(entry);
  }
  skipped += detail.skipped;
  if (detail.unreadable.length) complain(`${plural(detail.unreadable.length, "entry", "entries")} could not be read. Check that the card or drive is still connected, then drop the folder again.`);
  tell("files:added", { files: fresh.map(({ id, path, bytes }) => ({ id, path, bytes })) });
  worker.postMessage({ type: "check", files: fresh.map(({ id, file }) => ({ id, file })), maxBytes: Number(maxBytes) });
  show();
}

function checked(results) {
  for (const { id, level, words } of results) {
    const entry = files.get(id);
    if (entry) Object.assign(entry, { level, words, state: "ready" });
  }
  const marks = { ok: ["good", "check"], warn: ["ask", "warn"], bad: ["bad", "warn"] };
  tell("files:changed", {
    files: results.map(({ id, level, words }) => ({ id, words, tone: marks[level][0], icon: marks[level][1], isFirst: level !== "ok" })),
  });
  show();
}

function remove(ids) {
  for (const id of ids) {
    const entry = files.get(id);
    if (!entry || phase === "sending") continue;
    paths.delete(`${entry.path}\n${entry.bytes}`);
    files.delete(id);
  }
  tell("files:dropped", { ids });
  show();
}

function beginAgain() {
  phase = "choosing";
  remove([...files.keys()]);
  part("[data-clear]").textContent = "Clear the list";
  part("[data-hold]").hidden = false;
}

/** Before the start: choose again. After the end: the batch below tells everything. */
function clear() {
  if (phase === "done") part("#chosen").hidden = true;
  else remove([...files.keys()]);
}

function withFindings() {
  return [...files.values()].filter((entry) => entry.level === "bad" || entry.level === "warn");
}

/* Showing ------------------------------------------------------------------------------------------------------- */

function total(key) {
  let sum = 0;
  for (const entry of files.values()) sum += entry[key];
  return sum;
}

function show() {
  const number = files.size;
  part("#chosen").hidden = number === 0;
  part("[data-sum=count]").textContent = plural(number, "file");
  part("[data-sum=bytes]").textContent = size(total("bytes"));
  showFindings();
  showButton(number);
  const isFree = phase === "choosing";
  part("[data-sending]").hidden = isFree;
  part("[data-each] > summary").hidden = isFree;
  if (isFree) part("[data-each]").open = true;
  part(".sendbar").hidden = !isFree;
  part("[data-clear]").hidden = !isFree;
  part("#dropzone").hidden = !isFree;
  part("#dropzone").classList.toggle("drop-small", Boolean(batch) || number > 0);
  if (batch) options?.remove();
}

function showFindings() {
  const place = part("[data-sum=findings]");
  const found = withFindings();
  place.replaceChildren();
  if (!found.length || phase !== "choosing") return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button plain";
  button.textContent = `Remove ${plural(found.length, "file")} with a problem`;
  button.addEventListener("click", () => remove(withFindings().map(({ id }) => id)));
  place.append(button);
}

function showButton(number) {
  const button = part("#start-upload");
  const isChecking = [...files.values()].some((entry) => entry.state === "checking");
  const isTooMany = number > Number(maxFiles);
  button.textContent = `${batch ? "Continue with" : "Upload"} ${plural(number, "file")}`;
  button.disabled = number === 0 || isTooMany || isChecking;
  part("[data-hint]").textContent = hint({ number, isChecking, isTooMany });
}

function hint({ number, isChecking, isTooMany }) {
  if (isTooMany) return `This clinic takes ${maxFiles} files in a batch. Remove ${number - maxFiles}, or ask your administrator for a higher limit.`;
  if (isChecking) return "Looking at the files; nothing is sent yet.";
  const found = withFindings().length;
  const aside = skipped ? ` ${plural(skipped, "system file")} left out.` : "";
  if (found) return `${plural(found, "file")} may be refused; sent along, ${found === 1 ? "it stands" : "they stand"} on the receipt with the reason.${aside}`;
  return `Nothing is sent before you press the button.${aside}`;
}

function complain(words, { signIn = false, goOn = false } = {}) {
  const box = part("#upload-problem");
  box.querySelector("p").textContent = words;
  box.querySelector("[data-signin]").hidden = !signIn;
  box.querySelector("[data-continue]").hidden = !goOn;
  box.hidden = !words;
}

function progress() {
  const all = total("bytes");
  const sent = total("sent");
  const settled = [...files.values()].filter((entry) => entry.state === "sent" || entry.state === "refused").length;
  const bar = part("[data-sending] progress");
  bar.value = all ? sent / all : 1;
  const words = `${settled} of ${plural(files.size, "file")} sent · ${size(sent)} of ${size(all)}`;
  part("[data-says]").textContent = phase === "done" ? doneWords() : `${words}${phase === "held" ? " · paused" : remaining(sent, all)}`;
  if (Date.now() - saidAt > SAY_EVERY_MS || phase === "done") {
    saidAt = Date.now();
    part("[data-announce]").textContent = part("[data-says]").textContent;
  }
}

function remaining(sent, all) {
  const seconds = (Date.now() - startedAt) / 1000;
  if (seconds < 5 || sent < all / 50) return "";
  const left = (seconds * (all - sent)) / sent;
  return left < 60 ? " · less than a minute left" : ` · about ${Math.round(left / 60)} min left`;
}

function doneWords() {
  const refused = [...files.values()].filter((entry) => entry.state === "refused").length;
  const arrived = files.size - refused;
  const rest = refused ? ` ${plural(refused, "file was", "files were")} refused; the list below says why.` : "";
  return `${plural(arrived, "file has", "files have")} arrived and ${arrived === 1 ? "is" : "are"} safe. You can leave this page.${rest}`;
}

/* Sending ------------------------------------------------------------------------------------------------------- */

async function makeBatch() {
  const made = await window.intake.makeBatch(options, clinicZone);
  batch = made.id;
  history.replaceState(null, "", `${options.dataset.page}${batch}`);
  document.title = document.title.replace("New batch", made.batch_number);
  show();
}

/** The batch's own page grows around the upload, which goes on undisturbed. */
function loadBatch() {
  return window.htmx.ajax("GET", location.pathname, { target: "#live", select: "#live", swap: "keyed", selectOOB: "#batch-head" });
}

async function announce() {
  const waiting = [...files.values()].filter((entry) => entry.state === "ready");
  waiting.sort((a, b) => Number(a.level !== "ok") - Number(b.level !== "ok"));
  for (let at = 0; at < waiting.length; at += ANNOUNCE_AT_ONCE) {
    const some = waiting.slice(at, at + ANNOUNCE_AT_ONCE);
    const entries = some.map(({ path, bytes, file }) => ({ path, size: bytes, mtime: new Date(file.lastModified).toISOString() }));
    placed(some, await window.intake.announce(batch, entries));
    if (at === 0) loadBatch();
  }
}

function placed(entries, places) {
  const jobs = [];
  const changes = [];
  entries.forEach((entry, index) => {
    const place = places[index];
    if (place.upload_url) {
      Object.assign(entry, { state: "sending", sent: place.offset });
      jobs.push({ id: entry.id, file: entry.file, url: place.upload_url });
      changes.push({ id: entry.id, words: "Waits its turn", tone: "quiet", icon: "waiting", isFixed: true });
      return;
    }
    const isRefused = place.state === "refused";
    Object.assign(entry, { state: isRefused ? "refused" : "sent", sent: entry.bytes });
    const words = isRefused ? (place.error?.message ?? "Refused.") : "Is here already";
    changes.push({ id: entry.id, words, tone: isRefused ? "bad" : "good", icon: isRefused ? "cross" : "check", isFixed: true, isFirst: isRefused });
  });
  tell("files:changed", { files: changes });
  worker.postMessage({ type: "send", jobs });
}

async function start() {
  if (options && !batch && !areOptionsValid()) return;
  complain("");
  phase = "sending";
  startedAt = Date.now();
  // What becomes of the files stands below; a long list must not push it off the screen.
  part("[data-each]").open = false;
  show();
  try {
    if (!batch) await makeBatch();
    await announce();
    progress();
    finishIfDone();
  } catch (failure) {
    phase = "choosing";
    complain(failure.message, { signIn: failure.isSignedOut });
    show();
  }
}

function areOptionsValid() {
  if (options.checkValidity()) return true;
  options.querySelector("details").open = true;
  options.reportValidity();
  return false;
}

function sent(ids) {
  mended();
  for (const id of ids) Object.assign(files.get(id), { state: "sent", sent: files.get(id).bytes });
  tell("files:changed", { files: ids.map((id) => ({ id, words: "Arrived", tone: "good", icon: "check", share: 1 })) });
  progress();
  finishIfDone();
}

function refused({ id, words }) {
  const entry = files.get(id);
  Object.assign(entry, { state: "refused", sent: entry.bytes });
  tell("files:changed", { files: [{ id, words, tone: "bad", icon: "cross", share: 1, isFirst: true }] });
  progress();
  finishIfDone();
}

function moved(items) {
  mended();
  for (const [id, bytes] of items) files.get(id).sent = bytes;
  tell("files:changed", { files: items.map(([id, bytes]) => ({ id, words: `${size(bytes)} sent`, tone: "busy", icon: "up", share: bytes / files.get(id).bytes })) });
  progress();
}

function finishIfDone() {
  if ([...files.values()].some((entry) => entry.state !== "sent" && entry.state !== "refused")) return;
  phase = "done";
  progress();
  document.dispatchEvent(new CustomEvent("intake:toast", { detail: { words: doneWords() } }));
  loadBatch();
  part("[data-hold]").hidden = true;
  part("[data-clear]").hidden = false;
  part("[data-clear]").textContent = "Hide the list";
}

/** Said at once and until a byte moves again, however often is tried in between. */
function cut() {
  if (phase === "choosing" || phase === "done") return;
  isCut = true;
  complain(CUT);
}

/** Something arrived; news from just before the cut do not count. */
function mended() {
  if (!navigator.onLine) return;
  if (isCut) complain("");
  isCut = false;
}

/** `why` is "person", "network" or "signin"; the worker keeps what it has and goes on from there. */
function held(why) {
  phase = "held";
  isCut = why === "network";
  const words = {
    person: "",
    network: CUT,
    signin: "You are signed out. Sign in again in the new tab, then press Continue; what has arrived is safe.",
  };
  complain(words[why], { signIn: why === "signin", goOn: why !== "person" });
  part("[data-hold]").textContent = "Continue sending";
  part("[data-hold]").hidden = why !== "person";
  progress();
}

function resumed() {
  phase = "sending";
  if (!isCut) complain("");
  part("[data-hold]").textContent = "Pause sending";
  part("[data-hold]").hidden = false;
  progress();
}

function goOn() {
  worker.postMessage({ type: "resume" });
}

function togglePause() {
  worker.postMessage({ type: phase === "held" ? "resume" : "hold" });
}

const ANSWERS = {
  checked: ({ results }) => checked(results),
  moved: ({ items }) => moved(items),
  sent: ({ ids }) => sent(ids),
  refused,
  held: ({ why }) => held(why),
  cut,
  resumed,
  token: ({ id }) => worker.postMessage({ type: "token", id, value: window.intake.csrfToken() }),
};

function enhance() {
  worker = new Worker(uploader.dataset.worker, { type: "module" });
  worker.addEventListener("message", ({ data }) => ANSWERS[data.type](data));
  worker.addEventListener("error", () => complain("This browser could not start the upload. Use the plain form below."));
  worker.postMessage({ type: "begin", tus });
  for (const plain of document.querySelectorAll("[data-plain]")) plain.hidden = true;
  part("#dropzone").hidden = false;
  document.querySelector("#more-files")?.removeAttribute("hidden");
  part("#start-upload").addEventListener("click", start);
  part("[data-clear]").addEventListener("click", clear);
  part("[data-hold]").addEventListener("click", togglePause);
  part("[data-continue]").addEventListener("click", goOn);
  uploader.addEventListener("files:caught", caught);
  uploader.addEventListener("files:remove", ({ detail }) => remove(detail.ids));
  uploader.addEventListener("files:reading", ({ detail }) => { part("[data-announce]").textContent = detail.words; });
  window.addEventListener("offline", cut);
  window.addEventListener("online", () => worker.postMessage({ type: "online" }));
  window.addEventListener("beforeunload", (event) => {
    if (phase === "sending" || phase === "held") event.preventDefault();
  });
}

// Without the upload library the plain form stays, and does the same a file at a time.
if (tus && window.Worker) enhance();
