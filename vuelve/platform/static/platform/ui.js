// What the components do beyond HTML: menus, search keys, dialogs, copying, toasts, hints.
// Words come from the page (data-*), so that nothing here needs a translation.

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};

const search = document.querySelector("[data-search]");
const results = document.querySelector("[data-search-results]");
const clearResults = () => results?.replaceChildren();

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  if (results && !event.target.closest(".search")) clearResults();

  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-dialog-close]") || event.target === dialog)) dialog.close();

  if (event.target.closest("[data-toast-close]")) event.target.closest(".toast").remove();

  const copy = event.target.closest("[data-copy]");
  if (copy) copyText(copy);
});

async function copyText(button) {
  const source = button.dataset.copyFrom ? document.getElementById(button.dataset.copyFrom).textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(source);
  } catch {
    return; // no permission: the text is there to be selected
  }
  toast(button.dataset.copied, "good");
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (search && ((event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)))) {
    event.preventDefault();
    if (search.offsetParent) search.select(), search.focus();
    else window.location.assign(search.form.action);
  }
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    if (results?.childElementCount) {
      clearResults();
      search.focus();
    }
    for (const hint of document.querySelectorAll(".hint:hover, .hint:focus-within")) hint.classList.add("hint--closed");
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest?.(".search")) {
    const stops = [search, ...results.querySelectorAll("a")];
    const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[(next + stops.length) % stops.length]?.focus();
    event.preventDefault();
  }
});

document.addEventListener("mouseout", (event) => event.target.closest?.(".hint--closed")?.classList.remove("hint--closed"));

// On a phone a row of tabs is wider than the screen: the open one must be in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "center" });

// A select that is a filter of the page sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Toasts: those the page came with, and those of htmx answers (HX-Trigger: {"toast": {"text": ..., "tone": ...}}).
function toast(text, tone = "info") {
  const stack = document.querySelector("[data-toasts]");
  if ([...stack.querySelectorAll(".toast__text")].some((shown) => shown.textContent === text)) return;
  const item = document.querySelector("[data-toast-template]").content.firstElementChild.cloneNode(true);
  item.classList.add(`toast--${tone}`);
  item.querySelector(".toast__text").textContent = text;
  stack.append(item);
  expire(item);
}

function expire(item) {
  if (item.matches(".toast--bad")) return; // what went wrong stays until it has been read
  let timer = setTimeout(() => item.remove(), 6000);
  item.addEventListener("mouseenter", () => clearTimeout(timer));
  item.addEventListener("focusin", () => clearTimeout(timer));
  item.addEventListener("mouseleave", () => (timer = setTimeout(() => item.remove(), 3000)));
}

document.querySelectorAll("[data-toasts] .toast").forEach(expire);
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));

// An answer that is not a page (an error, no network) must not pass in silence.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => toast(document.body.dataset.failure, "bad"));
}
