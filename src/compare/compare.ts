// Two runs held against each other.

import { EXIT, OctError } from "../base/errors.ts";
import { buildReportModel } from "../report/model.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import { judge } from "./judge.ts";
import {
  headlineKind,
  keyOf,
  type MeasuredTimer,
  measureTimer,
  type RunToMeasure,
  type TimerToMeasure,
} from "./measure.ts";
import { checkPlan, type JudgedRun, type Refusal } from "./plan.ts";
import {
  COMPARE_DEFAULT,
  COMPARE_LIMIT,
  type CompareOptions,
  type Comparison,
  type RunSide,
  type TimerComparison,
} from "./types.ts";

export interface ComparedRuns {
  readonly base: Results;
  readonly next: Results;
  /** How the files are called where they are shown; their paths unless told. */
  readonly basePath?: string;
  readonly nextPath?: string;
  /** Compares what should not be compared, and says so. */
  readonly isForced?: boolean;
}

const US_PER_S = 1_000_000;

/** Throws an OctError that says why, where the runs must not be compared and nobody forces it. */
export function compareRuns(runs: ComparedRuns, options: CompareOptions = {}): Comparison {
  const base = { results: runs.base, model: buildReportModel(runs.base) };
  const next = { results: runs.next, model: buildReportModel(runs.next) };
  const { refusals, notes } = checkPlan(base, next);
  if (refusals.length > 0 && runs.isForced !== true) throw refused(refusals);
  const limits = {
    level: options.level ?? COMPARE_DEFAULT.level,
    margin: options.margin ?? COMPARE_DEFAULT.margin,
    floor: options.floor ?? COMPARE_DEFAULT.floor,
  };
  const sides = [base, next].map(toMeasure) as [RunToMeasure, RunToMeasure];
  const chosen = chooseTimers(...sides);
  const draws = {
    seed: options.seed ?? COMPARE_DEFAULT.seed,
    replicates: options.replicates ?? COMPARE_DEFAULT.replicates,
  };
  const measured = chosen.timers.map((timer, stream) => ({
    ...timer,
    ...measureTimer(...sides, { ...timer, ...draws, stream }),
  }));
  return {
    base: sideOf(base, runs.basePath),
    next: sideOf(next, runs.nextPath),
    forced: refusals.map(({ text }) => text),
    notes,
    timers: judged(measured, limits),
    timersLeft: chosen.left,
    onlyBase: chosen.onlyBase,
    onlyNext: chosen.onlyNext,
    ...limits,
    method: methodSentences(limits, measured),
  };
}

function refused(refusals: readonly Refusal[]): OctError {
  const isVerdict = refusals.some(({ about }) => about === "verdict");
  const lines = refusals.map(({ text }) => `\n  - ${text}`);
  return new OctError(`these runs can not be held against each other:${lines.join("")}`, {
    hint: "--force compares them all the same, and says so in the answer",
    exitCode: isVerdict ? EXIT.notValid : EXIT.failed,
  });
}

function toMeasure({ results, model }: JudgedRun): RunToMeasure {
  const totals = new Map<string, StoredTotal>();
  for (const total of results.totals()) totals.set(keyOf(total.kind, total.name), total);
  return { results, measuredS: model.measuredUs / US_PER_S, totals };
}

function sideOf({ results, model }: JudgedRun, shownPath = results.path): RunSide {
  return {
    path: shownPath,
    title: model.title,
    verdict: model.verdict.word,
    startWallMs: model.startWallMs,
    measuredUs: model.measuredUs,
    transactions: model.transactions,
  };
}

type ChosenTimer = Pick<TimerToMeasure, "kind" | "name" | "isTimesOnly"> &
  Pick<TimerComparison, "clock">;

function chooseTimers(base: RunToMeasure, next: RunToMeasure) {
  const kind = headlineKind(base, next);
  const isResponse = kind === CELL_KIND.response;
  const all: ChosenTimer[] = [
    { kind, name: "", isTimesOnly: false, clock: isResponse ? "response" : "service" },
  ];
  if (isResponse) {
    all.push({ kind: CELL_KIND.timer, name: "", isTimesOnly: true, clock: "service" });
  }
  const [before, after] = [base, next].map(namedTotals) as [NamedTotals, NamedTotals];
  const both = [...before.values()].filter(({ name }) => after.has(name));
  const busiest = new Set(
    [...both].sort((a, b) => b.count - a.count).slice(0, COMPARE_LIMIT.timers),
  );
  const named = both
    .filter((total) => busiest.has(total))
    .map(({ name }): ChosenTimer => {
      return { kind: CELL_KIND.timer, name, isTimesOnly: false, clock: "service" };
    });
  const missing = (one: NamedTotals, other: NamedTotals) =>
    [...one.keys()].filter((name) => !other.has(name));
  return {
    timers: [...all, ...named],
    left: both.length - named.length,
    onlyBase: missing(before, after),
    onlyNext: missing(after, before),
  };
}

type NamedTotals = ReadonlyMap<string, StoredTotal>;

function namedTotals({ totals }: RunToMeasure): NamedTotals {
  const named = [...totals.values()].filter(
    ({ kind, name, count }) => kind === CELL_KIND.timer && name !== "" && count > 0,
  );
  return new Map(named.map((total) => [total.name, total]));
}

function judged(
  measured: readonly (ChosenTimer & MeasuredTimer)[],
  limits: Pick<Comparison, "level" | "margin" | "floor">,
): TimerComparison[] {
  const figures = judge(
    measured.flatMap((timer) => timer.figures),
    limits,
  );
  let at = 0;
  return measured.map((timer) => {
    const own = figures.slice(at, at + timer.figures.length);
    at += own.length;
    const { clock, baseCount, nextCount, blockS } = timer;
    const isTransaction = timer.name === "";
    const name = isTransaction ? "All transactions" : timer.name;
    return { name, isTransaction, clock, baseCount, nextCount, blockS, figures: own };
  });
}

function methodSentences(
  limits: Pick<Comparison, "level" | "margin" | "floor">,
  measured: readonly MeasuredTimer[],
): string[] {
  const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
  const blocks = measured.flatMap(({ blockS }) => (blockS === undefined ? [] : [blockS]));
  const shortest = Math.min(...blocks);
  const longest = Math.max(...blocks);
  const stretch = shortest === longest ? `${longest} s` : `${shortest} to ${longest} s`;
  return [
    ...(blocks.length === 0
      ? []
      : [
          `Intervals are from a block bootstrap over the seconds of both runs, in blocks of ${stretch} as their autocorrelation asks.`,
        ]),
    `All figures together: where nothing differs, the chance of any alarm is at most ${percent(limits.level)}; ` +
      `of what is told, at most ${percent(limits.level)} is wrong on average.`,
    `"Same" means a difference of less than ${percent(Math.max(limits.margin, limits.floor))} ` +
      `(of errors ${percent(COMPARE_DEFAULT.errorMargin)} of transactions); ` +
      `differences below ${percent(limits.floor)} are not told.`,
    "What changes from run to run of the same program is not in the intervals: oct noise measures it.",
  ];
}
