// How figures are written, everywhere: terminal and page print through these, so that they agree to the
// digit. Durations are milliseconds with three places of meaning, in tables under a heading "ms".

import { formatCount, formatDuration } from "../base/units.ts";

export { formatMs, formatPercent, formatPerSec } from "../base/units.ts";

const NONE = "–";

/** A count that may be unknown. */
export function formatMaybe(count: number | undefined): string {
  return count === undefined ? NONE : formatCount(count);
}

/** A level that may be unknown: one place below 10, whole from there. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  return value < 9.95 && value % 1 !== 0 ? value.toFixed(1) : formatCount(Math.round(value));
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
