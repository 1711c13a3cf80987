// The verdict on a run, from its counts: whether everything that was measured is there. The rules are
// one list; each that does not hold gives the sentence why. Rules about the measurement itself
// (lateness, loop lag) belong into the same list.

import { formatCount } from "../base/units.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { CountsRecord, TurretCounts } from "../store/records.ts";
import { type KnownTurret, nameOf } from "./registry.ts";
import type { Verdict } from "./types.ts";

export interface VerdictFacts {
  readonly counts: CountsRecord;
  readonly turrets: readonly KnownTurret[];
  /** What else speaks against completeness; "" for nothing. */
  readonly doubt: string;
  readonly aggregate: Pick<Aggregate, "total">;
}

type Rule = (facts: VerdictFacts) => string | readonly string[];

const RULES: readonly Rule[] = [
  lostTurrets,
  openTurrets,
  (facts) => facts.doubt,
  neverReceived,
  neverSent,
  lostOnTurrets,
  ownNumbers,
  allCounted,
];

/** VALID, or PARTIAL with the sentences why. */
export function judge(facts: VerdictFacts): Verdict {
  const reasons = RULES.flatMap((rule) => rule(facts)).filter((sentence) => sentence !== "");
  return { word: reasons.length === 0 ? "VALID" : "PARTIAL", reasons };
}

/** The one word of a run: INVALID before PARTIAL before GENERATOR-LIMITED. */
export function concludeVerdict(parts: {
  readonly judged: Verdict;
  /** Why the generator was a part of what it measured. */
  readonly limits: readonly string[];
  /** False where transactions were asked for and none has finished. */
  readonly hasFinished: boolean;
}): Verdict {
  const { judged, limits, hasFinished } = parts;
  if (!hasFinished) {
    return { word: "INVALID", reasons: ["no transaction has finished", ...judged.reasons] };
  }
  if (judged.word !== "VALID" || limits.length === 0) return judged;
  return { word: "GENERATOR-LIMITED", reasons: limits };
}

/** Sum of one number over all sources. */
function sum(counts: CountsRecord, pick: (turret: TurretCounts) => number): number {
  return counts.turrets.reduce((total, turret) => total + pick(turret), 0);
}

function lostTurrets(facts: VerdictFacts): string[] {
  return facts.turrets
    .filter((turret) => turret.hasStarted && turret.isLost && turret.totals === undefined)
    .map((turret) => {
      const where = turret.host === "" ? "" : ` (${turret.host})`;
      return `turret ${turret.name} was lost${where}: what it had not sent is missing`;
    });
}

// A turret of the link ends by saying how much it sent; without that nothing can be held against it.
function openTurrets(facts: VerdictFacts): string[] {
  const open = facts.turrets.filter(
    (turret) =>
      turret.wire === "link" && turret.hasFired && !turret.isLost && turret.totals === undefined,
  );
  return open.map((turret) =>
    turret.gaveUp === ""
      ? `turret ${nameOf(turret)} did not hand over in time`
      : `turret ${nameOf(turret)}: ${turret.gaveUp}`,
  );
}

function neverReceived(facts: VerdictFacts): string {
  const missing = sum(facts.counts, (turret) => {
    if (turret.sentTransactions === undefined) return 0;
    const came = turret.receivedTransactions + brokenOf(facts, turret);
    return Math.max(0, turret.sentTransactions - came);
  });
  return missing === 0 ? "" : `${formatCount(missing)} transactions were sent and never received`;
}

// A turret that told of less than came has lost count: nothing that it told can be held against it.
function neverSent(facts: VerdictFacts): string[] {
  return facts.counts.turrets.flatMap((counts) => {
    const { turretIndex, sentTransactions: sent, receivedTransactions: received } = counts;
    const turret = facts.turrets[turretIndex];
    if (sent === undefined || turret === undefined || received <= sent) return [];
    return [
      `turret ${nameOf(turret)} told of ${formatCount(sent)} transactions ` +
        `and ${formatCount(received)} were received`,
    ];
  });
}

function brokenOf(facts: VerdictFacts, counts: TurretCounts): number {
  return facts.turrets[counts.turretIndex]?.brokenTransactions ?? 0;
}

function lostOnTurrets(facts: VerdictFacts): string {
  const lost = sum(facts.counts, (turret) => turret.lostTransactions);
  return lost === 0 ? "" : `${formatCount(lost)} transactions were measured and lost`;
}

// planned = started + dropped, started = finished + unfinished, where finished ones were sent or lost.
function ownNumbers(facts: VerdictFacts): string[] {
  return facts.turrets.flatMap((turret) => {
    const { totals } = turret;
    if (totals === undefined) return [];
    const { planned, started, dropped, transactions, unfinished, lostTransactions } = totals;
    const isWhole =
      planned === started + dropped && started === transactions + unfinished + lostTransactions;
    if (isWhole) return [];
    const numbers =
      `planned ${planned}, started ${started}, dropped ${dropped}, sent ${transactions}, ` +
      `unfinished ${unfinished}, lost ${lostTransactions}`;
    return [`the numbers of turret ${nameOf(turret)} do not add up: ${numbers}`];
  });
}

function allCounted(facts: VerdictFacts): string {
  const received = sum(facts.counts, (turret) => turret.receivedTransactions);
  const journaled = sum(facts.counts, (turret) => turret.journaledTransactions);
  const counted = facts.aggregate.total(CELL_KIND.timer, "")?.count ?? 0;
  if (received === journaled && journaled === counted) return "";
  return (
    `received ${formatCount(received)}, journaled ${formatCount(journaled)} and ` +
    `counted ${formatCount(counted)} transactions differ`
  );
}
