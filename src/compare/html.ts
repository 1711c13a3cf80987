// A comparison as a page, and as a section of the report: one table in the report's own style, each
// interval drawn on one scale, readable without scripts. Loads nothing.

import reportCss from "../../assets/report/report.css" with { type: "text" };
import { clip } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import { formatElapsed, formatWall, oneLine, plural } from "../report/figures.ts";
import {
  COMPARE_LIMIT,
  type Comparison,
  type FigureComparison,
  isDifference,
  type RunSide,
  type TimerComparison,
} from "./types.ts";
import {
  byInterest,
  changeText,
  FIGURE_NAME,
  headlineOf,
  intervalText,
  namesText,
  timerText,
  valueText,
} from "./words.ts";

const NAME_MAX = 200;
/** Bytes that the rows of timers may take, in a page of their own and in the report. */
const ROWS_BYTES_MAX = { page: 600_000, section: 150_000 } as const;

/** Rules of the comparison's own; the rest is the report's. */
const OWN_CSS = `
.compare { width: 100%; border-collapse: collapse; }
.compare th, .compare td { padding: 5px 12px; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
.compare tbody th, .compare thead th:first-child, .compare td.word, .compare td.why { text-align: left; }
.compare tbody.timer { padding: 0; } .compare tr.name th { padding-top: 16px; font-weight: 620; white-space: normal; overflow-wrap: anywhere; }
.compare tr.name small { display: inline; margin-left: 10px; color: var(--faint); font-weight: 400; }
.compare tbody tr:not(.name) th { padding-left: 24px; color: var(--soft); font-weight: 400; }
.compare svg { display: block; width: 160px; height: 16px; }
.compare .zero { stroke: var(--faint); stroke-width: 1; } .compare .band { fill: var(--none-bg); }
.compare .reach { stroke: var(--soft); stroke-width: 2; } .compare .dot { fill: var(--soft); }
.compare .bad .reach { stroke: var(--bad); } .compare .bad .dot { fill: var(--bad); }
.compare .good .reach { stroke: var(--good); } .compare .good .dot { fill: var(--good); }
.compare .bad td.word { color: var(--bad); font-weight: 650; } .compare .good td.word { color: var(--good); font-weight: 650; }
.compare td.word, .compare td.why { color: var(--faint); }
.sides { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin: 0 0 16px; color: var(--soft); }
.sides dt { font-weight: 620; color: var(--ink); } .sides dd { margin: 0; overflow-wrap: anywhere; }
.compare thead th { text-align: right; } .compare thead th:nth-child(5) { text-align: center; } .compare thead th:last-child { text-align: left; }
.compare .bad td, .compare .good td { color: var(--ink); } .method { margin-top: 14px; }
.page { max-width: 1100px; margin: 0 auto; padding: 30px 24px 60px; }
`;

/** The comparison as a section for the report's page; its styles come with it. */
export function comparisonSection(comparison: Comparison): string {
  return (
    `<style>${OWN_CSS}</style>\n<section id="compare" aria-labelledby="compare-h">\n` +
    `<h2 id="compare-h">Against the baseline</h2>\n${body(comparison, ROWS_BYTES_MAX.section)}\n</section>`
  );
}

/** The comparison as one file. */
export function comparisonPage(comparison: Comparison): string {
  const title = comparison.next.title;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)} – ${headlineOf(comparison).word} – oct comparison</title>
<style>${reportCss}${OWN_CSS}</style>
</head>
<body>
<main id="main" class="page">
<p class="over">Comparison</p>
<h1><bdi>${escaped(title)}</bdi></h1>
${body(comparison, ROWS_BYTES_MAX.page)}
<footer>Made by oct. One file, no network: keep it, send it.</footer>
</main>
</body>
</html>
`;
}

function body(comparison: Comparison, bytesMax: number): string {
  const { word, tone, sentence } = headlineOf(comparison);
  const notes = [
    ...comparison.forced.map((text) => `<li class="bad">Forced: ${escaped(text)}`),
    ...comparison.notes.map((text) => `<li>${escaped(text)}`),
  ];
  return [
    `<dl class="sides">${sideHtml("BASE", comparison.base)}${sideHtml("NEW", comparison.next)}</dl>`,
    `<div class="verdict ${tone}"><p><strong>${word}</strong> <bdi>${escaped(sentence)}</bdi></p>` +
      `${notes.length === 0 ? "" : `<ul>${notes.join("")}</ul>`}</div>`,
    tableHtml(comparison, bytesMax),
    missingHtml(comparison),
    `<ul class="method">${comparison.method.map((text) => `<li>${escaped(text)}`).join("")}</ul>`,
  ].join("\n");
}

function sideHtml(label: string, side: RunSide): string {
  const facts = [
    formatWall(side.startWallMs),
    `${plural(side.transactions, "transaction")} in ${formatElapsed(side.measuredUs / 1e6)}`,
    side.verdict,
  ];
  return `<dt>${label}</dt><dd><bdi>${escaped(side.path)}</bdi> · ${escaped(facts.join(" · "))}</dd>`;
}

function tableHtml(comparison: Comparison, bytesMax: number): string {
  const scale = scaleOf(comparison);
  const rows: string[] = [];
  let bytes = 0;
  for (const timer of byInterest(comparison.timers)) {
    const html = timerHtml(timer, comparison, scale);
    bytes += html.length;
    if (bytes > bytesMax) break;
    rows.push(html);
  }
  const left = comparison.timers.length - rows.length;
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="Comparison"><table class="compare">` +
    `<thead><tr><th scope="col">Timer<th scope="col" class="n">BASE<th scope="col" class="n">NEW<th scope="col" class="n">Change` +
    `<th scope="colgroup" colspan="2">Interval, drawn from −${percentText(scale)}` +
    ` to +${percentText(scale)}<th scope="col">Verdict</thead>${rows.join("\n")}</table></div>` +
    (left > 0 ? `<p class="quiet">${plural(left, "more timer")}: in the JSON.</p>` : "")
  );
}

