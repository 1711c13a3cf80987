// What outputs of a finished run are made from.

import type { ReportModel } from "../report/types.ts";
import type { RunFacts, StoredTotal } from "../store/results.ts";

export interface FinishedFigures {
  readonly model: ReportModel;
  readonly facts: RunFacts;
  readonly totals: readonly StoredTotal[];
  /** What the process ends with; undefined where only the file is known. */
  readonly exitCode: number | undefined;
  /** Files of the run, by what they are, as paths from the current folder. */
  readonly files: Readonly<Record<string, string>>;
}
