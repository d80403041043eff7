// Sorting by a click on a column's name, filtering by a name or a choice, an authority
// unfolded where a link leads to it, and every figure unfolded when printed.
// The page is whole without this script.
document.querySelectorAll("table.sortable").forEach((table) => {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        const [p, q] = [Number(x), Number(y)];
        return Number.isNaN(p) || Number.isNaN(q) ? x.localeCompare(y) : p - q;
      };
      const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * compare(a, b));
      body.append(...rows);
    });
  });
});

document.querySelectorAll("table[data-choices]").forEach((table) => {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const named = heads[0].textContent.trim();
  const box = document.createElement("div");
  box.className = "filter";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `Filter: ${table.getAttribute("aria-label")}`);
  const add = (title, control) => {
    const label = document.createElement("label");
    label.append(title, control);
    box.append(label);
    return control;
  };
  const search = add(`${named} contains`, document.createElement("input"));
  search.type = "search";
  const selects = table.dataset.choices.split(" ").map((place) => {
    const column = Number(place);
    const select = add(heads[column].textContent.trim(), document.createElement("select"));
    const values = [...new Set(rows.map((row) => row.cells[column].textContent.trim()))].sort();
    select.add(new Option("All", ""));
    values.forEach((value) => select.add(new Option(value, value)));
    return [column, select];
  });
  const told = document.createElement("output");
  box.append(told);
  const filter = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    const kept = rows.filter((row) => {
      const text = (column) => row.cells[column].textContent.trim();
      const keep = text(0).toLocaleLowerCase().includes(wanted)
        && selects.every(([column, select]) => !select.value || text(column) === select.value);
      row.hidden = !keep;
      return keep;
    });
    told.textContent = `${kept.length} of ${rows.length} shown`;
  };
  search.addEventListener("input", filter);
  selects.forEach(([, select]) => select.addEventListener("change", filter));
  filter();
  table.closest(".scroll").before(box);
});

const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    if (part.tagName === "DETAILS") part.open = true;
  }
  target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details.plate-holder:not([open])")];
  folded.forEach((part) => { part.open = true; });
});
addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
