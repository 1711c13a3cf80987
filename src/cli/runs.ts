// oct runs: the past runs of a project at a glance, newest first.

import { EXIT, errorText, OctError } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import {
  formatElapsed,
  formatMs,
  formatPercent,
  formatPerSec,
  formatWall,
  oneLine,
} from "../report/figures.ts";
import { buildReportModel } from "../report/model.ts";
import { cellsOf, fitCells, padCells } from "../report/text-width.ts";
import { openResults } from "../store/query.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { showPath } from "./files.ts";
import { readCount } from "./fire-options.ts";
import { findRuns, type PastRun, resultsDirectory } from "./past-runs.ts";
import { Screen } from "./screen.ts";

const SHOWN = { fallback: 20, high: 10_000 } as const;
const HEADS = ["start", "length", "transactions", "/s", "95 % ms", "errors", "verdict"] as const;
const GAP = "  ";

interface Row {
  readonly name: string;
  /** One for each head; or one text in place of all. */
  readonly cells: readonly string[] | string;
}

export async function runRuns(input: CommandInput, env: Env): Promise<number> {
  const most = readCount(input, "limit", SHOWN.fallback, SHOWN.high);
  const resultsPath = resultsDirectory(env, input.positionals[0] ?? ".");
  const runs = findRuns(resultsPath);
  const shown = showPath(env.cwd, resultsPath);
  if (runs.length === 0) {
    env.stdout.write(`no runs in ${shown} yet\n`);
    return EXIT.ok;
  }
  const screen = new Screen(env.stdout, env.clock);
  const progress = screen.progress("reading the runs");
  const rows: Row[] = [];
  for (const [i, run] of runs.slice(0, most).entries()) {
    rows.push(await rowOf(run));
    progress(i + 1, Math.min(most, runs.length));
  }
  screen.clearStatus();
  screen.line(`${shown}:\n`);
  for (const line of tableLines(rows, env.stdout.columns())) screen.line(line);
  const left = runs.length - rows.length;
  if (left > 0) screen.line(`\nand ${formatCount(left)} older: --limit ${runs.length} shows all`);
  return EXIT.ok;
}

async function rowOf(run: PastRun): Promise<Row> {
  const { name, databasePath, isOpen } = run;
  if (isOpen) return { name, cells: "no database yet: fires, or was killed (oct report makes it)" };
  if (databasePath === undefined) return { name, cells: "a report without its database" };
  try {
    return { name, cells: await cellsFor(databasePath) };
  } catch (thrown) {
    // One broken file must not hide the others; a bug is no broken file.
    if (!(thrown instanceof OctError)) throw thrown;
    return { name, cells: `can not be read: ${oneLine(errorText(thrown))}` };
  }
}

async function cellsFor(databasePath: string): Promise<readonly string[]> {
  const results = await openResults(databasePath);
  try {
    const model = buildReportModel(results);
    const { figures } = model.all;
    return [
      formatWall(model.startWallMs),
      formatElapsed(model.measuredUs / 1e6),
      formatCount(model.transactions),
      formatPerSec(figures.ratePerSec),
      figures.count === 0 ? "–" : formatMs(figures.p95Us),
      formatPercent(model.errorPercent),
      model.verdict.word,
    ];
  } finally {
    results.close();
  }
}

function tableLines(rows: readonly Row[], columns: number): string[] {
  const full = rows.map(({ cells }) => cells).filter((cells) => typeof cells !== "string");
  const widths = HEADS.map((head, i) =>
    Math.max(...[head, ...full.map((cells) => cells[i] as string)].map(cellsOf)),
  );
  const isText = (i: number) => i === 0 || i === HEADS.length - 1;
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => padCells(cell, widths[i] as number, isText(i) ? "left" : "right"))
      .join(GAP);
  const used = cellsOf(line(HEADS));
  // The name of a folder of ours tells the start once more: it gives way first.
  const room = Math.max(0, columns - used - GAP.length);
  const names = Math.max(...rows.map(({ name }) => cellsOf(name)));
  const hasNames = room >= Math.min(names, 16);
  return [line(HEADS) + (hasNames ? `${GAP}folder` : ""), ...rows.map(rowLine)].map((text) =>
    text.trimEnd(),
  );

  function rowLine({ name, cells }: Row): string {
    if (typeof cells === "string") return fitCells(`${name}: ${cells}`, Math.max(60, columns));
    return line(cells) + (hasNames ? GAP + fitCells(name, room) : "");
  }
}
