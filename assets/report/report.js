// What makes the report's charts move. It reads the JSON in #oct-data, loads nothing, and the page is
// whole without it: every figure is in a table.
(() => {
  "use strict";
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("oct-data").textContent);
  const timers = new Map(data.timers.map((timer) => [timer.id, timer]));
  const sets = new Map((data.sets ?? []).map((set) => [set.id, set]));
  // What was done and said while the run went: { atS, kind, text }.
  const marks = data.marks ?? [];
  const figures = [...document.querySelectorAll("figure.chart")].filter((figure) => figure.querySelector(".plot"));
  const drawn = new Map();
  const HEIGHT = 208;
  const SMALL_HEIGHT = 104;
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

  const count = (value) => (value < 99.95 && value % 1 !== 0 ? String(Number(value.toFixed(1))) : grouped(value));
  const percent = (value) => (value < 9.995 ? value.toFixed(1) : grouped(value));

  // Where the columns of a kind of chart come from: its timer, or a set of the whole run or of a turret.
  const ofSet = (figure) => sets.get(figure.dataset.set);
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
    clocks: {
      unit: " ms",
      format: ms,
      source: ofSet,
      lines: [
        ["99 % response", "responseP99", "--c-p99"],
        ["99 % service", "serviceP99", "--c-rate"],
        ["50 % response", "responseP50", "--c-p99", { dash: [5, 4], width: 1.25 }],
        ["50 % service", "serviceP50", "--c-rate", { dash: [5, 4], width: 1.25 }],
      ],
    },
    load: {
      unit: "",
      format: count,
      source: ofSet,
      lines: [
        ["cannons", "cannons", "--c-p90", { fill: true }],
        ["in flight", "inFlight", "--c-p99"],
      ],
    },
    cpu: { unit: " %", format: percent, source: ofSet, lines: [["CPU", "cpu", "--c-p95", { fill: true }]] },
    lag: { unit: " ms", format: ms, source: ofSet, lines: [["lag", "lag", "--c-error", { fill: true }]] },
    held: {
      unit: "",
      format: count,
      source: ofSet,
      lines: [
        ["sockets", "sockets", "--c-rate"],
        ["in flight", "inFlight", "--c-p99"],
        ["cannons", "cannons", "--c-p50"],
      ],
    },
    batches: {
      unit: "",
      format: count,
      source: ofSet,
      lines: [
        ["a second", "batches", "--c-p95"],
        ["waiting", "waiting", "--c-error"],
      ],
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

  const TIME_AXIS = { values: (u, at) => at.map(elapsed), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400] };
  function axes(across = TIME_AXIS) {
    const stroke = color("--faint");
    const font = `11.5px ${color("--sans")}`;
    const grid = { stroke: color("--grid"), width: 1 };
    const common = { stroke, font, grid, ticks: { show: false } };
    return [
      { ...common, grid: { show: false }, gap: 6, size: 26, space: 64, ...across },
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
      const x = index == null ? null : chart.data[0][Math.min(index, steps - 1)];
      at.textContent = x == null ? "" : kind.across ? kind.across(x) : elapsed(x) + markText(chart);
      shown.forEach((node, i) => {
        const value = index == null ? null : chart.data[i + 1][index];
        node.textContent = value == null ? "" : kind.format(value) + kind.unit;
      });
    };
  }

  // All charts of a timer show the same time, whatever their steps, so that zooming one zooms all.
  function endOf(group) {
    const timer = timers.get(group);
    if (!timer) return Math.max(data.runS, 1);
    const last = (name, stepS) => (timer.columns[name].split(",").length - 1) * stepS;
    return Math.max(last("rate", timer.stepS), last("fineMean", timer.fineStepS), 1);
  }

  let isZooming = false;
  function zoomTogether(chart, group) {
    if (isZooming) return;
    isZooming = true;
    const { min, max } = chart.scales.x;
    for (const [figure, other] of drawn) {
      const isOther = figure.dataset.timer === group && other !== chart && figure.dataset.kind !== "distribution";
      if (isOther) other.setScale("x", { min, max });
    }
    isZooming = false;
  }

  const MARK_REACH = 6;
  function markText(chart) {
    const at = chart.cursor.left ?? -1;
    const near = marks.find((mark) => Math.abs(chart.valToPos(mark.atS, "x") - at) <= MARK_REACH);
    return near ? ` · ${near.text}` : "";
  }
  function drawMarks(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    for (const mark of marks) {
      if (mark.atS < u.scales.x.min || mark.atS > u.scales.x.max) continue;
      const x = Math.round(u.valToPos(mark.atS, "x", true)) + 0.5;
      ctx.strokeStyle = ctx.fillStyle = color(mark.kind === "note" ? "--faint" : "--warn");
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(x, bbox.top, 3 * devicePixelRatio, 0, 7);
      ctx.fill();
    }
    ctx.restore();
  }

  const isSmall = (figure) => figure.classList.contains("small");
  const heightOf = (figure) => (isSmall(figure) ? SMALL_HEIGHT : HEIGHT);
  // What all charts over time share; `more` is what one of them has besides.
  function timeChart(figure, end, more) {
    const plot = figure.querySelector(".plot");
    const { hooks = {}, scales, cursor = {}, ...rest } = more;
    return {
      width: isPrinting ? (isSmall(figure) ? PRINT_WIDTH / 2 : PRINT_WIDTH) : plot.clientWidth,
      height: heightOf(figure),
      legend: { show: false },
      padding: [6, 12, 0, 0],
      axes: axes(isSmall(figure) ? { ...TIME_AXIS, size: 22 } : TIME_AXIS),
      ...rest,
      scales: {
        x: { time: false, range: (u, min, max) => (min === max || (min === 0 && max === u.data[0].at(-1)) ? [0, end] : [min, max]) },
        ...scales,
      },
      cursor: { sync: { key: figure.dataset.timer, scales: ["x", null] }, y: false, drag: { x: true, y: false }, points: { size: 7 }, ...cursor },
      hooks: {
        ...hooks,
        draw: [...(hooks.draw ?? []), drawMarks],
        setScale: [(u, key) => key === "x" && zoomTogether(u, figure.dataset.timer)],
      },
    };
  }

  function drawLines(figure, kind) {
    const source = kind.source ? kind.source(figure) : timers.get(figure.dataset.timer);
    if (!source) return undefined;
    const stepS = kind.step ? kind.step(source) : source.stepS;
    const ys = kind.lines.map(([, name]) => column(source.columns[name]));
    const steps = ys[0].length;
    const xs = Array.from({ length: steps }, (_, i) => i * stepS);
    const end = endOf(figure.dataset.timer);
    // The last step lasts until the end: without a point there its line would stop where it begins.
    if (xs.at(-1) < end) {
      xs.push(end);
      for (const values of ys) values.push(values.at(-1));
    }
    let show = () => {};
    const chart = new uPlot(
      timeChart(figure, end, {
        scales: { y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
        series: [{}, ...kind.lines.map((line, i) => seriesOf(line, ys[i], steps))],
        hooks: { setCursor: [(u) => show(u.cursor.idx)] },
      }),
      [xs, ...ys],
      figure.querySelector(".plot"),
    );
    show = legendOf(figure, kind, chart, steps);
    return chart;
  }

  // From few to many: the page's own colours, mixed in equal steps. Counts go from one to thousands, so
  // that the eye is given their logarithm.
  const SHADES = 48;
  function shades() {
    const stops = color("--heat").split(/\s+/).map((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
    return Array.from({ length: SHADES }, (_, i) => {
      const place = (i / (SHADES - 1)) * (stops.length - 1);
      const from = stops[Math.floor(place)];
      const to = stops[Math.min(stops.length - 1, Math.floor(place) + 1)];
      const mixed = from.map((value, k) => Math.round(value + (to[k] - value) * (place % 1)));
      return `rgb(${mixed.join(",")})`;
    });
  }

  function cellsOf(heat) {
    return heat.cells.split(";").map((text) => {
      const [first, counts] = text.split(":");
      const found = new Map();
      (counts ?? "").split(",").forEach((part, i) => part !== "" && found.set(Number(first) + i, Number(part)));
      return found;
    });
  }

  function drawHeat(figure) {
    const heat = timers.get(figure.dataset.timer)?.heat;
    if (!heat) return undefined;
    const cells = cellsOf(heat);
    const edge = (band) => 10 ** ((heat.firstBand + band) / heat.perDecade) / 1000;
    const end = endOf(figure.dataset.timer);
    const palette = shades();
    const most = Math.log(1 + heat.most);
    const shade = (value) => palette[Math.round((Math.log(1 + value) / most) * (SHADES - 1))];
    const xs = [...cells.map((_, i) => i * heat.stepS), Math.max(end, cells.length * heat.stepS)];
    let show = () => {};
    const chart = new uPlot(
      timeChart(figure, end, {
        scales: { y: { distr: 3, range: () => [edge(0), edge(heat.bands)] } },
        series: [{}, { paths: () => null, points: { show: false } }],
        cursor: { y: true, points: { show: false } },
        axes: heatAxes(),
        hooks: {
          draw: [
            (u) => {
              const { ctx, bbox } = u;
              ctx.save();
              ctx.beginPath();
              ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
              ctx.clip();
              const ys = Array.from({ length: heat.bands + 1 }, (_, band) => Math.round(u.valToPos(edge(band), "y", true)));
              cells.forEach((bands, i) => {
                const left = Math.round(u.valToPos(i * heat.stepS, "x", true));
                const right = Math.round(u.valToPos((i + 1) * heat.stepS, "x", true));
                for (const [band, value] of bands) {
                  ctx.fillStyle = shade(value);
                  ctx.fillRect(left, ys[band + 1], Math.max(1, right - left), ys[band] - ys[band + 1]);
                }
              });
              ctx.restore();
            },
          ],
          setCursor: [(u) => show(u)],
        },
      }),
      [xs, xs.map(() => null)],
      figure.querySelector(".plot"),
    );
    show = heatLegend(figure, { heat, cells, edge, palette });
    return chart;
  }

  // Powers of ten, with their doubles and fives where there are few.
  function logSplits(u) {
    const { min, max } = u.scales.y;
    const powers = Array.from({ length: 12 }, (_, i) => 10 ** (i - 4));
    const inside = (values) => values.map((value) => Number(value.toPrecision(1))).filter((value) => value >= min && value <= max);
    const tens = inside(powers);
    return tens.length > 2 ? tens : inside(powers.flatMap((power) => [power, 2 * power, 5 * power]));
  }
  function heatAxes() {
    const [x, y] = axes();
    return [x, { ...y, size: 52, splits: logSplits, filter: (u, splits) => splits, grid: { ...y.grid, filter: (u, splits) => splits }, values: ticks }];
  }

  function heatLegend(figure, { heat, cells, edge, palette }) {
    const legend = figure.querySelector(".legend");
    legend.textContent = "";
    const scale = document.createElement("span");
    const bar = document.createElement("i");
    const at = document.createElement("span");
    scale.className = "scale";
    bar.style.background = `linear-gradient(to right, ${palette.filter((_, i) => i % 6 === 0).join(",")},${palette.at(-1)})`;
    scale.append("1", bar, `${grouped(heat.most)} in a cell`);
    at.className = "at";
    legend.append(scale, at);
    return (u) => {
      const { left, top, event } = u.cursor;
      if (left == null || left < 0) {
        at.textContent = "";
        return;
      }
      const i = Math.floor(u.posToVal(left, "x") / heat.stepS);
      const found = cells[i];
      const sum = found ? [...found.values()].reduce((all, value) => all + value, 0) : 0;
      const when = elapsed(i * heat.stepS);
      // Followed from another chart, the height means nothing here.
      const band = Math.floor(Math.log10(u.posToVal(top, "y") * 1000) * heat.perDecade + 1e-9) - heat.firstBand;
      at.textContent = event == null ? `${when} · ${grouped(sum)} values` : `${when} · ${ms(edge(band))} – ${ms(edge(band + 1))} ms · ${grouped(found?.get(band) ?? 0)} of ${grouped(sum)}`;
    };
  }

  // Every further nine has the same room. x is how many nines: 1 is 90 %, 2 is 99 %.
  const NINES = [0, Math.log10(2), 1, 2, 3, 4, 5, 6, 7, 8];
  function nines(x) {
    return `${Number((100 - 100 / 10 ** x).toFixed(Math.max(1, Math.ceil(x) - 1)))} %`;
  }
  function drawDistribution(figure) {
    const timer = timers.get(figure.dataset.timer);
    const other = timers.get(figure.dataset.other);
    const lists = [timer, other].filter((one) => one?.distribution);
    if (lists.length === 0) return undefined;
    const longest = Math.max(...lists.map((one) => column(one.distribution.values).length));
    const ys = lists.map((one) => {
      const values = column(one.distribution.values);
      return [...values, ...Array(longest - values.length).fill(null)];
    });
    const xs = Array.from({ length: longest }, (_, i) => i / lists[0].distribution.perDecade);
    const colors = ["--c-p99", "--c-rate"];
    const names = (figure.dataset.names ?? "").split(",");
    const kind = { unit: " ms", format: ms, across: nines, lines: lists.map((_, i) => [names[i] ?? "", "", colors[i]]) };
    const known = ys.flat().filter((value) => value != null && value > 0);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const isWide = known.length > 0 && high / (ys[0][3] || low) > 30;
    let show = () => {};
    const plot = figure.querySelector(".plot");
    const chart = new uPlot(
      {
        width: isPrinting ? PRINT_WIDTH : plot.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        scales: {
          x: { time: false },
          y: isWide ? { distr: 3, range: () => [low / 1.2, high * 1.2] } : { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
        series: [{}, ...kind.lines.map((line, i) => ({ ...seriesOf([line[0], "", line[2]], ys[i], 99), points: { show: longest < 3 } }))],
        axes: isWide
          ? [axes(ninesAxis())[0], heatAxes()[1]]
          : axes(ninesAxis()),
        padding: [6, 18, 0, 0],
        hooks: { setCursor: [(u) => show(u.cursor.idx)] },
      },
      [xs, ...ys],
      plot,
    );
    show = legendOf(figure, kind, chart, longest);
    return chart;
  }
  function ninesAxis() {
    return {
      splits: (u) => NINES.filter((x) => x >= u.scales.x.min - 1e-9 && x <= u.scales.x.max + 1e-9),
      values: (u, splits) => splits.map((x) => nines(x).replace(" %", "")),
      grid: { show: true, stroke: color("--grid"), width: 1 },
    };
  }

  function draw(figure) {
    const { kind } = figure.dataset;
    drawn.get(figure)?.destroy();
    const chart = kind === "heat" ? drawHeat(figure) : kind === "distribution" ? drawDistribution(figure) : KINDS[kind] && drawLines(figure, KINDS[kind]);
    if (!chart) return;
    drawn.set(figure, chart);
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
      const height = heightOf(target.parentElement);
      if (chart && !isPrinting && width > 0 && width !== chart.width) chart.setSize({ width, height });
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
})();
