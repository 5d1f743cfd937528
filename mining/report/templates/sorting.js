(() => {
  "use strict";
  const words = document.body.dataset, order = new Intl.Collator(document.documentElement.lang, {numeric: true});
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
  const compare = (a, b, down) => {
    if (a === null || b === null) return (a === null) - (b === null); // what is missing stands last, either way
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return (typeof a === "number" ? a - b : order.compare(a, b)) * (down ? -1 : 1);
  };
  const rows = body => [...body.rows].filter(row => row.dataset.key !== undefined);

  const sortable = table => {
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
          const keyed = first[k].map(row => [value(row.cells[column]), row]);
          if (next) keyed.sort((a, b) => compare(a[0], b[0], next === "descending"));
          body.append(...keyed.map(pair => pair[1]));
        });
      });
    });
  };

  const filtered = (table, all) => {
    const bar = document.createElement("div"), label = document.createElement("label");
    const input = document.createElement("input"), count = document.createElement("output");
    bar.className = "filter";
    input.type = "search";
    label.append(words.filter, " ", input);
    bar.append(label, count);
    table.parentElement.before(bar);
    const plain = text => text.normalize("NFKC").toLowerCase();
    const told = all.map(row => plain(row.innerText));
    const show = () => {
      const wanted = plain(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      all.forEach((row, k) => {
        row.hidden = !wanted.every(word => told[k].includes(word));
        shown += !row.hidden;
      });
      for (const body of table.tBodies) body.hidden = rows(body).length > 0 && rows(body).every(row => row.hidden);
      count.textContent = words.shown.replace("{shown}", shown).replace("{all}", all.length);
    };
    input.addEventListener("input", show);
    show();
  };

  for (const table of document.querySelectorAll(".scroll > table")) {
    const all = [...table.tBodies].flatMap(rows);
    if (all.length > 1) sortable(table);
    if (all.length > Number(words.long)) filtered(table, all);
  }
})();
