(() => {
  "use strict";
  const ranks = {H: 0, M: 1, L: 2};
  const number = text => /^[<>≥≤]?[-−]?[\d,]*\.?\d+(e[-+]?\d+)?(\s?%)?$/i.test(text) ? parseFloat(text.replace(/[<>≥≤,]/g, "").replace("−", "-")) : null;
  // What a cell is sorted by: the rank of a badge, the first value behind it if that is a number, else what it says.
  const value = cell => {
    if (!cell) return null;
    const badge = cell.querySelector(".badge"), data = Object.values(cell.dataset);
    if (badge) return Object.entries(ranks).find(([word]) => badge.classList.contains(word))?.[1] ?? 9;
    if (data.length && data[0] === "") return null;
    const text = cell.textContent.trim(), told = data.length ? number(data[0]) : null;
    return told ?? number(text) ?? (text === "" || text === "–" ? null : text);
  };
  const comparing = order => (a, b, down) => {
    if (a === null || b === null) return (a === null) - (b === null); // what is missing stands last, either way
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return (typeof a === "number" ? a - b : order.compare(a, b)) * (down ? -1 : 1);
  };
  const all = body => [...body.rows], keyed = body => all(body).filter(row => row.dataset.key !== undefined);

  const sortable = (table, rows) => {
    const compare = comparing(new Intl.Collator(table.closest("[lang]")?.lang || "en", {numeric: true}));
    const heads = [...table.tHead.rows[0].cells], first = [...table.tBodies].map(rows);
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = {ascending: "descending", descending: null}[head.getAttribute("aria-sort")] ?? (head.hasAttribute("aria-sort") ? null : "ascending");
        heads.forEach(each => each.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        [...table.tBodies].forEach((body, k) => {
          const pairs = first[k].map(row => [value(row.cells[column]), row]);
          if (next) pairs.sort((a, b) => compare(a[0], b[0], next === "descending"));
          body.append(...pairs.map(pair => pair[1]));
        });
      });
    });
  };

  const filtered = (table, rows, words) => {
    const bar = document.createElement("div"), label = document.createElement("label");
    const input = document.createElement("input"), count = document.createElement("output");
    const every = [...table.tBodies].flatMap(rows);
    bar.className = "filter";
    input.type = "search";
    label.append(words.filter, " ", input);
    bar.append(label, count);
    table.parentElement.before(bar);
    const plain = text => text.normalize("NFKC").toLowerCase();
    let told = null; // read when it is first looked for: out of sight, a cell of a notebook has no text that is seen
    const show = () => {
      const wanted = plain(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      if (wanted.length) told ??= every.map(row => plain([...row.cells].map(cell => cell.innerText).join("\t")));
      every.forEach((row, k) => {
        row.hidden = !wanted.every(word => told[k].includes(word));
        shown += !row.hidden;
      });
      for (const body of table.tBodies) body.hidden = rows(body).length > 0 && rows(body).every(row => row.hidden);
      count.textContent = !wanted.length && words.rows === "all" ? "" : words.shown.replace("{shown}", shown.toLocaleString("en")).replace("{all}", every.length.toLocaleString("en"));
    };
    input.addEventListener("input", show);
    show();
  };

  // In a notebook this runs once per output, and finds the tables of the others as well: each is made ready once.
  for (const table of document.querySelectorAll(".scroll > table:not([data-ready])")) {
    const place = table.closest("[data-filter]");
    if (!place) continue;
    table.dataset.ready = "";
    const rows = place.dataset.rows === "all" ? all : keyed;
    const n = [...table.tBodies].flatMap(rows).length;
    if (n > 1) sortable(table, rows);
    if (n > Number(place.dataset.long)) filtered(table, rows, place.dataset);
  }
})();
