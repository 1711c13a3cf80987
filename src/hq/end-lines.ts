// What an HQ says when a run is over and it is not simply VALID. The report reads the verdict from these
// events again (report/verdict.ts).

import type { HqCore } from "./core.ts";

export interface EndFindings {
  /** Why data is missing, in sentences. */
  readonly missing: readonly string[];
  /** What the generator was limited by, in sentences. */
  readonly limits: readonly string[];
  /** Results of protocol 1 whose epoch is outside the run. */
  readonly misplaced: number;
}

export function sayEnd(run: HqCore, { missing, limits, misplaced }: EndFindings): void {
  const say = (level: string, text: string) => {
    run.line("verdict", text);
    run.event(level, -1, text);
  };
  for (const sentence of missing) say("error", `PARTIAL: ${sentence}`);
  for (const sentence of limits) say("warn", `GENERATOR-LIMITED: ${sentence}`);
  if (misplaced === 0) return;
  say("warn", `${misplaced} results were placed by when they came: their epoch is outside the run`);
}
