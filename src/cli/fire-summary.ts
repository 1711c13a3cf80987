// The lines that Loads ends with, from our own numbers: requests are hits, transactions are tests.

import { formatCount, US_PER_S } from "../base/units.ts";
import { CELL_KIND, COUNTER, PHASE_NAME } from "../stats/cell.ts";
import type { StoredTotal } from "../store/results.ts";
import type { RunFigures } from "./make-report.ts";

export function fireSummary({ facts, totals }: Pick<RunFigures, "facts" | "totals">): string {
  const sumOf = (name: string) =>
    totals.find((total) => total.kind === CELL_KIND.counter && total.name === name)?.sum ?? 0;
  // Where each request is a transaction itself, it is timed as that.
  const requests =
    totals.find((t) => t.kind === CELL_KIND.phase && t.name === PHASE_NAME.request) ??
    totals.find((t) => t.kind === CELL_KIND.timer && t.name === "");
  const hits = totals
    .filter((total) => total.kind === CELL_KIND.status)
    .reduce((sum, total) => sum + total.count - total.errorCount, 0);
  const durationS = (facts.durationUs ?? 0) / US_PER_S;
  const failures = sumOf(COUNTER.testFailures);
  const lines = [
    `Duration: ${durationS.toFixed(2)} seconds`,
    `Hits: ${formatCount(hits)}`,
    `Started: ${startedText(facts.startWallMs)}`,
    `Approximate Average RPS: ${formatCount(durationS > 0 ? hits / durationS : 0)}`,
    `Average request time: ${meanText(requests)}`,
    `Opened web sockets: ${formatCount(sumOf(COUNTER.wsOpened))}`,
    `Bytes received via web sockets : ${formatCount(sumOf(COUNTER.wsBytesIn))}`,
    `Bytes received: ${formatCount(sumOf(COUNTER.bytesIn))}`,
    "",
    `Success: ${formatCount(facts.transactions - facts.errorCount)}`,
    `Errors: ${formatCount(Math.max(0, facts.errorCount - failures))}`,
    `Failures: ${formatCount(failures)}`,
  ];
  return lines.join("\n");
}

function startedText(wallMs: number | undefined): string {
  if (wallMs === undefined) return "–";
  return `${new Date(wallMs).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

function meanText(requests: StoredTotal | undefined): string {
  if (requests === undefined || requests.count === 0) return "–";
  const meanUs = requests.sum / requests.count;
  return meanUs < 10_000
    ? `${(meanUs / 1000).toFixed(3)} ms`
    : `${(meanUs / US_PER_S).toFixed(2)}s`;
}
