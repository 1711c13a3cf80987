// Thresholds while the run goes: each second they are held against everything that came so far, on the
// figures that the report is going to have. One that asks for it ends the run when it fails; what was
// not measured yet ends nothing.

import { measuredSoFar } from "../stats/measured.ts";
import type { Threshold } from "../stats/threshold.ts";
import {
  checkThreshold,
  resultText,
  THRESHOLD_REASON,
  type ThresholdResult,
  withEnding,
} from "../stats/threshold-check.ts";
import type { HqCore } from "./core.ts";
import type { HqOutcome, LiveRun, RunObserver } from "./types.ts";

export class ThresholdWatch implements RunObserver {
  readonly name = "the watch of thresholds";
  readonly #thresholds: readonly Threshold[];
  readonly #core: Pick<HqCore, "line" | "phase">;
  #results: readonly ThresholdResult[] = [];
  #reason: string | undefined;

  constructor(thresholds: readonly Threshold[], core: Pick<HqCore, "line" | "phase">) {
    this.#thresholds = thresholds;
    this.#core = core;
  }

  /** As they stand; in the order in which they were asked. */
  get results(): readonly ThresholdResult[] {
    return this.#results;
  }

  onOpen(run: LiveRun): void {
    this.#look(run, 0);
  }

  onSecond(run: LiveRun): void {
    if (this.#thresholds.length === 0) return;
    const atUs = run.atUs();
    this.#look(run, Math.max(0, atUs));
    if (this.#core.phase !== "firing") return;
    const found = this.#results.find((result, i) => {
      const { isAborting, afterUs } = this.#thresholds[i] as Threshold;
      return isAborting && atUs >= afterUs && result.measured !== undefined && !result.holds;
    });
    if (found === undefined) return;
    this.#reason = THRESHOLD_REASON + resultText(found);
    this.#core.line("verdict", `${this.#reason}: the run ends`);
    this.#results = withEnding(this.#results, this.#reason);
    run.requestStop(this.#reason);
  }

  onEnd(run: LiveRun, outcome: HqOutcome): void {
    this.#look(run, outcome.durationUs);
  }

  #look(run: LiveRun, durationUs: number): void {
    const { aggregate, options } = run;
    const { runTimeUs } = options.config;
    const measured = {
      measuredS: measuredSoFar({ aggregate, runTimeUs, durationUs }),
      total: aggregate.total.bind(aggregate),
    };
    const results = this.#thresholds.map((threshold) => checkThreshold(threshold, measured));
    this.#results = withEnding(results, this.#reason);
  }
}
