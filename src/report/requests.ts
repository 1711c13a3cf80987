// The requests of a run by their answers: statuses, phases, the slowest; and the checks of scripts.

import { clip } from "../base/errors.ts";
import { CELL_KIND, PHASE_NAME } from "../stats/cell.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import type { CheckModel, PhaseModel, SlowModel, StatusModel } from "./detail-types.ts";
import { figuresOf } from "./figures-of.ts";
import { countsOverTime } from "./over-time.ts";
import { REPORT_LIMIT } from "./types.ts";

export const REQUESTS_LIMIT = {
  statuses: 200,
  /** Statuses with a small line over time. */
  timedStatuses: 40,
  checks: 500,
} as const;

/** Answers from here on are errors. */
const ERROR_STATUS = 400;

export function statusModels(
  results: Results,
  totals: readonly StoredTotal[],
  spanS: number,
): { statuses: StatusModel[]; statusesTotal: number; requests: number } {
  const all = totals
    .filter((total) => total.kind === CELL_KIND.status)
    .sort((a, b) => b.count - a.count);
  const requests = all.reduce((sum, total) => sum + total.count, 0);
  const statuses = all.slice(0, REQUESTS_LIMIT.statuses).map((total, i): StatusModel => {
    const isError = isErrorStatus(total.name);
    return {
      name: clip(total.name, REPORT_LIMIT.name),
      count: total.count,
      percent: requests === 0 ? 0 : (total.count / requests) * 100,
      errorCount: isError ? total.count : total.errorCount,
      isError: isError || total.errorCount > 0,
      overTime:
        i < REQUESTS_LIMIT.timedStatuses
          ? countsOverTime(results.intervals(CELL_KIND.status, total.name), spanS)
          : undefined,
    };
  });
  return { statuses, statusesTotal: all.length, requests };
}

// No answer at all is told in words: `GET timeout`.
function isErrorStatus(name: string): boolean {
  const code = Number(name.split(" ").at(-1));
  return !(code < ERROR_STATUS);
}

const PHASES = ["dns", "connect", "tls", "send", "wait", "receive", "request"] as const;

export function phaseModels(totals: readonly StoredTotal[], measuredS: number): PhaseModel[] {
  return PHASES.flatMap((name) => {
    const total = totals.find(
      (one) => one.kind === CELL_KIND.phase && one.name === PHASE_NAME[name] && one.count > 0,
    );
    return total === undefined ? [] : [{ name, figures: figuresOf(total, measuredS) }];
  });
}

export function slowModels(results: Results): SlowModel[] {
  return results.slowest().map((request): SlowModel => {
    const { durationUs, dnsUs, connectUs, tlsUs, sendUs, waitUs, receiveUs } = request;
    const told = dnsUs + connectUs + tlsUs + sendUs + waitUs + receiveUs;
    return {
      atS: request.startUs / 1e6,
      name: clip(request.name, REPORT_LIMIT.name),
      status: clip(request.status, REPORT_LIMIT.name),
      isError: isErrorStatus(request.status),
      turret: clip(request.turret, REPORT_LIMIT.name),
      durationUs,
      phases: [
        { name: "dns", us: dnsUs },
        { name: "connect", us: connectUs },
        { name: "tls", us: tlsUs },
        { name: "send", us: sendUs },
        { name: "wait", us: waitUs },
        { name: "receive", us: receiveUs },
        { name: "other", us: Math.max(0, durationUs - told) },
      ],
    };
  });
}

export function checkModels(totals: readonly StoredTotal[]): {
  checks: CheckModel[];
  checksTotal: number;
} {
  const all = totals.filter((total) => total.kind === CELL_KIND.check && total.count > 0);
  const checks = all.map(({ name, count, errorCount }) => ({
    name: clip(name, REPORT_LIMIT.name),
    count,
    passed: count - errorCount,
    failed: errorCount,
    passedPercent: ((count - errorCount) / count) * 100,
  }));
  checks.sort((a, b) => b.failed - a.failed || (a.name < b.name ? -1 : 1));
  return { checks: checks.slice(0, REQUESTS_LIMIT.checks), checksTotal: all.length };
}
