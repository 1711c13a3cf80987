// Parts of the report's model that go into the depth of a run: spread of latency, requests, checks,
// errors in groups, turrets over time, the measurement itself.

import type { Column, Figures } from "./columns.ts";

/** Counts by time and latency. Band b is from 10^(b / perDecade) to 10^((b + 1) / perDecade) us. */
export interface HeatModel {
  readonly stepS: number;
  readonly perDecade: number;
  readonly firstBand: number;
  readonly bands: number;
  /** Of each step, the count in each band. */
  readonly columns: readonly (readonly number[])[];
  /** The highest count of a cell. */
  readonly most: number;
}

/** Percentiles at 100 - 100 / 10^(i / perDecade) for i from 0, until the slowest value is reached. */
export interface DistributionModel {
  readonly perDecade: number;
  readonly valuesUs: readonly number[];
}

/** Both clocks on one chart: columns of the same step. */
export interface ClocksModel {
  readonly stepS: number;
  readonly responseP50: Column;
  readonly responseP99: Column;
  readonly serviceP50: Column;
  readonly serviceP99: Column;
}

/** What the generator had at once, on average over each step. */
export interface LoadModel {
  readonly stepS: number;
  readonly cannons: Column;
  readonly inFlight: Column;
}

export interface StatusModel {
  /** `METHOD code`, or `METHOD kind` where no answer came. */
  readonly name: string;
  readonly count: number;
  /** Of all requests. */
  readonly percent: number;
  readonly errorCount: number;
  readonly isError: boolean;
  /** Requests over the run; undefined for the many. */
  readonly overTime: Column | undefined;
}

export interface PhaseModel {
  readonly name: string;
  readonly figures: Figures;
}

export interface SlowModel {
  readonly atS: number;
  readonly name: string;
  readonly status: string;
  readonly isError: boolean;
  readonly turret: string;
  readonly durationUs: number;
  readonly phases: readonly { readonly name: string; readonly us: number }[];
}

export interface CheckModel {
  readonly name: string;
  readonly count: number;
  readonly passed: number;
  readonly failed: number;
  readonly passedPercent: number;
}

/** Errors whose texts differ only in numbers and ids. */
export interface ErrorGroupModel {
  /** The text where it is one, otherwise what they share with `#` for what differs. */
  readonly text: string;
  /** Texts as they were, the most frequent first; the first few. */
  readonly examples: readonly { readonly text: string; readonly count: number }[];
  readonly textsTotal: number;
  readonly count: number;
  readonly percent: number;
  readonly firstSecond: number;
  readonly lastSecond: number;
  readonly overTime: Column | undefined;
}

export interface TurretChartsModel {
  /** Safe as an anchor. */
  readonly id: string;
  readonly name: string;
  readonly stepS: number;
  readonly cpuPercent: Column;
  /** Milliseconds in charts, as all times there. */
  readonly lagUs: Column;
  readonly sockets: Column;
  readonly inFlight: Column;
  readonly cannons: Column;
  readonly memoryMb: Column;
  readonly waitingBatches: Column;
  readonly batchesPerSec: Column;
  readonly transactionsPerSec: Column;
  readonly cpuMean: number | undefined;
  readonly cpuMax: number | undefined;
  readonly lagMaxUs: number | undefined;
  readonly socketsMax: number | undefined;
  readonly inFlightMax: number | undefined;
  readonly memoryMax: number | undefined;
  readonly batches: number | undefined;
}

/** One number behind the verdict on the measurement. */
export interface MeasurementRow {
  readonly what: string;
  readonly value: string;
  /** "" where there is none. */
  readonly limit: string;
  readonly state: "good" | "bad" | "info";
  readonly note: string;
}

/** Something that was done or said while the run went. */
export interface MarkModel {
  readonly atS: number;
  readonly kind: "note" | "control";
  readonly text: string;
}

export interface DetailModel {
  readonly clocks: ClocksModel | undefined;
  readonly load: LoadModel | undefined;
  readonly statuses: readonly StatusModel[];
  readonly statusesTotal: number;
  readonly requests: number;
  readonly phases: readonly PhaseModel[];
  readonly slowest: readonly SlowModel[];
  readonly checks: readonly CheckModel[];
  readonly checksTotal: number;
  readonly errorGroups: readonly ErrorGroupModel[];
  readonly errorGroupsTotal: number;
  readonly turretCharts: readonly TurretChartsModel[];
  /** Turrets whose numbers over time are known. */
  readonly turretChartsTotal: number;
  readonly measurement: readonly MeasurementRow[];
  readonly marks: readonly MarkModel[];
}
