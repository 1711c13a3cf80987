// Whether everything that was measured is in the file. The HQ judges its run when it ends it and knows
// most then; each of its reasons is an event `PARTIAL: <reason>` or `GENERATOR-LIMITED: <reason>`, and
// the exit code followed from them.
// They stand here word for word. What can only be seen in the file is judged beside them.

import { clip } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import type { EventRecord } from "../store/records.ts";
import type { Results } from "../store/results.ts";
import { plural } from "./figures.ts";
import {
  type CountRow,
  type CountsModel,
  REPORT_LIMIT,
  type TurretModel,
  type VerdictModel,
} from "./types.ts";

export interface JudgedFacts {
  readonly results: Pick<Results, "origin" | "facts">;
  readonly events: readonly EventRecord[];
  readonly counts: CountsModel;
  readonly turrets: readonly TurretModel[];
}

const PARTIAL_MARK = "PARTIAL: ";
const LIMITED_MARK = "GENERATOR-LIMITED: ";

export function judgeResults(judged: JudgedFacts): VerdictModel {
  const { results } = judged;
  if (results.origin === "old") {
    return {
      word: "NOT JUDGED",
      sentence: "This file was made by the old OCT, which did not count what was sent.",
      reasons: [],
    };
  }
  const told = hqReasons(judged.events, { level: "error", mark: PARTIAL_MARK });
  const limits = hqReasons(judged.events, { level: "warn", mark: LIMITED_MARK });
  const reasons = [
    ...killedReasons(judged),
    ...told,
    ...(told.length === 0 ? countReasons(judged) : []),
    ...fileReasons(judged, told),
  ];
  if (results.facts.transactions === 0) {
    return {
      word: "INVALID",
      sentence: "No transaction has finished, so there is nothing to measure.",
      reasons: [...reasons, ...limits],
    };
  }
  if (reasons.length > 0) {
    return {
      word: "PARTIAL",
      sentence: "Some of what was measured is not here.",
      reasons: [...reasons, ...limits],
    };
  }
  if (limits.length > 0) {
    return {
      word: "GENERATOR-LIMITED",
      sentence: "Everything measured is here, but the generator itself was a part of it.",
      reasons: limits,
    };
  }
  return {
    word: "VALID",
    sentence: "Every transaction that a turret sent was received, journaled and counted.",
    reasons,
  };
}

// Only the HQ's own events count: a turret may say what it likes.
function hqReasons(
  events: readonly EventRecord[],
  kind: { readonly level: string; readonly mark: string },
): string[] {
  return events
    .filter(({ level, turretIndex }) => level === kind.level && turretIndex < 0)
    .filter(({ text }) => text.startsWith(kind.mark))
    .map(({ text }) => clip(text.slice(kind.mark.length), REPORT_LIMIT.errorText));
}

function killedReasons({ results }: JudgedFacts): string[] {
  return results.facts.isKilled
    ? ["the run was broken off: its HQ did not end it; all that it had written is here"]
    : [];
}

/** What the HQ would have said of these counts. */
function countReasons({ counts, turrets }: JudgedFacts): string[] {
  const reasons = turrets
    .filter((turret) => turret.isLost)
    .map(
      (turret) => `turret ${turret.name} was lost: what it measured and had not sent is missing`,
    );
  const missing = counts.rows.reduce(
    (sum, row) => sum + Math.max(0, (row.sent ?? row.received) - row.received),
    0,
  );
  if (missing > 0) reasons.push(`${plural(missing, "transaction")} sent and never received`);
  for (const { label, sent, received } of counts.rows) {
    if (sent === undefined || received <= sent) continue;
    reasons.push(
      `turret ${label} told of ${formatCount(sent)} transactions ` +
        `and ${formatCount(received)} were received`,
    );
  }
  const lost = counts.total?.lost ?? 0;
  if (lost > 0) reasons.push(`${plural(lost, "transaction")} lost on the turrets`);
  return reasons;
}

/** What is wrong with the file itself, whatever the HQ said before it was made. */
function fileReasons({ results, counts }: JudgedFacts, told: readonly string[]): string[] {
  const reasons: string[] = [];
  const isTold = told.some((reason) => reason.endsWith(" differ"));
  if (!isTold) reasons.push(...counts.rows.filter(isContradiction).map(contradictionText));
  const unreadable = results.facts.journal?.unreadableRecords ?? 0;
  if (unreadable > 0) {
    reasons.push(`${plural(unreadable, "record")} of the journal could not be read`);
  }
  return reasons;
}

// From the socket on everything is ours: nothing may get lost on the way.
function isContradiction({ received, journaled, counted }: CountRow): boolean {
  return received !== journaled || journaled !== counted;
}

function contradictionText({ label, received, journaled, counted }: CountRow): string {
  return (
    `the counts of ${label} contradict each other: received ${formatCount(received)}, ` +
    `journaled ${formatCount(journaled)}, counted ${formatCount(counted)}`
  );
}
