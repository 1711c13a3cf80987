// What makes the report's charts and tables move. It reads the JSON in #oct-data, loads nothing, and
// the page is whole without it: every figure is in a table.
(() => {
  "use strict";
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("oct-data").textContent);
  const timers = new Map(data.timers.map((timer) => [timer.id, timer]));
  const figures = [...document.querySelectorAll("figure.chart")].filter((figure) => figure.querySelector(".plot"));
  const drawn = new Map();
  const HEIGHT = 208;
  const PRINT_WIDTH = 320;
  let isPrinting = false;

  const column = (text) =>
    text === "" ? [] : text.split(",").map((part) => (part === "" ? null : Number(part)));
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // The same rules as the tables' figures, so that what is pointed at reads as it does there.
  const grouped = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  function ms(value) {
    if (value === 0) return "0";
    if (value < 0.9995) return value.toFixed(3);
    if (value < 9.995) return value.toFixed(2);
    return value < 99.95 ? value.toFixed(1) : grouped(value);
  }
  function perSec(value) {
    if (value >= 99.95) return grouped(value);
    return value === 0 ? "0" : value.toFixed(value >= 9.995 ? 1 : 2);
  }
  function elapsed(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
  }
  // Ticks need only the places that tell them apart.
  function ticks(u, splits) {
    return splits.map((value) => (value >= 1000 ? grouped(value) : String(Number(value.toPrecision(4)))));
  }

  const KINDS = {
    percentiles: {
      unit: " ms",
      format: ms,
      step: (timer) => timer.stepS,
      lines: [
        ["99 %", "p99", "--c-p99"],
        ["95 %", "p95", "--c-p95"],
        ["90 %", "p90", "--c-p90"],
        ["50 %", "p50", "--c-p50"],
        ["average", "mean", "--c-mean", { dash: [5, 4], width: 1.25 }],
      ],
    },
    raw: {
      unit: " ms",
      format: ms,
      step: (timer) => timer.fineStepS,
      lines: [
        ["highest", "fineMax", "--c-high", { dots: true }],
        ["average", "fineMean", "--c-p99"],
        ["lowest", "fineMin", "--c-low", { dots: true }],
      ],
    },
    throughput: {
      unit: "/s",
      format: perSec,
      step: (timer) => timer.stepS,
      lines: [["finished", "rate", "--c-rate", { fill: true }]],
    },
    errors: {
      unit: "/s",
      format: perSec,
      step: (timer) => timer.stepS,
      lines: [["failed", "errors", "--c-error", { fill: true }]],
    },
  };

  // A value between two gaps has no line to be on: only a dot shows it.
  function lonely(values) {
    const found = [];
    values.forEach((value, i) => {
      if (value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) found.push(i);
    });
    return found;
  }

  function seriesOf([label, , variable, look = {}], values, steps) {
    const stroke = color(variable);
    const hasDots = look.dots || steps < 13;
    const dots = hasDots ? Array.from({ length: steps }, (_, i) => i) : lonely(values);
    return {
      label,
      stroke,
      width: look.dots ? 0 : (look.width ?? 1.75),
      ...(look.dash && { dash: look.dash }),
      ...(look.dots && { paths: () => null }),
      ...(look.fill && { fill: `${stroke}26` }),
      spanGaps: false,
      points: {
        show: true,
        filter: () => dots,
        size: look.dots ? 4.5 : 5.5,
        width: 0,
        fill: stroke,
      },
    };
  }

  function axes() {
    const stroke = color("--faint");
    const font = `11.5px ${color("--sans")}`;
    const grid = { stroke: color("--grid"), width: 1 };
    const common = { stroke, font, grid, ticks: { show: false } };
    return [
      { ...common, grid: { show: false }, gap: 6, size: 26, space: 64, values: (u, at) => at.map(elapsed), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400] },
      { ...common, gap: 6, size: (u, values) => (values ? 16 + 7 * Math.max(2, ...values.map((value) => value.length)) : 40), space: 36, values: ticks },
    ];
  }

  function legendOf(figure, kind, chart, steps) {
    const legend = figure.querySelector(".legend");
    legend.textContent = "";
    const shown = kind.lines.map(([label, , variable], i) => {
      const button = document.createElement("button");
      const mark = document.createElement("i");
      const value = document.createElement("b");
      mark.style.background = color(variable);
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(mark, label, value);
      button.addEventListener("click", () => {
        const isShown = !chart.series[i + 1].show;
        chart.setSeries(i + 1, { show: isShown });
        button.setAttribute("aria-pressed", String(isShown));
      });
      legend.append(button);
      return value;
    });
    const at = document.createElement("span");
    at.className = "at";
    legend.append(at);
    return (index) => {
      at.textContent = index == null ? "" : elapsed(chart.data[0][Math.min(index, steps - 1)]);
      shown.forEach((node, i) => {
        const value = index == null ? null : chart.data[i + 1][index];
        node.textContent = value == null ? "" : kind.format(value) + kind.unit;
      });
    };
  }

  // All charts of a timer show the same time, whatever their steps, so that zooming one zooms all.
  function endOf(timer) {
    const last = (name, stepS) => (timer.columns[name].split(",").length - 1) * stepS;
    return Math.max(last("rate", timer.stepS), last("fineMean", timer.fineStepS), 1);
  }

  let isZooming = false;
  function zoomTogether(chart, group) {
    if (isZooming) return;
    isZooming = true;
    const { min, max } = chart.scales.x;
    for (const [figure, other] of drawn) {
      if (figure.dataset.timer === group && other !== chart) other.setScale("x", { min, max });
    }
    isZooming = false;
  }

  function draw(figure) {
    const timer = timers.get(figure.dataset.timer);
    const kind = KINDS[figure.dataset.kind];
    if (!timer || !kind) return;
    drawn.get(figure)?.destroy();
    const plot = figure.querySelector(".plot");
    const stepS = kind.step(timer);
    const ys = kind.lines.map(([, name]) => column(timer.columns[name]));
    const steps = ys[0].length;
    const xs = Array.from({ length: steps }, (_, i) => i * stepS);
    const end = endOf(timer);
    // The last step lasts until the end: without a point there its line would stop where it begins.
    if (xs.at(-1) < end) {
      xs.push(end);
      for (const values of ys) values.push(values.at(-1));
    }
    let show = () => {};
    const chart = new uPlot(
      {
        width: isPrinting ? PRINT_WIDTH : plot.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        scales: {
          x: { time: false, range: (u, min, max) => (min === max || (min === 0 && max === xs.at(-1)) ? [0, end] : [min, max]) },
          y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        cursor: { sync: { key: figure.dataset.timer }, y: false, drag: { x: true, y: false }, points: { size: 7 } },
        series: [{}, ...kind.lines.map((line, i) => seriesOf(line, ys[i], steps))],
        axes: axes(),
        padding: [6, 12, 0, 0],
        hooks: {
          setCursor: [(u) => show(u.cursor.idx)],
          setScale: [(u, key) => key === "x" && zoomTogether(u, figure.dataset.timer)],
        },
      },
      [xs, ...ys],
      plot,
    );
    drawn.set(figure, chart);
    show = legendOf(figure, kind, chart, steps);
    figure.dataset.drawn = "yes";
  }

  const redraw = () => {
    for (const figure of drawn.keys()) draw(figure);
  };
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        if (!drawn.has(target)) draw(target);
      }
    },
    { rootMargin: "300px" },
  );
  for (const figure of figures) seen.observe(figure);
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = drawn.get(target.parentElement);
      const width = target.clientWidth;
      if (chart && !isPrinting && width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT });
    }
  });
  for (const figure of figures) sized.observe(figure.querySelector(".plot"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // On paper everything is light, drawn and open enough to read.
  function print(isNow) {
    if (isNow === isPrinting) return;
    isPrinting = isNow;
    if (isNow) root.dataset.theme = "light";
    else delete root.dataset.theme;
    if (isNow) for (const figure of figures) draw(figure);
    else redraw();
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));

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
    if (!isNumbers) head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    table.tBodies[0].append(...keyed.map((item) => item.row));
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
    if (!table.dataset.filter || table.tBodies[0].rows.length < 12) continue;
    const input = document.createElement("input");
    input.type = "search";
    input.className = "filter";
    input.placeholder = `Filter ${table.dataset.filter}`;
    input.setAttribute("aria-label", input.placeholder);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(input);
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
