// The numbers behind the verdict on the measurement itself, each with its limit where it has one: how
// late and how busy the generator was, and whether everything that was measured is here.

import { formatCount, formatDuration } from "../base/units.ts";
import { CELL_KIND, COUNTER, GAUGE } from "../stats/cell.ts";
import { GENERATOR_LIMIT, generatorLimitUs } from "../stats/generator-limit.ts";
import { Histogram } from "../stats/histogram.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import type { MeasurementRow } from "./detail-types.ts";
import { formatPercent, plural } from "./figures.ts";
import type { CountsModel, TurretModel } from "./types.ts";

export interface MeasurementParts {
  readonly results: Pick<Results, "origin" | "malformed">;
  readonly totals: readonly StoredTotal[];
  readonly counts: CountsModel;
  readonly turrets: readonly TurretModel[];
  /** Of the headline's clock. */
  readonly p50Us: number;
}

/** Empty for an old file, which kept none of this. */
export function measurementRows(parts: MeasurementParts): MeasurementRow[] {
  if (parts.results.origin === "old") return [];
  return [
    lateness(parts),
    lag(parts),
    dropped(parts),
    notSent(parts),
    busy(parts),
    missing(parts),
    unfinished(parts),
    clocks(parts),
    malformed(parts),
  ].flatMap((row) => row ?? []);
}

function find(parts: MeasurementParts, kind: StoredTotal["kind"], name: string) {
  return parts.totals.find((total) => total.kind === kind && total.name === name);
}

function sumOf(parts: MeasurementParts, name: string): number {
  return find(parts, CELL_KIND.counter, name)?.sum ?? 0;
}

function p99Of(total: StoredTotal): number {
  const histogram = total.histogram;
  return histogram === undefined ? 0 : Histogram.fromPayload(histogram).percentile(99);
}

function limitNote(parts: MeasurementParts): string {
  const share = GENERATOR_LIMIT.share * 100;
  return (
    `the limit is ${share} % of the median (${formatDuration(parts.p50Us)}), ` +
    `at least ${formatDuration(GENERATOR_LIMIT.floorUs)}`
  );
}

function lateness(parts: MeasurementParts): MeasurementRow | undefined {
  const total = find(parts, CELL_KIND.lateness, "");
  if (total === undefined || total.count === 0) return undefined;
  const queued = sumOf(parts, COUNTER.late);
  const started = sumOf(parts, COUNTER.started);
  const isOfLoad = queued > started * GENERATOR_LIMIT.queuedShare;
  return {
    ...timed(parts, total),
    what: "Starts late, 99 %",
    ...(isOfLoad
      ? {
          state: "info" as const,
          limit: "",
          note: `${formatCount(queued)} arrivals found all cannons busy: that is the load's lateness`,
        }
      : {}),
  };
}

function lag(parts: MeasurementParts): MeasurementRow | undefined {
  const total = find(parts, CELL_KIND.lag, "");
  if (total === undefined || total.count === 0) return undefined;
  return { ...timed(parts, total), what: "Generator's loop stood still, 99 %" };
}

function timed(parts: MeasurementParts, total: StoredTotal): Omit<MeasurementRow, "what"> {
  const p99Us = p99Of(total);
  const limitUs = generatorLimitUs(parts.p50Us);
  const highest = `highest ${formatDuration(total.max)}`;
  if (total.count < GENERATOR_LIMIT.samplesMin) {
    const few = `of ${plural(total.count, "sample")}: too few to judge by; ${highest}`;
    return { value: formatDuration(p99Us), limit: "", state: "info", note: few };
  }
  return {
    value: formatDuration(p99Us),
    limit: formatDuration(limitUs),
    state: p99Us > limitUs ? "bad" : "good",
    note: `${highest}; ${limitNote(parts)}`,
  };
}

function dropped(parts: MeasurementParts): MeasurementRow {
  const lost = sumOf(parts, COUNTER.dropped);
  const planned = sumOf(parts, COUNTER.started) + lost;
  return counted("Planned transactions dropped", lost, `of ${formatCount(planned)} planned`);
}

function notSent(parts: MeasurementParts): MeasurementRow {
  const names = [" too-many-files", " no-free-ports"];
  const count = parts.totals
    .filter(({ kind, name }) => {
      return kind === CELL_KIND.status && names.some((end) => name.endsWith(end));
    })
    .reduce((sum, total) => sum + total.count, 0);
  return counted("Requests that could not be sent", count, "no free port, or no file to open");
}

function busy(parts: MeasurementParts): MeasurementRow | undefined {
  const total = find(parts, CELL_KIND.gauge, GAUGE.cpuPercent);
  if (total === undefined || total.count === 0) return undefined;
  return {
    what: "Busiest thread's CPU",
    value: formatPercent(total.max),
    limit: "",
    state: "info",
    note:
      `of one core, in its busiest second; ${formatPercent(total.sum / total.count)} ` +
      "on average. No limit: a busy core that answers in time measures well",
  };
}

function missing({ counts }: MeasurementParts): MeasurementRow | undefined {
  const { total } = counts;
  if (total === undefined) return undefined;
  const unreceived = counts.rows.reduce(
    (sum, row) => sum + Math.max(0, (row.sent ?? row.received) - row.received),
    0,
  );
  return counted(
    "Samples missing",
    unreceived + total.lost,
    `${formatCount(total.counted)} counted; ${formatCount(unreceived)} sent and not received, ` +
      `${formatCount(total.lost)} lost on turrets`,
  );
}

function unfinished({ counts }: MeasurementParts): MeasurementRow | undefined {
  if (counts.total === undefined) return undefined;
  return {
    what: "Unfinished at the end",
    value: formatCount(counts.total.unfinished),
    limit: "",
    state: "info",
    note: "given up after the grace; counted apart, in no duration",
  };
}

function clocks({ turrets }: MeasurementParts): MeasurementRow | undefined {
  const known = turrets.filter((turret) => turret.clockOffsetUs !== undefined);
  if (known.length === 0) return undefined;
  const most = Math.max(...known.map((turret) => Math.abs(turret.clockOffsetUs ?? 0)));
  return {
    what: "Clocks of turrets and HQ apart",
    value: `± ${formatDuration(most)}`,
    limit: "",
    state: "info",
    note: "at most, of any turret. It shifts seconds against each other, never a duration",
  };
}

function malformed({ results }: MeasurementParts): MeasurementRow {
  const count = results.malformed().counts.reduce((sum, kind) => sum + kind.count, 0);
  const row = counted("Malformed messages", count, "in no figure; kept as they came");
  return { ...row, limit: "", state: "info" };
}

function counted(what: string, count: number, note: string): MeasurementRow {
  return { what, value: formatCount(count), limit: "0", state: count > 0 ? "bad" : "good", note };
}
