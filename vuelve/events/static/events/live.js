// The live list: asks for new rows every two seconds while somebody looks, and shows one event beside the list.
// Words come from the page (data-*).

const EVERY_MS = 2000;
const ROWS_MAX = 500; // what a browser draws without a hitch; older ones are on the next page

const live = document.querySelector("[data-live]");
const rows = live.querySelector("[data-live-rows]");
const list = live.querySelector("[data-live-list]");
const status = live.querySelector("[data-live-status]");
const text = live.querySelector("[data-live-text]");
const panel = live.querySelector("[data-live-panel]");
const pauseButton = document.querySelector("[data-live-pause]");
const resumeButton = document.querySelector("[data-live-resume]");

let since = live.dataset.since;
let paused = !("tail" in live.dataset);
let timer = 0;

// --- new rows

async function poll() {
  clearTimeout(timer);
  if (paused || document.hidden) return;
  const query = new URLSearchParams(location.search);
  query.set("since", since);
  try {
    const answer = await fetch(`${live.dataset.url}?${query}`, { headers: { "HX-Request": "true" } });
    if (answer.redirected) return location.reload(); // signed out
    if (answer.ok && !paused) take(await answer.text());
  } catch {
    // No connection: the next round tries again.
  }
  timer = setTimeout(poll, EVERY_MS);
}

function take(html) {
  const answer = new DOMParser().parseFromString(html, "text/html").querySelector("table");
  if (!answer) return;
  since = answer.dataset.since;
  const fresh = [];
  const received = answer.rows.length;
  for (const row of answer.querySelectorAll("tr")) {
    const shown = document.getElementById(row.id);
    if (!shown) fresh.push(row);
    else if (shown.dataset.state !== row.dataset.state) replace(shown, row);
  }
  if (!fresh.length) return;
  live.querySelector("[data-live-empty]")?.remove();
  list.hidden = false;
  rows.prepend(...fresh);
  while (rows.rows.length > ROWS_MAX) rows.rows[rows.rows.length - 1].remove();
  for (const row of fresh) row.classList.add("live__row--new");
  // None of an answer that is cut was shown before: there is a gap below it.
  const isGap = "cut" in answer.dataset && fresh.length === received;
  say(isGap ? text.dataset.cut : text.dataset.new.replace("{n}", fresh.length));
}

function replace(shown, row) {
  const hadFocus = shown.contains(document.activeElement);
  if (shown.getAttribute("aria-selected")) row.setAttribute("aria-selected", "true");
  shown.replaceWith(row);
  if (hadFocus) row.querySelector("a")?.focus();
}

function say(words) {
  text.textContent = words;
}

function setPaused(is) {
  paused = is;
  status.classList.toggle("live__status--running", !paused);
  pauseButton.hidden = paused;
  resumeButton.hidden = !paused;
  say(paused ? text.dataset.paused : text.dataset.running);
  if (!paused) poll();
}

if (pauseButton) {
  pauseButton.addEventListener("click", () => {
    setPaused(true);
    resumeButton.focus();
  });
  resumeButton.addEventListener("click", () => {
    setPaused(false);
    pauseButton.focus();
  });
  document.addEventListener("visibilitychange", poll);
  setPaused(false);
}

// --- one event

live.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-event]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    open(link);
  } else if (event.target.closest("[data-live-close]")) close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden && !document.querySelector("details.menu[open]")) close();
});

async function open(link) {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return location.assign(link.href);
  panel.innerHTML = await answer.text();
  panel.hidden = false;
  live.classList.add("live--open");
  rows.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
  link.closest("tr").setAttribute("aria-selected", "true");
  panel.querySelector("h2").focus({ preventScroll: matchMedia("(min-width: 1100px)").matches });
}

function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  panel.replaceChildren();
  live.classList.remove("live--open");
  const row = rows.querySelector("[aria-selected]");
  row?.removeAttribute("aria-selected");
  row?.querySelector("a[data-event]").focus();
}