function timerHtml(timer: TimerComparison, comparison: Comparison, scale: number): string {
  const counts = `${formatCount(timer.baseCount)} and ${formatCount(timer.nextCount)} values`;
  const name = escaped(timerText(timer, comparison));
  return (
    `<tbody><tr class="name"><th scope="rowgroup" colspan="7"><bdi>${name}</bdi><small>${counts}</small></th>` +
    `${timer.figures.map((figure) => figureHtml(figure, comparison, scale)).join("")}</tbody>`
  );
}

function figureHtml(one: FigureComparison, comparison: Comparison, scale: number): string {
  const { figure, word } = one;
  const isBad = word === "slower" || word === "more";
  const tone = isBad ? "bad" : isDifference(word) ? "good" : "";
  const isTold = one.low !== undefined;
  return (
    `\n<tr class="${tone}"><th scope="row">${FIGURE_NAME[figure]}</th>` +
    `<td>${escaped(valueText(figure, one.base))}<td>${escaped(valueText(figure, one.next))}` +
    `<td>${changeText(figure, one.change)}` +
    (isTold
      ? `<td>${intervalText(one)}<td>${drawn(one, comparison, scale)}`
      : `<td class="why" colspan="2">${escaped(intervalText(one))}`) +
    `<td class="word">${word}`
  );
}

// The interval on a scale that all rows share; what reaches out of it is cut at its edge.
function drawn(one: FigureComparison, { margin }: Comparison, scale: number): string {
  if (one.figure === "errors") return "";
  const x = (change: number) =>
    (80 + (Math.max(-scale, Math.min(scale, change)) / scale) * 78).toFixed(1);
  const [low, high, change] = [x(one.low ?? 0), x(one.high ?? 0), x(one.change ?? 0)];
  const width = (Number(x(margin)) - Number(x(-margin))).toFixed(1);
  return (
    `<svg viewBox="0 0 160 16" aria-hidden="true"><rect class="band" x="${x(-margin)}" y="1" width="${width}" height="14"/>` +
    `<path class="zero" d="M80 0V16"/><path class="reach" d="M${low} 8H${high}"/><circle class="dot" cx="${change}" cy="8" r="3.5"/></svg>`
  );
}

const SCALES = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] as const;

// Wide enough for nine of ten intervals, so that one wild timer does not flatten all others.
function scaleOf({ timers, margin }: Comparison): number {
  const reaches = timers
    .flatMap(({ figures }) => figures)
    .filter(({ figure, low }) => figure !== "errors" && low !== undefined)
    .map(({ low, high }) => Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)))
    .sort((a, b) => a - b);
  const wanted = Math.max(margin, reaches[Math.floor((reaches.length - 1) * 0.9)] ?? margin);
  return SCALES.find((scale) => scale >= wanted) ?? 10;
}

function percentText(scale: number): string {
  return `${formatCount(scale * 100)} %`;
}

function missingHtml({ onlyBase, onlyNext, timersLeft }: Comparison): string {
  const say = (label: string, names: readonly string[]) =>
    names.length === 0
      ? ""
      : `<p class="quiet">Only in ${label}: <bdi>${escaped(namesText(names, COMPARE_LIMIT.names), 4_000)}</bdi></p>`;
  const left =
    timersLeft === 0
      ? ""
      : `<p class="quiet">${plural(timersLeft, "less busy timer")} not compared.</p>`;
  return say("BASE", onlyBase) + say("NEW", onlyNext) + left;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text from outside for HTML: on one line, cut, made visible, escaped. */
function escaped(text: string, most = NAME_MAX * 5): string {
  return oneLine(clip(text, most)).replace(/[&<>"']/g, (found) => ENTITIES[found] as string);
}
