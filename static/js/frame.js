// What every page does: swaps that leave focus and scroll alone, toasts, the account menu, the theme.

const TOAST_MS = 15_000;

/** The CSRF cookie as it is now: after signing in elsewhere the token in the page is an old one. */
function csrfToken() {
  const name = document.body.dataset.csrfCookie;
  const found = document.cookie.split("; ").find((pair) => name && pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** `1 file`, `2 files`. */
function plural(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Bytes for people: 38 bytes, 372 KB, 2.7 MB. */
function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const shown = bytes / 1024 ** step;
  return `${shown.toFixed(step > 1 && shown < 10 ? 1 : 0)} ${units[step]}`;
}

/** Change `old` into `next` by as little as possible; parts with an id that are equal are not touched at all. */
function patch(old, next, fresh) {
  if (old.hasAttribute("data-keep") || old.isEqualNode(next)) return;
  if (!hasOnlyNamedParts(old) || !hasOnlyNamedParts(next)) {
    old.replaceWith(next);
    fresh.push(next);
    return;
  }
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  patchParts(old, next, fresh);
}

function patchParts(old, next, fresh) {
  const wanted = new Set([...next.children].map((part) => part.id));
  for (const part of [...old.children]) if (!wanted.has(part.id)) part.remove();
  let place = old.firstElementChild;
  for (const part of [...next.children]) {
    const known = [...old.children].find((each) => each.id === part.id);
    if (!known) {
      old.insertBefore(part, place);
      fresh.push(part);
      continue;
    }
    if (known === place) place = place.nextElementSibling;
    else old.insertBefore(known, place);
    patch(known, part, fresh);
  }
}

function hasOnlyNamedParts(element) {
  return element.children.length > 0 && [...element.children].every((part) => part.id);
}

/** Make a change, and keep what the reader looks at where it is: rows come and go above it. */
function steadily(change) {
  const marks = landmarks().map((mark) => ({ mark, top: mark.getBoundingClientRect().top, home: homeOf(mark) }));
  change();
  for (const { mark, top, home } of marks) {
    const now = document.getElementById(mark.id);
    if (!now || homeOf(now) !== home) continue;
    window.scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
    return;
  }
}

/** What is seen, the thing that has the focus first; a row that moves to another group is no landmark. */
function landmarks() {
  const seen = [document.activeElement].filter((element) => element?.id && isSeen(element));
  for (const height of [0.1, 0.25, 0.4, 0.6, 0.8]) {
    const element = document.elementFromPoint(innerWidth / 2, innerHeight * height)?.closest("main [id]");
    if (element && element.id !== "live") seen.push(element);
  }
  return seen;
}

function isSeen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

function homeOf(element) {
  return element.closest("section[id]")?.id;
}

function defineKeyedSwap() {
  window.htmx.defineExtension("keyed", {
    isInlineSwap: (style) => style === "keyed",
    handleSwap(style, target, fragment) {
      if (style !== "keyed") return false;
      const next = fragment.querySelector(`#${target.id}`);
      if (!next) return [];
      // Every rendering masks the CSRF token anew; an equal form must look equal.
      const token = target.querySelector("[name=csrfmiddlewaretoken]")?.getAttribute("value");
      if (token) next.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => field.setAttribute("value", token));
      const fresh = [];
      steadily(() => patch(target, next, fresh));
      return fresh;
    },
  });
}

function drawing(icon) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${icon}`);
  svg.append(use);
  return svg;
}

/** On a phone a toast would cover the very result that it tells; then it is only spoken. */
function isToldByPage(tone) {
  const result = document.querySelector("#overview");
  return tone === "good" && matchMedia("(max-width: 50rem)").matches && result !== null && isSeen(result);
}

function toast({ words, tone = "good", icon = "check" }) {
  const box = document.createElement("div");
  box.className = isToldByPage(tone) ? "toast unseen" : "toast";
  const text = document.createElement("p");
  text.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button plain";
  close.textContent = "Close";
  close.addEventListener("click", () => box.remove());
  box.append(drawing(icon), text, close);
  box.dataset.tone = tone;
  // The page says the same, so the toast may go by itself, though never from under a reader.
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, TOAST_MS) : box.remove());
  setTimeout(leave, TOAST_MS);
  document.querySelector("#toasts").replaceChildren(box);
}

function followMenu() {
  const menu = document.querySelector("details.menu");
  if (!menu) return;
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

function offerTheme() {
  const button = document.querySelector("[data-theme-toggle]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.setItem("intake-theme", root.dataset.theme);
    } catch {
      // Then it holds for this page only.
    }
  });
}

function followRequests() {
  document.body.addEventListener("htmx:configRequest", (event) => {
    const token = csrfToken();
    if (event.detail.verb !== "get" && token) event.detail.parameters.csrfmiddlewaretoken = token;
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.headers["X-Intake-Poll"]) return;
    const isSignedOut = event.detail.xhr.status === 401;
    const words = isSignedOut ? "You are signed out. Sign in again in another tab, then go on here." : "That did not work. Reload the page and try again.";
    toast({ words, tone: "bad", icon: "warn" });
  });
}

// The page's other modules use these; they cannot import each other, because static files carry a digest.
window.intake = { csrfToken, drawing, plural, size };
defineKeyedSwap();
followMenu();
offerTheme();
followRequests();
document.addEventListener("intake:toast", (event) => toast(event.detail));
