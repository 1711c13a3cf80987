// The end of a run at the HQ: the verdict on it from its counts, said and journaled.

import { EXIT } from "../base/errors.ts";
import { CELL_KIND, COUNTER } from "../stats/cell.ts";
import {
  type CountsRecord,
  encodeJsonRecord,
  RECORD_KIND,
  type RunClosed,
} from "../store/records.ts";
import type { HqCore } from "./core.ts";
import { sayEnd } from "./end-lines.ts";
import { generatorReasons } from "./generator-rules.ts";
import type { KnownTurret } from "./registry.ts";
import type { HqOutcome } from "./types.ts";
import { concludeVerdict, judge } from "./verdict.ts";

export interface LastFacts {
  readonly reason: string;
  readonly counts: CountsRecord;
  /** What else speaks against completeness; "" for nothing. */
  readonly doubt: string;
  /** Results of protocol 1 whose epoch is outside the run. */
  readonly misplaced: number;
}

/** Judges the run, and writes its last records. */
export function conclude(run: HqCore, facts: LastFacts): HqOutcome {
  const { reason, counts } = facts;
  const { aggregate, options, registry } = run;
  const hasStarted = run.startUs !== undefined;
  const turrets = registry.all();
  const doubt = hasStarted ? facts.doubt : "";
  const judged = judge({ counts, turrets, doubt, aggregate });
  const limits = hasStarted ? generatorReasons(aggregate) : [];
  sayEnd(run, { missing: judged.reasons, limits, misplaced: facts.misplaced });
  const begun = aggregate.total(CELL_KIND.counter, COUNTER.started)?.sum ?? 0;
  const hasFinished = begun === 0 || aggregate.transactions > 0;
  const verdict = concludeVerdict({ judged, limits, hasFinished });
  const durationUs = hasStarted ? Math.max(0, run.atUs()) : 0;
  const closed: RunClosed = { endedWallMs: run.clock.wallMs(), durationUs, reason, counts };
  for (const turret of turrets) recordLast(run, turret);
  options.journal.append(RECORD_KIND.runClosed, encodeJsonRecord(closed));
  options.journal.sync();
  const isMissing = verdict.word === "PARTIAL" || verdict.word === "INVALID";
  const exitCode = isMissing ? EXIT.dataMissing : EXIT.ok;
  return { hasStarted, exitCode, reason, durationUs, verdict, counts };
}

// "lost" as the last word means that something is missing: not so of who never fired or handed over.
function recordLast(run: HqCore, turret: KnownTurret): void {
  const isMissed = turret.hasStarted && turret.totals === undefined;
  if (turret.isLost && !isMissed) {
    turret.isLost = false;
    turret.status = "left";
  }
  run.changed(turret);
}
