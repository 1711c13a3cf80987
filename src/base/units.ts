// Text units, parsed and printed in one place. Inside the program a duration is whole microseconds.

export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;

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
  if (!Number.isFinite(durationUs)) return "–";
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
  if (!Number.isFinite(ratePerSec)) return "–";
  if (ratePerSec >= 100) return `${formatCount(ratePerSec)}/s`;
  return `${ratePerSec.toFixed(ratePerSec >= 10 ? 1 : 2)}/s`;
}
