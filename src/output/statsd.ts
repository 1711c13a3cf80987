// One second of a run for StatsD: counters are what came in it, gauges are its figures. StatsD has no
// labels, so names are part of the metric, with what StatsD would misread replaced.
//
//   oct.transactions:120|c     oct.transaction.p95_ms:12.3|g     oct.timer.Login.values:60|c

import { CELL_KIND, GAUGE } from "../stats/cell.ts";
import { gaugeLevel } from "../stats/gauges.ts";
import { summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";
import { METRICS_LIMIT } from "./metrics.ts";
import type { ToldSecond } from "./second-window.ts";

/** Bytes of one datagram: what passes an Ethernet without being cut. */
export const DATAGRAM_BYTES = 1_432;

const LEVELS = [GAUGE.cannons, GAUGE.inFlight] as const;

/** Lines of one second; none where nothing came. */
export function statsdLines(second: ToldSecond): string[] {
  const service = second.find(CELL_KIND.timer, "");
  const response = second.find(CELL_KIND.response, "");
  const lines: string[] = [];
  if (service !== undefined) {
    lines.push(`oct.transactions:${service.count}|c`, `oct.errors:${service.errorCount}|c`);
    lines.push(...gauges("oct.transaction", response ?? service));
  }
  for (const total of second.of(CELL_KIND.timer).filter(isNamed).slice(0, METRICS_LIMIT.names)) {
    const name = `oct.timer.${statsdName(total.name)}`;
    lines.push(`${name}.values:${total.count}|c`, `${name}.errors:${total.errorCount}|c`);
    lines.push(...gauges(name, total));
  }
  for (const total of second.of(CELL_KIND.check).slice(0, METRICS_LIMIT.names)) {
    const name = `oct.check.${statsdName(total.name)}`;
    lines.push(`${name}.passed:${total.count - total.errorCount}|c`);
    lines.push(`${name}.failed:${total.errorCount}|c`);
  }
  for (const total of second.of(CELL_KIND.status).slice(0, METRICS_LIMIT.names)) {
    lines.push(`oct.response.${statsdName(total.name)}:${total.count}|c`);
  }
  for (const total of second.of(CELL_KIND.counter).slice(0, METRICS_LIMIT.names)) {
    lines.push(...counted(`oct.count.${statsdName(total.name)}`, total.sum));
  }
  for (const name of LEVELS) {
    const total = second.find(CELL_KIND.gauge, name);
    const level = total === undefined ? undefined : gaugeLevel(total, 1);
    if (level !== undefined) lines.push(`${name}:${decimal(level)}|g`);
  }
  return lines;
}

function isNamed(total: CellTotal): boolean {
  return total.name !== "";
}

function gauges(name: string, total: CellTotal): string[] {
  const { meanUs, p50Us, p95Us, p99Us, maxUs } = summarise(total);
  const figures = { mean: meanUs, p50: p50Us, p95: p95Us, p99: p99Us, max: maxUs };
  return Object.entries(figures).map(
    ([what, valueUs]) => `${name}.${what}_ms:${decimal(valueUs / 1000)}|g`,
  );
}

// A gauge with a sign is added to the one before: nothing negative is sent as one, and a counter that
// goes down is no counter.
function counted(name: string, sum: number): string[] {
  return sum < 0 ? [] : [`${name}:${decimal(sum)}|c`];
}

// Receivers do not read exponents.
function decimal(value: number): string {
  return value >= 1e15 ? String(BigInt(Math.round(value))) : String(Number(value.toFixed(6)));
}

const NAME_MAX = 100;

/** A name as a part of a StatsD metric. */
export function statsdName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}_-]+/gu, "_").replace(/^_+|_+$/g, "");
  return safe === "" ? "unnamed" : [...safe].slice(0, NAME_MAX).join("");
}

/** Lines in as few datagrams as they fit in. */
export function datagrams(lines: readonly string[]): string[] {
  const packed: string[] = [];
  let text = "";
  for (const line of lines) {
    const joined = text === "" ? line : `${text}\n${line}`;
    if (text !== "" && Buffer.byteLength(joined) > DATAGRAM_BYTES) {
      packed.push(text);
      text = line;
    } else {
      text = joined;
    }
  }
  return text === "" ? packed : [...packed, text];
}
