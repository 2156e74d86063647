// A select in which typing finds an option. The select stays: it is what the form sends.

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function enhance(frame) {
  const select = frame.querySelector("select");
  const list = document.createElement("ul");
  const input = document.createElement("input");
  Object.assign(list, { id: `${select.id}-list`, className: "combobox__list", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", frame.querySelector("label").textContent);
  Object.assign(input, { type: "text", id: `${select.id}-input`, className: "input combobox__input", autocomplete: "off" });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) {
    input.setAttribute(name, value);
  }
  frame.querySelector("label").htmlFor = input.id;
  select.hidden = true;
  frame.append(input, list);
  let at = -1;

  const chosen = () => (input.value = select.selectedOptions[0]?.textContent ?? "");
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const open = (wanted) => {
    const found = [...select.options].filter((option) => fold(option.textContent).includes(fold(wanted)));
    list.replaceChildren(
      ...found.map((option, n) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${n}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(option.selected));
        item.dataset.value = option.value;
        item.textContent = option.textContent;
        return item;
      }),
    );
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "combobox__none";
      none.setAttribute("role", "presentation");
      none.textContent = frame.dataset.none;
      list.append(none);
    }
    list.hidden = false;
    at = -1;
    input.setAttribute("aria-expanded", "true");
  };
  const move = (step) => {
    const items = list.querySelectorAll("[role=option]");
    if (!items.length) return;
    items[at]?.classList.remove("combobox__item--at");
    at = (at + step + items.length) % items.length;
    items[at].classList.add("combobox__item--at");
    items[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[at].id);
  };
  const pick = (item) => {
    if (!item) return;
    select.value = item.dataset.value;
    chosen();
    close();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  chosen();
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open(""));
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open("");
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      pick(list.querySelectorAll("[role=option]")[Math.max(at, 0)]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      chosen();
      close();
    }
  });
  input.addEventListener("blur", () => {
    chosen();
    close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", (event) => pick(event.target.closest("[role=option]")));
}

document.querySelectorAll("[data-combobox]").forEach(enhance);
