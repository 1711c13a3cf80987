// The verdict on a run, from its counts: whether everything that was measured is there. Rules are one
// list; each that does not hold gives the sentence why.

import { formatCount } from "../base/units.ts";
import type { CountsRecord } from "../store/records.ts";
import type { Verdict } from "./types.ts";

export interface VerdictFacts {
  readonly counts: CountsRecord;
  /** Names of turrets that were lost and did not come back. */
  readonly lostTurrets: readonly string[];
  /** Transactions that the live aggregate counted. */
  readonly countedTransactions: number;
}

/** VALID, or PARTIAL with the sentences why. */
export function judge(facts: VerdictFacts): Verdict {
  const { counts, lostTurrets, countedTransactions } = facts;
  const reasons: string[] = [];
  for (const name of lostTurrets) {
    reasons.push(`turret ${name} was lost: what it measured and had not sent is missing`);
  }
  const sum = (pick: (turret: CountsRecord["turrets"][number]) => number | undefined) =>
    counts.turrets.reduce((total, turret) => total + (pick(turret) ?? 0), 0);
  const missing = sum((turret) =>
    turret.sentTransactions === undefined
      ? 0
      : Math.max(0, turret.sentTransactions - turret.receivedTransactions),
  );
  if (missing > 0)
    reasons.push(`${formatCount(missing)} transactions were sent and never received`);
  const lost = sum((turret) => turret.lostTransactions);
  if (lost > 0) reasons.push(`${formatCount(lost)} transactions were lost on their turrets`);
  const received = sum((turret) => turret.receivedTransactions);
  const journaled = sum((turret) => turret.journaledTransactions);
  if (received !== journaled || journaled !== countedTransactions) {
    reasons.push(
      `received ${formatCount(received)}, journaled ${formatCount(journaled)} and ` +
        `counted ${formatCount(countedTransactions)} transactions differ`,
    );
  }
  return { word: reasons.length === 0 ? "VALID" : "PARTIAL", reasons };
}
