// --threshold: what a run must keep to, beside what its configuration says; and the end of a run that
// was asked for thresholds: its exit code, and the words for it.

import { EXIT, UsageError } from "../base/errors.ts";
import type { Redactor } from "../base/redact.ts";
import { formatDuration } from "../base/units.ts";
import type { ProjectConfig } from "../config/project.ts";
import { thresholdSentences } from "../report/threshold-text.ts";
import type { ReportModel } from "../report/types.ts";
import {
  parseThreshold,
  THRESHOLD_LIMIT,
  type Threshold,
  ThresholdMistake,
} from "../stats/threshold.ts";
import type { CommandInput } from "./command.ts";

/** The configuration with what --threshold adds, in the copy that results keep as well. */
export function withThresholds(
  config: ProjectConfig,
  input: CommandInput,
  redactor: Redactor,
): ProjectConfig {
  const texts = input.texts("threshold");
  const all = [...config.thresholds, ...texts.map(readOne)];
  if (all.length > THRESHOLD_LIMIT.count) {
    throw new UsageError(
      `a run has at most ${THRESHOLD_LIMIT.count} thresholds, not ${all.length}`,
    );
  }
  // Names are matched as they are; what is printed and kept hides secrets.
  const thresholds = all.map((one): Threshold => ({ ...one, text: redactor.text(one.text) }));
  if (texts.length === 0) return { ...config, thresholds };
  const before = config.raw["thresholds"];
  const raw = { ...config.raw, thresholds: [...(Array.isArray(before) ? before : []), ...texts] };
  return { ...config, thresholds, raw };
}

function readOne(text: string): Threshold {
  try {
    return parseThreshold(text);
  } catch (thrown) {
    if (!(thrown instanceof ThresholdMistake)) throw thrown;
    const hint = thrown.hint ?? "oct docs thresholds";
    throw new UsageError(thrown.message, { where: "--threshold", hint });
  }
}

/** What is said of them before anything is fired. */
export function thresholdPlan({ thresholds }: ProjectConfig): string[] {
  if (thresholds.length === 0) return [];
  return ["thresholds:", ...thresholds.map((one) => `  ${inWords(one)}`)];
}

function inWords({ text, isAborting, afterUs }: Threshold): string {
  if (!isAborting) return text;
  const after = afterUs === 0 ? "" : ` after ${formatDuration(afterUs)}`;
  return `${text} (ends the run when it fails${after})`;
}

/**
 * The exit code of a run that fired: data missing before not VALID before a failed threshold, since
 * what is missing, or was the generator's doing, may be why a threshold failed, or did not.
 */
export function endOfRun(
  model: Pick<ReportModel, "thresholds" | "verdict"> | undefined,
  exitCode: number,
): { readonly exitCode: number; readonly lines: readonly string[] } {
  if (model === undefined || model.thresholds.length === 0) return { exitCode, lines: [] };
  const lines = thresholdSentences(model);
  if (exitCode !== EXIT.ok) return { exitCode, lines };
  if (model.verdict.word !== "VALID") return { exitCode: EXIT.notValid, lines };
  const hasFailed = model.thresholds.some(({ holds }) => !holds);
  return { exitCode: hasFailed ? EXIT.thresholdFailed : EXIT.ok, lines };
}
