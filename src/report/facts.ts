// What a run was, as labelled facts for people, and how its numbers were made, in sentences.

import { formatBytes, formatCount } from "../base/units.ts";
import type { Results } from "../store/results.ts";
import { formatSpan, formatWall, plural } from "./figures.ts";
import type { ClockName, FactGroup } from "./types.ts";

type Fact = readonly [label: string, value: string | undefined];

/** Groups with the facts that the file knows. */
export function factGroups(results: Results, measuredUs: number): FactGroup[] {
  const { facts } = results;
  const ending = facts.isKilled ? "broken off: the HQ did not end the run" : facts.reason;
  const groups: readonly { title: string; facts: readonly Fact[] }[] = [
    {
      title: "Run",
      facts: [
        ["Project", facts.project],
        ["Command", facts.command],
        ["Run time asked", facts.runTimeUs === undefined ? undefined : formatSpan(facts.runTimeUs)],
        ["Measured", formatSpan(measuredUs)],
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
  ];
  return groups.map((group) => ({
    title: group.title,
    facts: group.facts.flatMap(([label, value]) =>
      value === undefined || value === "" ? [] : [{ label, value }],
    ),
  }));
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
