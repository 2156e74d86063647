// Tables: sorted by a column's head, and with the columns that the reader wants. Progressive: without it all is shown as it came.

const compare = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" }).compare;

function keyOf(row, column) {
  const cell = row.cells[column];
  return cell?.dataset.sort ?? cell?.querySelector("time")?.dateTime ?? cell?.textContent.trim() ?? "";
}

function sortBy(table, head) {
  const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row, head.cellIndex), row]);
  rows.sort((one, other) => sign * compare(one[0], other[0]));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  for (const head of table.tHead.rows[0].cells) {
    if (!head.textContent.trim() || head.querySelector(".visually-hidden")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "table__sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head));
  }
}

function show(table, column, isShown) {
  for (const row of table.rows) if (row.cells[column]) row.cells[column].hidden = !isShown;
}

for (const menu of document.querySelectorAll("[data-columns]")) {
  const table = menu.parentElement.querySelector("table");
  const key = `columns:${menu.dataset.columns}`;
  const hidden = new Set(JSON.parse(localStorage.getItem(key) ?? "[]"));
  const heads = [...table.tHead.rows[0].cells].slice(1).filter((head) => head.textContent.trim());
  for (const head of heads) {
    const label = document.createElement("label");
    label.className = "menu__item";
    const box = document.createElement("input");
    box.type = "checkbox";
    const name = head.textContent.trim();
    box.checked = !hidden.has(name);
    show(table, head.cellIndex, box.checked);
    box.addEventListener("change", () => {
      box.checked ? hidden.delete(name) : hidden.add(name);
      localStorage.setItem(key, JSON.stringify([...hidden]));
      show(table, head.cellIndex, box.checked);
    });
    label.append(box, name);
    menu.querySelector(".menu__panel").append(label);
  }
  menu.hidden = heads.length < 2;
}
