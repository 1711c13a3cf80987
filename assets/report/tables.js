// What makes the report's tables sort and filter, and its navigation follow. The page is whole without.
(() => {
  "use strict";
  const FILTER_ROWS = 6;

  const number = (text) => {
    const clock = /^-?(\d+:)?\d+:\d\d$/.test(text);
    if (clock) return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    return /^[<>]?\s*-?[\d,.]+(\s*(%|s))?$/.test(text) ? Number.parseFloat(text.replace(/[^\d.-]/g, "")) : Number.NaN;
  };
  function sortBy(table, head, place) {
    const isDown = head.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map((row) => {
      const text = row.cells[place].textContent.trim();
      return { row, text, value: number(text) };
    });
    const rank = (item) => (Number.isNaN(item.value) ? Number.NEGATIVE_INFINITY : item.value);
    const isNumbers = head.classList.contains("n");
    keyed.sort((a, b) => {
      const order = isNumbers ? rank(a) - rank(b) || 0 : a.text.localeCompare(b.text, undefined, { numeric: true });
      return isDown === isNumbers ? -order : order;
    });
    table.tBodies[0].append(...keyed.map((item) => item.row));
  }

  function makeFilter(table) {
    const bar = document.createElement("p");
    const input = document.createElement("input");
    const found = document.createElement("output");
    bar.className = "filtering";
    input.type = "search";
    input.className = "filter";
    input.placeholder = `Filter ${table.dataset.filter}`;
    input.setAttribute("aria-label", input.placeholder);
    found.className = "quiet";
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const { row, text } of rows) {
        row.hidden = !text.includes(wanted);
        if (!row.hidden) shown++;
      }
      found.textContent = wanted === "" ? "" : `${shown} of ${rows.length}`;
    });
    bar.append(input, found);
    table.parentElement.before(bar);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      if (head.classList.contains("plain")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", () => sortBy(table, head, place));
    });
    if (table.dataset.filter && table.tBodies[0].rows.length >= FILTER_ROWS) makeFilter(table);
  }

  const links = new Map(
    [...document.querySelectorAll(".side a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
  );
  const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let isAsked = false;
  function mark() {
    isAsked = false;
    const line = innerHeight * 0.3;
    let current = targets[0];
    for (const target of targets) {
      const top = target.getBoundingClientRect().top;
      if (top <= line && top >= current.getBoundingClientRect().top) current = target;
    }
    for (const [id, link] of links) {
      if (id === current?.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  addEventListener("scroll", () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(mark);
  }, { passive: true });
  mark();
})();
