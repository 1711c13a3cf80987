// Text units, parsed and printed in one place. Inside the program a duration is whole microseconds.

export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;

/** Where there is no figure. */
const NONE = "–";

const DURATION_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: US_PER_MS,
  s: US_PER_S,
  m: 60 * US_PER_S,
  min: 60 * US_PER_S,
  h: 3600 * US_PER_S,
};

const DURATION_PART = /(\d+(?:\.\d+)?)\s*(us|µs|ms|s|min|m|h)/gy;

/**
 * Microseconds of a text such as `30s`, `1m30s`, `250ms`, `1.5h`; a bare number is seconds.
 * Undefined when the text is not a duration.
 */
export function parseDurationUs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * US_PER_S);
  DURATION_PART.lastIndex = 0;
  let totalUs = 0;
  let end = 0;
  for (let part = DURATION_PART.exec(trimmed); part; part = DURATION_PART.exec(trimmed)) {
    totalUs += Number(part[1]) * (DURATION_UNITS[part[2] as string] as number);
    end = DURATION_PART.lastIndex;
  }
  return end === 0 || end !== trimmed.length ? undefined : Math.round(totalUs);
}

/** A duration for people: `1.24 ms`, `850 us`, `2.50 s`, `1m 30s`, `2h 05m`. */
export function formatDuration(durationUs: number): string {
  if (!Number.isFinite(durationUs)) return NONE;
  const us = Math.abs(durationUs);
  const sign = durationUs < 0 ? "-" : "";
  if (us < 1000) return `${sign}${Math.round(us)} us`;
  if (us < 10_000) return `${sign}${(us / 1000).toFixed(2)} ms`;
  if (us < 999_500) return `${sign}${(us / 1000).toFixed(us < 100_000 ? 1 : 0)} ms`;
  if (us < 59_995_000) return `${sign}${(us / US_PER_S).toFixed(2)} s`;
  const seconds = Math.round(us / US_PER_S);
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  if (minutes < 60) return `${sign}${minutes}m ${rest}s`;
  return `${sign}${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** A size for people, in decimal units: `512 B`, `1.2 kB`, `64.0 MB`. */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${Math.round(sizeBytes)} B`;
  let value = sizeBytes;
  let unit = "B";
  for (const next of ["kB", "MB", "GB", "TB"]) {
    if (value < 999.95) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** A whole number with thin groups of three: `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A rate per second with three significant places where small: `0.25/s`, `12.3/s`, `4,906/s`. */
export function formatRate(ratePerSec: number): string {
  if (!Number.isFinite(ratePerSec)) return NONE;
  if (ratePerSec >= 100) return `${formatCount(ratePerSec)}/s`;
  return `${ratePerSec.toFixed(ratePerSec >= 10 ? 1 : 2)}/s`;
}

/** Milliseconds without their unit: `0.123`, `1.24`, `12.4`, `124`, `12,400`. */
export function formatMs(durationUs: number | undefined): string {
  if (durationUs === undefined || !Number.isFinite(durationUs)) return NONE;
  const ms = durationUs / 1000;
  const size = Math.abs(ms);
  if (size === 0) return "0";
  if (size < 0.9995) return ms.toFixed(3);
  if (size < 9.995) return ms.toFixed(2);
  if (size < 99.95) return ms.toFixed(1);
  return formatCount(ms);
}

/** A rate without its unit: `0.25`, `12.3`, `4,906`. */
export function formatPerSec(ratePerSec: number | undefined): string {
  if (ratePerSec === undefined || !Number.isFinite(ratePerSec)) return NONE;
  if (ratePerSec >= 99.95) return formatCount(ratePerSec);
  if (ratePerSec === 0) return "0";
  return ratePerSec.toFixed(ratePerSec >= 9.995 ? 1 : 2);
}

/** A share: `0 %`, `0.02 %`, `12.5 %`; what is not nothing never reads as nothing. */
export function formatPercent(percent: number): string {
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "< 0.01 %";
  if (percent >= 99.995) return percent >= 100 ? "100 %" : "> 99.99 %";
  return `${percent.toFixed(percent < 9.995 ? 2 : 1)} %`;
}
