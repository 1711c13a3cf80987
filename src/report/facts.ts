// What a run was, as labelled facts for people, and how its numbers were made, in sentences.

import { clip } from "../base/errors.ts";
import { formatBytes, formatCount, formatDuration } from "../base/units.ts";
import { CONTROL_KINDS, type ControlSegment, timelineOf } from "../pace/control.ts";
import type { ControlRecord } from "../store/records.ts";
import type { Results } from "../store/results.ts";
import { formatSpan, formatWall, plural } from "./figures.ts";
import {
  type ClockName,
  type CountsModel,
  type FactGroup,
  REPORT_LIMIT,
  type TurretModel,
} from "./types.ts";

type Fact = readonly [label: string, value: string | undefined];

/** Groups with the facts that the file knows. */
export function factGroups(
  results: Results,
  run: {
    readonly measuredUs: number;
    readonly counts: CountsModel;
    readonly turrets: readonly TurretModel[];
  },
): FactGroup[] {
  const { facts } = results;
  const { measuredUs } = run;
  const ending = facts.isKilled ? "broken off: the HQ did not end the run" : facts.reason;
  const groups: readonly { title: string; facts: readonly Fact[] }[] = [
    {
      title: "Run",
      facts: [
        ["Project", facts.project],
        ["Command", facts.command],
        ["Run time asked", facts.runTimeUs === undefined ? undefined : formatSpan(facts.runTimeUs)],
        ["Measured", formatSpan(measuredUs)],
        ["Paused", pausedText(results)],
        ["Ended by", ending],
        ["Started", wallOf(facts.startWallMs)],
        ["Ended", wallOf(facts.endedWallMs)],
        ["Seed", facts.seed === undefined ? undefined : String(facts.seed)],
        ["Run id", facts.runId],
      ],
    },
    {
      title: "HQ",
      facts: [
        ["Version", facts.octVersion === undefined ? undefined : `oct ${facts.octVersion}`],
        ["Machine", facts.host],
        ["Platform", facts.platform],
        ["Cores", facts.cores === undefined ? undefined : String(facts.cores)],
      ],
    },
    {
      title: "Results",
      facts: [
        ["Made by", results.origin === "old" ? "the old OCT" : "oct"],
        ["Rows kept", `${formatCount(facts.rowsKept)} of ${formatCount(facts.rowsCounted)}`],
        ["Row limit", facts.rowsMax === undefined ? undefined : formatCount(facts.rowsMax)],
        ["Interval kept", `${facts.baseIntervalS} s`],
        ["Journal", journalText(results)],
      ],
    },
    { title: "Turrets", facts: turretFacts(run.turrets, run.counts) },
    { title: "Scripts", facts: scriptFacts(facts.scripts ?? {}) },
  ];
  return groups
    .map((group) => ({
      title: group.title,
      facts: group.facts.flatMap(([label, value]) =>
        value === undefined || value === "" ? [] : [{ label, value }],
      ),
    }))
    .filter((group) => group.facts.length > 0);
}

function turretFacts(turrets: readonly TurretModel[], { total }: CountsModel): Fact[] {
  const known = turrets.filter((turret) => turret.octVersion !== undefined);
  const list = (values: readonly (string | undefined)[]) =>
    [...new Set(values)].filter((value) => value !== undefined && value !== "").join(", ");
  const offsets = known.map((turret) => Math.abs(turret.clockOffsetUs ?? 0));
  return [
    ["Turrets", turrets.length === 0 ? undefined : formatCount(turrets.length)],
    ["Versions", list(known.map((turret) => turret.octVersion))],
    ["Wire", list(known.map((turret) => turret.wire))],
    [
      "Clocks apart",
      offsets.length === 0 ? undefined : `± ${formatDuration(Math.max(...offsets))}`,
    ],
    ["Turrets lost", formatCount(turrets.filter((turret) => turret.isLost).length)],
    ["Lost", total && plural(total.lost, "transaction")],
    ["Came again", total && plural(total.repeatedBatches, "batch").replace("batchs", "batches")],
  ];
}

const SCRIPTS_SHOWN = 20;

function scriptFacts(scripts: Readonly<Record<string, string>>): Fact[] {
  const all = Object.entries(scripts);
  const shown = all.slice(0, SCRIPTS_SHOWN).map(([name, hash]): Fact => {
    return [clip(name, REPORT_LIMIT.name), `SHA-256 ${clip(hash, 64)}`];
  });
  const left = all.length - shown.length;
  return left === 0 ? shown : [...shown, ["And", plural(left, "more script")]];
}

function pausedText(results: Results): string | undefined {
  const { durationUs } = results.facts;
  const segments = results.controls().filter(isSegment);
  const pausedUs = timelineOf(segments).pausedUs(durationUs ?? 0);
  return pausedUs > 0 ? formatSpan(pausedUs) : undefined;
}

function isSegment(control: ControlRecord): control is ControlRecord & ControlSegment {
  return (CONTROL_KINDS as readonly string[]).includes(control.kind);
}

function wallOf(wallMs: number | undefined): string | undefined {
  return wallMs === undefined ? undefined : formatWall(wallMs);
}

function journalText(results: Results): string | undefined {
  const { journal } = results.facts;
  if (journal === undefined) return undefined;
  const parts = [
    formatBytes(journal.sizeBytes),
    plural(journal.records, "record"),
    plural(journal.batches, "batch").replace("batchs", "batches"),
  ];
  if (journal.repeatedBatches > 0) parts.push(`${formatCount(journal.repeatedBatches)} came again`);
  if (journal.tornBytes > 0) parts.push(`${formatBytes(journal.tornBytes)} torn off at the end`);
  return parts.join(", ");
}

/** How the numbers were made. */
export function methodSentences(options: {
  readonly results: Results;
  readonly clock: ClockName;
  readonly hasOtherClock: boolean;
}): string[] {
  const { results, clock, hasOtherClock } = options;
  const { facts } = results;
  const sentences =
    results.origin === "old"
      ? [
          "All figures are from the rows of the file: percentiles by linear interpolation between " +
            "neighbours, standard deviation of the sample (n − 1).",
        ]
      : [
          "Count, average, minimum and maximum are exact; percentiles are from HDR histograms and " +
            "within 0.1 %; the standard deviation is of the sample (n − 1).",
        ];
  sentences.push(
    clock === "response"
      ? "The headline is response time: from the instant a transaction was due to its end. " +
          "Service time, from its actual start, stands beside it."
      : "The headline is service time: from the actual start of a transaction to its end.",
  );
  if (clock === "service" && hasOtherClock) {
    sentences.push(
      "Only some transactions had an intended start: their response time stands beside it.",
    );
  }
  if (!hasOtherClock && results.origin === "oct") {
    sentences.push("Nothing in this run had an intended start, so both clocks are the same.");
  }
  sentences.push(
    "Failed transactions are included in all durations.",
    "Throughput is per second: what finished in an interval divided by its length.",
  );
  if (facts.rowsKept < facts.rowsCounted) {
    sentences.push(
      `The file keeps ${formatCount(facts.rowsKept)} raw rows of ` +
        `${formatCount(facts.rowsCounted)}; the figures are of all of them.`,
    );
  }
  return sentences;
}
