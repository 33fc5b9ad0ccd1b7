// The list of chosen files: one line each, drawn when it is seen, changed at most once in a frame.

const uploader = document.querySelector("#uploader");
const list = uploader.querySelector(".filelist");
const END_LETTERS = 16;
const MOST_LETTERS = 22;
const rows = new Map();
const changes = new Map();
let isDrawing = false;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The end of a path tells more than its beginning, so where room is short the beginning is cut. */
function nameOf(path) {
  const letters = [...new Intl.Segmenter().segment(path)].map(({ segment }) => segment);
  const last = letters.lastIndexOf("/") + 1;
  const at = letters.length - last <= MOST_LETTERS ? last : letters.length - END_LETTERS;
  const name = element("div", "name");
  name.title = path;
  name.append(element("span", "", letters.slice(0, at).join("")), element("span", "", letters.slice(at).join("")));
  return name;
}

function rowFor({ id, path, bytes }) {
  const row = document.createElement("li");
  const sign = element("span", "sign tone-quiet");
  sign.append(window.intake.drawing("waiting"));
  const text = element("div", "");
  const name = nameOf(path);
  const says = element("div", "says", "Checking…");
  text.append(name, says);
  const remove = element("button", "button plain square");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${path}`);
  remove.append(window.intake.drawing("cross"));
  remove.addEventListener("click", () => removeRow(id));
  row.append(sign, text, element("span", "size", window.intake.size(bytes)), remove);
  return { row, sign, says, remove, progress: null };
}

function removeRow(id) {
  const { row } = rows.get(id);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  uploader.dispatchEvent(new CustomEvent("files:remove", { detail: { ids: [id] } }));
  (next?.querySelector("button") ?? list).focus();
}

function add(files) {
  const lines = document.createDocumentFragment();
  for (const file of files) {
    const made = rowFor(file);
    rows.set(file.id, made);
    lines.append(made.row);
  }
  list.append(lines);
}

function drop(ids) {
  for (const id of ids) {
    rows.get(id)?.row.remove();
    rows.delete(id);
    changes.delete(id);
  }
}

function change(files) {
  for (const file of files) changes.set(file.id, { ...changes.get(file.id), ...file });
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function draw() {
  isDrawing = false;
  for (const [id, what] of changes) if (rows.has(id)) drawRow(rows.get(id), what);
  changes.clear();
}

function drawRow(parts, { tone, icon, words, share, isFixed, isFirst }) {
  if (tone) parts.sign.className = `sign tone-${tone}`;
  if (icon) parts.sign.replaceChildren(window.intake.drawing(icon));
  if (words !== undefined) parts.says.textContent = words;
  if (tone) parts.says.className = `says tone-${tone}`;
  if (isFixed) parts.remove.hidden = true;
  if (isFirst) list.prepend(parts.row);
  if (share !== undefined) drawShare(parts, share);
}

function drawShare(parts, share) {
  if (share >= 1) {
    parts.progress?.remove();
    parts.progress = null;
    return;
  }
  if (!parts.progress) {
    parts.progress = document.createElement("progress");
    parts.progress.setAttribute("aria-label", "Sent");
    parts.row.append(parts.progress);
  }
  parts.progress.value = share;
}

uploader.addEventListener("files:added", (event) => add(event.detail.files));
uploader.addEventListener("files:changed", (event) => change(event.detail.files));
uploader.addEventListener("files:dropped", (event) => drop(event.detail.ids));
