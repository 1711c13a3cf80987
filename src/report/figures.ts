// How figures are written, everywhere: terminal and page print through these, so that they agree to the
// digit. Durations are milliseconds with three places of meaning, in tables under a heading "ms".

import { formatCount, formatDuration } from "../base/units.ts";

const NONE = "–";

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

/** A count that may be unknown. */
export function formatMaybe(count: number | undefined): string {
  return count === undefined ? NONE : formatCount(count);
}

/** Local time as OCT prints it: `YYYY-MM-DD HH:MM:SS`. */
export function formatWall(wallMs: number | undefined): string {
  if (wallMs === undefined || !Number.isFinite(wallMs)) return NONE;
  const date = new Date(wallMs);
  if (Number.isNaN(date.getTime())) return NONE;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Time since the start of the run: `0:05`, `12:30`, `1:02:03`; `-0:02` before it. */
export function formatElapsed(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const clock = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${seconds < 0 ? "-" : ""}${clock}:${two(whole % 60)}`;
}

/** How long something took, for people: `15 s`, `2.5 s`, `1m 30s`. */
export function formatSpan(durationUs: number): string {
  return durationUs < 59_995_000
    ? `${Number((durationUs / 1e6).toFixed(2))} s`
    : formatDuration(durationUs);
}

/** `1 turret`, `2 turrets`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

// Marks that turn the direction of text or hide: they are spelled out wherever outside text is shown.
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text from outside with what would not show, or would move what shows, made visible. */
export function printable(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(CONTROL, (found) => {
      const code = found.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : spelled(found);
    })
    .replace(INVISIBLE, spelled)
    .toWellFormed();
}

/** `printable` on one line. */
export function oneLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, " ↵ ")
    .replace(/\t/g, " ")
    .trim();
}

function spelled(found: string): string {
  return `<U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
