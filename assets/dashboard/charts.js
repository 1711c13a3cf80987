// The charts of the live page: uPlot over the history of the run, one cursor for all, marks as lines.
// It defines octCharts and knows nothing of where the figures come from.
const octCharts = (() => {
  "use strict";
  const root = document.documentElement;
  const HEIGHT = 208;
  const LABEL_MAX = 22;
  /** Height of the row in which marks have their labels. */
  const MARK_ROW = 15;
  const NO_VALUE = "–";

  // Marks that turn the direction of text or hide are spelled out, and so are control characters.
  const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
  const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
  const spelled = (found) => `<U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
  const plain = (text) => text.replace(CONTROL, spelled).replace(INVISIBLE, spelled);
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const grouped = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  function ms(us) {
    if (us === null || us === undefined) return NO_VALUE;
    const value = us / 1000;
    if (value === 0) return "0";
    if (value < 0.9995) return value.toFixed(3);
    if (value < 9.995) return value.toFixed(2);
    return value < 99.95 ? value.toFixed(1) : grouped(value);
  }
  function perSec(value) {
    if (value === null || value === undefined) return NO_VALUE;
    if (value >= 99.95) return grouped(value);
    return value === 0 ? "0" : value.toFixed(value >= 9.995 ? 1 : 2);
  }
  function elapsed(seconds) {
    const whole = Math.floor(Math.abs(seconds));
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const sign = seconds < 0 ? "-" : "";
    return `${sign}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
  }
  const ticks = (u, splits) =>
    splits.map((value) => (value >= 1000 ? grouped(value) : String(Number(value.toPrecision(4)))));

  const PLANNED = ["planned", (points) => points.plannedPerSec, "--c-mean", { dash: [5, 4], width: 1.25 }];

  // Lines of a chart: a label, how to take its column from the history, its colour, its look.
  const KINDS = {
    rate: {
      format: (value) => (value === null ? NO_VALUE : `${perSec(value)}/s`),
      lines: (points) => [
        ["real", (points) => points.ratePerSec, "--c-rate", { fill: true }],
        ...(points.plannedPerSec.some((value) => value !== null) ? [PLANNED] : []),
      ],
    },
    times: {
      format: (value) => (value === null ? NO_VALUE : `${ms(value * 1000)} ms`),
      lines: () => [
        ["99 %", (points) => points.p99.map(toMs), "--c-p99"],
        ["95 %", (points) => points.p95.map(toMs), "--c-p95"],
        ["50 %", (points) => points.p50.map(toMs), "--c-p50"],
      ],
    },
    errors: {
      format: (value) => `${perSec(value)}/s`,
      lines: () => [["failed", (points) => points.errorsPerSec, "--c-error", { fill: true }]],
    },
    cannons: {
      format: (value) => (value === null ? NO_VALUE : grouped(value)),
      lines: () => [["firing", (points) => points.cannons, "--c-p90", { fill: true }]],
    },
    turrets: {
      format: (value) => `${perSec(value)}/s`,
      lines: (points) =>
        points.turretsPerSec.map(({ index, name }, i) => [
          `${index + 1} ${name}`,
          (all) => all.turretsPerSec[i]?.ratePerSec ?? [],
          hueOf(index),
          { width: 1.4 },
        ]),
    },
  };
  const toMs = (us) => (us === null ? null : us / 1000);
  // Neighbours are far apart on the circle of colours, however many there are.
  const hueOf = (index) => `hsl(${Math.round(205 + index * 137.5) % 360} 52% ${isDark() ? 66 : 42}%)`;
  const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  const colorOf = (name) => (name.startsWith("--") ? color(name) : name);

  function axes() {
    const common = { stroke: color("--faint"), font: `11.5px ${color("--sans")}`, grid: { stroke: color("--grid"), width: 1 }, ticks: { show: false } };
    const incrs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
    return [
      { ...common, grid: { show: false }, gap: 6, size: 26, space: 64, values: (u, at) => at.map(elapsed), incrs },
      { ...common, gap: 6, size: (u, values) => (values ? 16 + 7 * Math.max(2, ...values.map((value) => value.length)) : 40), space: 36, values: ticks },
    ];
  }

  const clipped = (text) => {
    const shown = plain(text);
    return shown.length > LABEL_MAX ? `${shown.slice(0, LABEL_MAX - 1)}…` : shown;
  };

  function drawMarks(u, marks) {
    const { ctx, bbox } = u;
    const scale = devicePixelRatio;
    const { min, max } = u.scales.x;
    ctx.save();
    ctx.font = `${11 * scale}px ${color("--sans")}`;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    ctx.strokeStyle = color("--accent");
    ctx.fillStyle = color("--accent");
    ctx.lineWidth = scale;
    ctx.setLineDash([3 * scale, 3 * scale]);
    let end = Number.NEGATIVE_INFINITY;
    for (const { atS, text } of marks) {
      if (atS < min || atS > max) continue;
      const x = Math.round(u.valToPos(atS, "x", true));
      // Labels have a row of their own above the lines; where it has no place, the line alone tells.
      const label = clipped(text);
      const width = ctx.measureText(label).width + 10 * scale;
      const left = x + width > bbox.left + bbox.width ? x - width : x;
      const hasLabel = left >= end;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - (hasLabel ? MARK_ROW * scale : 0));
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (!hasLabel) continue;
      end = left + width;
      ctx.fillText(label, left + 5 * scale, bbox.top - MARK_ROW * scale);
    }
    ctx.restore();
  }

  class Charts {
    #figures;
    #drawn = new Map();
    #hidden = new Map();
    #points;
    #marks = [];
    #spanS = 0;
    #zoom;
    #isSetting = false;

    constructor(figures) {
      this.#figures = figures;
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
      const sized = new ResizeObserver((entries) => {
        for (const { target } of entries) {
          const chart = this.#drawn.get(target.parentElement)?.chart;
          const width = target.clientWidth;
          if (chart && width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT });
        }
      });
      for (const figure of figures) sized.observe(figure.querySelector(".plot"));
    }

    /** `spanS`: how many of the last seconds are shown; 0 for all. */
    show(spanS) {
      this.#spanS = spanS;
      this.#zoom = undefined;
      this.#fit();
    }

    set(points, marks) {
      this.#points = points;
      this.#marks = marks;
      for (const figure of this.#figures) {
        const made = this.#drawn.get(figure);
        const lines = KINDS[figure.dataset.chart].lines(points);
        const shape = lines.map(([label]) => label).join("\n");
        if (made === undefined || made.shape !== shape) this.#draw(figure, lines, shape);
        else made.chart.setData(this.#data(lines), false);
      }
      this.#fit();
    }

    redraw() {
      for (const { chart } of this.#drawn.values()) chart.destroy();
      this.#drawn.clear();
      if (this.#points !== undefined) this.set(this.#points, this.#marks);
    }

    #end() {
      const { stepS, ratePerSec } = this.#points;
      return Math.max(10, ratePerSec.length * stepS, this.#marks.at(-1)?.atS ?? 0);
    }

    #range() {
      if (this.#zoom !== undefined) return this.#zoom;
      const end = this.#end();
      return this.#spanS === 0 ? [0, end] : [Math.max(0, end - this.#spanS), Math.max(end, this.#spanS)];
    }

    #fit() {
      if (this.#points === undefined) return;
      const [min, max] = this.#range();
      this.#isSetting = true;
      for (const { chart, say } of this.#drawn.values()) {
        chart.setScale("x", { min, max });
        say(chart.cursor.idx);
      }
      this.#isSetting = false;
    }

    #data(lines) {
      const { stepS } = this.#points;
      const columns = lines.map(([, pick]) => pick(this.#points));
      const size = this.#points.ratePerSec.length;
      return [Array.from({ length: size }, (_, i) => i * stepS), ...columns];
    }

    #draw(figure, lines, shape) {
      this.#drawn.get(figure)?.chart.destroy();
      const kind = KINDS[figure.dataset.chart];
      const plot = figure.querySelector(".plot");
      const hidden = this.#hidden.get(figure) ?? new Set();
      this.#hidden.set(figure, hidden);
      let say = () => {};
      const chart = new uPlot(
        {
          width: Math.max(100, plot.clientWidth),
          height: HEIGHT,
          legend: { show: false },
          scales: {
            x: { time: false },
            y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] },
          },
          cursor: {
            sync: { key: "oct" },
            y: false,
            drag: { x: true, y: false },
            points: { size: 7 },
            bind: { dblclick: () => () => this.show(this.#spanS) },
          },
          series: [{}, ...lines.map((line) => seriesOf(line, hidden))],
          axes: axes(),
          padding: [MARK_ROW + 4, 12, 0, 0],
          hooks: {
            setCursor: [(u) => say(u.cursor.idx)],
            setScale: [(u, key) => key === "x" && this.#zoomed(u)],
            draw: [(u) => drawMarks(u, this.#marks)],
          },
        },
        this.#data(lines),
        plot,
      );
      say = this.#legend(figure, { kind, lines, chart, hidden });
      this.#drawn.set(figure, { chart, shape, say });
      figure.dataset.drawn = "yes";
    }

    // Somebody has dragged over one chart: all show that time, and stay there.
    #zoomed(chart) {
      if (this.#isSetting || this.#drawn.size < this.#figures.length) return;
      const { min, max } = chart.scales.x;
      const [low, high] = this.#range();
      if (min === low && max === high) return;
      this.#zoom = [min, max];
      this.#fit();
    }

    // Buttons that hide and show lines; beside each the value at the cursor, or else the newest.
    #legend(figure, { kind, lines, chart, hidden }) {
      const legend = figure.querySelector(".legend");
      legend.textContent = "";
      const shown = lines.map(([label, , variable], i) => {
        const button = document.createElement("button");
        const mark = document.createElement("i");
        const name = document.createElement("bdi");
        const value = document.createElement("b");
        mark.style.background = colorOf(variable);
            name.textContent = plain(label);
        button.type = "button";
        button.setAttribute("aria-pressed", String(!hidden.has(label)));
        button.append(mark, name, value);
        button.addEventListener("click", () => {
          const isShown = hidden.has(label);
          if (isShown) hidden.delete(label);
          else hidden.add(label);
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
        const i = index ?? chart.data[0].length - 1;
        const second = chart.data[0][i];
        at.textContent = index === null || index === undefined || second === undefined ? "" : elapsed(second);
        shown.forEach((node, line) => {
          const text = i < 0 ? "" : kind.format(chart.data[line + 1][i] ?? null);
          if (node.textContent !== text) node.textContent = text;
        });
      };
    }
  }

  function seriesOf([label, , variable, look = {}], hidden) {
    const stroke = colorOf(variable);
    return {
      label,
      stroke,
      show: !hidden.has(label),
      width: look.width ?? 1.75,
      ...(look.dash && { dash: look.dash }),
      ...(look.fill && { fill: `${stroke}26` }),
      spanGaps: false,
      points: { show: (u, line, first, last) => last - first < 12, size: 5, width: 0, fill: stroke },
    };
  }

  return { Charts, ms, perSec, grouped, elapsed, plain, NO_VALUE };
})();
