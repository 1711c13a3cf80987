// A run as lines of JSON, to be read while it goes: a line of its facts, one for each transaction while
// rows are kept, one for each second, the log, and the end.
//
//   {"type":"run",...}  {"type":"sample",...}  {"type":"second",...}  {"type":"event",...}  {"type":"end",...}

import { CELL_KIND, type RowColumns } from "../stats/cell.ts";
import { type Summary, summarise } from "../stats/summary.ts";
import type { EventRecord, RunOpened } from "../store/records.ts";
import type { ResultRow, Results } from "../store/results.ts";
import type { ToldSecond } from "./second-window.ts";

export const JSON_LINES_VERSION = 1;

export const JSON_LINES_LIMIT = {
  /** Transactions told a second while the run goes; the rest is counted. */
  samplesPerSec: 50_000,
} as const;

interface SampleParts {
  readonly epochS: number;
  readonly elapsedS: number;
  readonly turret: string;
  readonly serviceS: number;
  /** NaN where there is none. */
  readonly responseS: number;
  readonly error: string;
  readonly timers: readonly (readonly [name: string, seconds: number])[];
}

export function runLine(facts: RunOpened, startWallMs: number): string {
  const { runId, project, octVersion, seed, runTimeUs } = facts;
  return line("run", {
    version: JSON_LINES_VERSION,
    runId,
    project,
    octVersion,
    seed,
    runTimeS: runTimeUs / 1e6,
    startWallMs,
  });
}

/** Up to `limit` of the rows of a batch. */
export function sampleLines(
  rows: RowColumns,
  texts: readonly string[],
  limit: number = rows.count,
): string[] {
  const lines: string[] = [];
  let timer = 0;
  for (let i = 0; i < Math.min(limit, rows.count); i++) {
    const timers: [string, number][] = [];
    for (const end = rows.timerEnd[i] as number; timer < end; timer++) {
      timers.push([texts[rows.timerText[timer] as number] ?? "", rows.timerS[timer] as number]);
    }
    lines.push(
      sampleLine({
        epochS: rows.epochS[i] as number,
        elapsedS: rows.elapsedS[i] as number,
        turret: texts[rows.turretText[i] as number] ?? "",
        serviceS: rows.scriptrunS[i] as number,
        responseS: rows.responseS[i] as number,
        error: texts[rows.errorText[i] as number] ?? "",
        timers,
      }),
    );
  }
  return lines;
}

/** All rows that a file keeps. */
export function* storedSampleLines(results: Results): Generator<string> {
  const responses = results.responses()[Symbol.iterator]();
  let next = responses.next();
  for (const row of results.rows()) {
    while (!next.done && next.value[0] < row.id) next = responses.next();
    const hasResponse = !next.done && next.value[0] === row.id;
    yield sampleLine(storedSample(row, hasResponse ? (next.value as [number, number])[1] : NaN));
  }
}

function storedSample(row: ResultRow, responseS: number): SampleParts {
  const { epochS, elapsedS, turretName, scriptrunS, error, timers } = row;
  return {
    epochS,
    elapsedS,
    turret: turretName,
    serviceS: scriptrunS,
    responseS,
    error,
    timers,
  };
}

// A script may time the same name twice in one transaction, so timers are a list and no object.
function sampleLine(sample: SampleParts): string {
  const { responseS } = sample;
  return line("sample", {
    epochS: sample.epochS,
    elapsedS: sample.elapsedS,
    turret: sample.turret,
    serviceUs: micros(sample.serviceS),
    responseUs: Number.isNaN(responseS) ? null : micros(responseS),
    error: sample.error,
    timers: sample.timers.map(([name, seconds]) => ({ name, us: micros(seconds) })),
  });
}

function micros(seconds: number): number {
  return Math.round(seconds * 1e6);
}

/** What came of one second. */
export function secondLine(told: ToldSecond, startWallMs: number): string {
  const service = told.find(CELL_KIND.timer, "");
  const response = told.find(CELL_KIND.response, "");
  return line("second", {
    second: told.second,
    wallMs: startWallMs + told.second * 1000,
    transactions: service === undefined ? null : figuresOf(summarise(service)),
    response: response === undefined ? null : figuresOf(summarise(response)),
    timers: told
      .of(CELL_KIND.timer)
      .filter((total) => total.name !== "")
      .map((total) => ({ name: total.name, ...figuresOf(summarise(total)) })),
    checks: told.of(CELL_KIND.check).map(({ name, count, errorCount }) => ({
      name,
      passed: count - errorCount,
      failed: errorCount,
    })),
    statuses: told.of(CELL_KIND.status).map(({ name, count }) => ({ name, count })),
    counters: told.of(CELL_KIND.counter).map(({ name, sum }) => ({ name, sum })),
  });
}

function figuresOf(summary: Summary) {
  const { count, errorCount, meanUs, minUs, p50Us, p90Us, p95Us, p99Us, maxUs } = summary;
  return { count, errorCount, meanUs, minUs, p50Us, p90Us, p95Us, p99Us, maxUs };
}

export function eventLine(event: EventRecord): string {
  const { atUs, level, turretIndex, text } = event;
  return line("event", { atS: Math.round(atUs) / 1e6, level, turretIndex, text });
}

export interface LinesEnd {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly reason: string;
  readonly transactions: number;
  /** Samples in this file, and transactions that have none. */
  readonly samples: number;
  readonly samplesLeftOut: number;
}

export function endLine(end: LinesEnd): string {
  return line("end", { ...end });
}

function line(type: string, parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, ...parts });
}
