// Beside the page: looks at files before a byte is sent, then sends them by tus, four at a time.

const AT_ONCE = 4;
const CHUNK_BYTES = 8 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10_000];
const TRY_AGAIN_MS = 5000;
const TELL_EVERY_MS = 250;
const RESULTS_AT_ONCE = 50;
const HEAD_BYTES = 1024;
const TAIL_BYTES = 4096;

/* Looking: advisory and by slices only; the server looks again at everything. -------------------------------------- */

const text = (bytes) => String.fromCharCode(...bytes);
const starts = (bytes, signature) => signature.every((byte, at) => bytes[at] === byte);

/** What the first bytes say it is: [kind, "" when we take it, else what it seems to be]. */
const KINDS = [
  ["dicom", (b, t) => t.slice(128, 132) === "DICM"],
  ["jpeg", (b) => starts(b, [0xff, 0xd8, 0xff])],
  ["png", (b) => starts(b, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ["tiff", (b) => starts(b, [0x49, 0x49, 0x2a, 0x00]) || starts(b, [0x4d, 0x4d, 0x00, 0x2a])],
  ["webp", (b, t) => t.startsWith("RIFF") && t.slice(8, 12) === "WEBP"],
  ["pdf", (b, t) => t.includes("%PDF-")],
];
/** Lists of patients: by their content, or by their name where the content is text or a wrapping. */
const LISTS = [
  (head, words) => /^\s*begin:vcard/i.test(plain(words)),
  (head, words, name) => isText(head, words) && /\.(csv|txt|tsv|xls|vcf)$/i.test(name),
  (head, words, name) => words.startsWith("PK\u0003\u0004") && (words.includes("xl/") || words.includes("opendocument.spreadsheet") || /\.(xlsx|xlsm|ods)$/i.test(name)),
  (head, words, name) => starts(head, [0xd0, 0xcf, 0x11, 0xe0]) && /\.xlsx?$/i.test(name),
];
/** UTF-16 and a byte order mark read well enough without their NULs. */
const plain = (words) => words.replaceAll("\u0000", "").replace(/^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, "");
const isText = (head, words) => !head.includes(0) || starts(head, [0xff, 0xfe]) || starts(head, [0xfe, 0xff]) || halfZeros(head);
const halfZeros = (head) => [0, 1].some((odd) => head.filter((byte, at) => at % 2 === odd && byte === 0).length * 4 > head.length);
const OTHERS = [
  ["a genome's variants (VCF), not contacts", (b, t) => t.startsWith("##fileformat=VCF")],
  ["a HEIC picture of a phone; export it as JPEG", (b, t) => t.slice(4, 8) === "ftyp" && /^(hei[cxms]|mif1|msf1|avif)/.test(t.slice(8, 12))],
  ["a video", (b, t) => t.slice(4, 8) === "ftyp" || (t.startsWith("RIFF") && t.slice(8, 11) === "AVI")],
  ["a GIF picture; export it as PNG", (b, t) => t.startsWith("GIF8")],
  ["a bitmap; export it as PNG", (b, t) => t.startsWith("BM")],
  ["an archive; unpack it first", (b, t) => t.startsWith("PK\u0003\u0004") || t.startsWith("Rar!")],
  ["a web page", (b, t) => /^\s*<(!doctype html|html)/i.test(t)],
];

/** The mark that a whole file has near its end; without it the copy was cut off. */
const ENDS = {
  jpeg: (tail) => tail.includes("\u00ff\u00d9"),
  png: (tail) => tail.includes("IEND"),
  pdf: (tail) => tail.includes("%%EOF"),
};

async function slice(file, from, to) {
  return new Uint8Array(await file.slice(from, to).arrayBuffer());
}

async function look({ id, file }, maxBytes) {
  try {
    return { id, ...(await finding(file, maxBytes)) };
  } catch {
    return { id, level: "bad", words: "It cannot be read. Is the card or drive still connected?" };
  }
}

async function finding(file, maxBytes) {
  if (file.size === 0) return { level: "bad", words: "It is empty (0 bytes). Copy it from the camera or scanner again." };
  if (file.size > maxBytes) return { level: "bad", words: `It is larger than ${Math.round(maxBytes / 1024 ** 2)} MB. Export a smaller copy.` };
  const head = await slice(file, 0, HEAD_BYTES);
  const words = text(head);
  const kind = KINDS.find(([, fits]) => fits(head, words))?.[0];
  if (!kind && !words.startsWith("##fileformat=VCF") && LISTS.some((fits) => fits(head, words, file.name))) return { level: "ok", words: "Ready, as a list" };
  if (!kind) return { level: "bad", words: `This ${seems(head, words)}. Pictures (JPEG, PNG, TIFF, WebP, DICOM), PDF and lists (CSV, TXT, VCF, XLS, XLSX, ODS) are taken.` };
  const tail = text(await slice(file, Math.max(0, file.size - TAIL_BYTES), file.size));
  if (ENDS[kind] && !ENDS[kind](tail)) return { level: "warn", words: "Its end is missing; the copy may have been cut off." };
  return { level: "ok", words: "Ready" };
}

function seems(head, words) {
  const other = OTHERS.find(([, fits]) => fits(head, words))?.[0];
  return other ? `seems to be ${other}` : "is no kind of file that can be filed";
}

async function check({ files, maxBytes }) {
  for (let at = 0; at < files.length; at += RESULTS_AT_ONCE) {
    const some = files.slice(at, at + RESULTS_AT_ONCE);
    self.postMessage({ type: "checked", results: await Promise.all(some.map((each) => look(each, maxBytes))) });
  }
}

/* Sending ----------------------------------------------------------------------------------------------------------- */

let library = null;
const queue = [];
const running = new Map(); // id → { job, upload }
const moved = new Map(); // id → bytes
const arrived = [];
const tokens = new Map(); // id of the question → what to do with the answer
let isHeld = false;
let heldBy = "";
let lastQuestion = 0;

/** The page has the cookie; a worker has not. */
function csrfToken() {
  lastQuestion += 1;
  const id = lastQuestion;
  return new Promise((done) => {
    tokens.set(id, done);
    self.postMessage({ type: "token", id });
  });
}

function next() {
  while (!isHeld && running.size < AT_ONCE && queue.length) send(queue.shift());
}

function send(job) {
  const upload = new library.Upload(job.file, {
    uploadUrl: job.url,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    storeFingerprintForResuming: false,
    onBeforeRequest: async (request) => request.setHeader("X-CSRFToken", await csrfToken()),
    onShouldRetry: (error) => willRetry(statusOf(error)),
    onProgress: (bytes) => moved.set(job.id, bytes),
    onSuccess: () => succeeded(job),
    onError: (error) => failed(job, error),
  });
  running.set(job.id, { job, upload });
  upload.start();
}

function statusOf(error) {
  return error.originalResponse?.getStatus() ?? 0;
}

/** Told at once, long before the library gives up: a person wants to know why nothing moves. */
function willRetry(status) {
  if (status === 0) self.postMessage({ type: "cut" });
  return isPassing(status);
}

function isPassing(status) {
  return status === 0 || status >= 500 || [409, 423, 429, 460].includes(status);
}

function succeeded({ id }) {
  running.delete(id);
  moved.delete(id);
  arrived.push(id);
  next();
}

function failed(job, error) {
  running.delete(job.id);
  moved.delete(job.id);
  const status = statusOf(error);
  if (status === 401 || status === 403) return putBack(job, "signin");
  if (isPassing(status)) return putBack(job, "network");
  self.postMessage({ type: "refused", id: job.id, words: sentence(error) });
  return next();
}

function sentence(error) {
  try {
    return JSON.parse(error.originalResponse.getBody()).detail;
  } catch {
    return "The server did not take it. Drop it again later.";
  }
}

function putBack(job, why) {
  queue.unshift(job);
  hold(why);
  if (why === "network") setTimeout(tryAgain, TRY_AGAIN_MS);
}

function hold(why) {
  if (isHeld) return;
  isHeld = true;
  heldBy = why;
  for (const { job, upload } of running.values()) {
    upload.abort();
    queue.unshift(job);
  }
  running.clear();
  self.postMessage({ type: "held", why });
}

function resume() {
  if (!isHeld) return;
  isHeld = false;
  self.postMessage({ type: "resumed" });
  next();
}

function tryAgain() {
  if (heldBy === "network") resume();
}

/** The network is back: what waits for its next try goes on now. */
function goOnNow() {
  if (isHeld) {
    tryAgain();
    return;
  }
  for (const [id, { upload }] of running) {
    upload.abort().then(() => {
      if (!isHeld && running.has(id)) upload.start();
    });
  }
}

setInterval(() => {
  if (arrived.length) self.postMessage({ type: "sent", ids: arrived.splice(0) });
  if (!moved.size) return;
  self.postMessage({ type: "moved", items: [...moved] });
  moved.clear();
}, TELL_EVERY_MS);

const ORDERS = {
  begin: async ({ tus }) => {
    await import(tus);
    library = self.tus;
    next();
  },
  check,
  send: ({ jobs }) => {
    queue.push(...jobs);
    if (library) next();
  },
  hold: () => hold("person"),
  online: goOnNow,
  resume,
  token: ({ id, value }) => {
    tokens.get(id)(value);
    tokens.delete(id);
  },
};

self.addEventListener("message", ({ data }) => ORDERS[data.type](data));
