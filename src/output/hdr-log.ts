// Latencies as an HdrHistogram log, format 1.3: what its tools plot and merge. A line is the histogram
// of one interval; the tag names the timer, transactions of the headline have none. Values are
// microseconds, the maximum of a line is milliseconds.

import { deflateSync } from "node:zlib";
import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import type { Results, StoredInterval, StoredTotal } from "../store/results.ts";

export const HDR_LIMIT = {
  /** Timers with a line for each interval: the busiest. Of others one line is the whole run. */
  timers: 25,
} as const;

const V2_COMPRESSED_COOKIE = 0x1c849304 | 0x10;
const HEADER_BYTES = 8;

/** The whole log; undefined where the file has no histograms. */
export function renderHdrLog(results: Results): string | undefined {
  if (results.origin === "old") return undefined;
  const totals = results.totals();
  const find = (kind: CellKind) =>
    totals.find((total) => total.kind === kind && total.name === "" && total.count > 0);
  const response = find(CELL_KIND.response);
  const named = totals.filter(({ kind, name }) => kind === CELL_KIND.timer && name !== "");
  const busiest = new Set([...named].sort((a, b) => b.count - a.count).slice(0, HDR_LIMIT.timers));
  const startS = (results.facts.startWallMs ?? 0) / 1000;
  const spanS = (results.facts.durationUs ?? 0) / 1e6;
  const lines = [
    ...seriesLines(results, response ?? find(CELL_KIND.timer), ""),
    ...(response === undefined ? [] : seriesLines(results, find(CELL_KIND.timer), "service time")),
    ...named.flatMap((total) =>
      busiest.has(total)
        ? seriesLines(results, total, total.name)
        : logLine({ tag: total.name, startS: 0, lengthS: spanS, of: total }),
    ),
  ];
  return `${[
    `#[Logged with oct ${results.facts.octVersion ?? ""}]`,
    "#[Histogram log format version 1.3]",
    `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${new Date(startS * 1000).toUTCString()}]`,
    `#[BaseTime: ${startS.toFixed(3)} (seconds since epoch)]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines,
  ].join("\n")}\n`;
}

function seriesLines(results: Results, total: StoredTotal | undefined, tag: string): string[] {
  if (total === undefined) return [];
  const lengthS = results.facts.baseIntervalS;
  return results
    .intervals(total.kind, total.name)
    .flatMap((interval) => logLine({ tag, startS: interval.second, lengthS, of: interval }));
}

interface LogLine {
  readonly tag: string;
  readonly startS: number;
  readonly lengthS: number;
  readonly of: Pick<StoredInterval, "count" | "max" | "histogram">;
}

function logLine({ tag, startS, lengthS, of }: LogLine): string[] {
  if (of.count === 0 || of.histogram === undefined) return [];
  const shownTag = tag === "" ? "" : `Tag=${safeTag(tag)},`;
  const encoded = compressedHistogram(Histogram.fromPayload(of.histogram));
  return [
    `${shownTag}${startS.toFixed(3)},${lengthS.toFixed(3)},${(of.max / 1000).toFixed(3)},${encoded}`,
  ];
}

/** HdrHistogram's V2 encoding, compressed, as base64. */
export function compressedHistogram(histogram: Histogram): string {
  const packed = deflateSync(histogram.encodeV2());
  const bytes = Buffer.alloc(HEADER_BYTES + packed.length);
  bytes.writeUInt32BE(V2_COMPRESSED_COOKIE, 0);
  bytes.writeUInt32BE(packed.length, 4);
  bytes.set(packed, HEADER_BYTES);
  return bytes.toString("base64");
}

// Commas, blanks and ends of lines would end a tag: they are written as in URLs, so that no two names
// become one.
function safeTag(name: string): string {
  return name
    .toWellFormed()
    .replace(/[\u0000- %,"\u007f\u2028\u2029]/g, (found) => encodeURIComponent(found));
}
