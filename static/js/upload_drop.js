// What was dropped or chosen becomes a list of files with their paths: folders inside folders, system files aside.

const uploader = document.querySelector("#uploader");
const zone = uploader.querySelector("#dropzone");
const SYSTEM_FILES = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|\.Spotlight-V100|\.Trashes|\.fseventsd|__MACOSX)$/i;

function newCatch() {
  return { files: [], skipped: 0, unreadable: [] };
}

/** All entries must be asked for before the drop event ends; reading them can take its time. */
function entriesOf(transfer) {
  return [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
}

async function walk(entry, caught) {
  if (!entry) return;
  if (entry instanceof File) return keep(entry, entry.name, caught);
  if (SYSTEM_FILES.test(entry.name)) {
    caught.skipped += 1;
    return;
  }
  try {
    if (entry.isFile) keep(await new Promise((done, fail) => entry.file(done, fail)), entry.fullPath.replace(/^\//, ""), caught);
    else await walkFolder(entry, caught);
  } catch {
    caught.unreadable.push(entry.name);
  }
}

async function walkFolder(folder, caught) {
  const reader = folder.createReader();
  // One call gives at most a hundred entries; an empty answer is the end.
  for (;;) {
    const entries = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!entries.length) return;
    for (const entry of entries) await walk(entry, caught);
    tell(`Reading the folder… ${caught.files.length} files so far`);
  }
}

function keep(file, path, caught) {
  if (path.split("/").some((part) => SYSTEM_FILES.test(part))) caught.skipped += 1;
  else caught.files.push({ file, path });
}

function tell(words) {
  uploader.dispatchEvent(new CustomEvent("files:reading", { detail: { words } }));
}

function hand(caught) {
  uploader.dispatchEvent(new CustomEvent("files:caught", { detail: caught }));
}

async function dropped(event) {
  event.preventDefault();
  zone.classList.remove("is-over");
  const entries = entriesOf(event.dataTransfer);
  if (!entries.length) return;
  const caught = newCatch();
  for (const entry of entries) await walk(entry, caught);
  hand(caught);
}

function chosen(event) {
  const caught = newCatch();
  for (const file of event.target.files) keep(file, file.webkitRelativePath || file.name, caught);
  event.target.value = "";
  hand(caught);
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

// Anywhere on the page counts as the drop zone, or the browser would leave the page to show the file.
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  zone.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) zone.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  if (hasFiles(event)) dropped(event);
});
for (const button of zone.querySelectorAll("[data-choose]")) {
  const input = uploader.querySelector(`#choose-${button.dataset.choose}`);
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", chosen);
}
