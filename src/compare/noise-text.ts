// The floor of a machine on a terminal.

import { oneLine, plural } from "../report/figures.ts";
import { cellsOf, fitCells, padCells } from "../report/text-width.ts";
import type { FigureNoise, Noise, TimerNoise } from "./noise.ts";
import { changeText, FIGURE_NAME, valueText } from "./words.ts";

const GAP = "  ";
const LABEL = 8;
const TIMERS_MAX = 12;
const HEADS = ["least", "most", "run to run", "within runs", "smallest seen"] as const;

/** Lines for a terminal `columns` wide, without a newline at the end. */
export function renderNoise(noise: Noise, options: { readonly columns: number }): string {
  const width = Math.max(60, Math.min(120, options.columns || 80));
  const timers = noise.timers.slice(0, TIMERS_MAX);
  const rows = timers.flatMap(({ figures }) => figures.map(cellsFor));
  const widths = HEADS.map((head, i) =>
    Math.max(...[head, ...rows.map((row) => row[i] as string)].map(cellsOf)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => GAP + padCells(cell, widths[i] as number, "right")).join("");
  const left = noise.timers.length - timers.length;
  const floor = `${Number((noise.suggestedFloor * 100).toFixed(1))}`;
  return [
    `${" ".repeat(LABEL)}${line(HEADS)}`,
    ...timers.flatMap((timer) => [
      fitCells(nameOf(timer, noise), width),
      ...timer.figures.map(
        (figure) => `${`  ${FIGURE_NAME[figure.figure]}`.padEnd(LABEL)}${line(cellsFor(figure))}`,
      ),
    ]),
    ...(left > 0 ? [`and ${plural(left, "more timer")}: see --json`] : []),
    "",
    `alarms among equal runs: ${noise.alarms} of ${plural(noise.pairs, "pair")}`,
    ...noise.verdicts.map((text) => `note: ${oneLine(text)}`),
    `floor of this machine: ${floor} % (oct compare BASE NEW --floor ${floor})`,
    "",
    "run to run: how far two equal runs are apart, 19 times of 20. within runs: what the",
    "seconds of two runs let see, 9 times of 10. smallest seen: the larger of both.",
  ].join("\n");
}

function nameOf(timer: TimerNoise, noise: Noise): string {
  const hasTwo = noise.timers[0]?.clock === "response";
  return hasTwo && timer.isTransaction ? `All, ${timer.clock} time` : timer.name;
}

function cellsFor(noise: FigureNoise): readonly string[] {
  const { figure, least, most } = noise;
  const change = (value: number | undefined) => changeText(figure, value).replace(/^\+/, "");
  return [
    valueText(figure, least),
    valueText(figure, most),
    change(noise.spread),
    change(noise.visible),
    change(noise.floor),
  ];
}
