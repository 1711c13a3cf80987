// Thresholds in words: what a run must keep to. One text is one threshold:
//
//   threshold  = subject comparison limit [ [","] "abort" [ "after" duration ] ]
//   subject    = measure                      of all transactions
//              | timer ":" measure            of a named timer
//              | "check" name                 share of passed evaluations
//              | "count of" name              what a script, or oct, has counted
//   measure    = mean | avg | average | min | max | median | med | pN | errors | rate | count
//   comparison = "<" | "<=" | ">" | ">=" | "=" | "=="
//   limit      = duration with its unit (us, ms, s, m, h)     mean, min, max, median, pN
//              | number "%"                                   errors, check
//              | number                                       errors, count, count of
//              | number [ "/s" | "/min" | "/h" ]              rate
//
//   p95 < 500ms        Echo service: p99 <= 300ms       errors < 1%, abort after 10s
//   rate >= 100/s      check logged in > 99%            count of logins >= 10
//
// pN is a percentile, p50 to p99.9 or any other above 0 to 100; p(95) reads as p95. Names are as
// recorded; one that would be misread is quoted as in JSON: "a: p95": max < 1s. The last comparison and
// the last colon before a measure are the ones that count. A duration is what response time says where
// the timer has one (it was due at an instant), and service time otherwise. `abort` ends the run when
// the threshold fails, `after` not before that time from the start. What a run only reaches with time,
// a rate or a count of at least something, has to say after what time.

import { clip, UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { parseDurationUs } from "../base/units.ts";

export type Comparison = "<" | "<=" | ">" | ">=" | "=";

/** What limit and measured value count: microseconds, percent, a second, or things. */
export type ThresholdUnit = "us" | "percent" | "per_second" | "count";

export type Measure =
  | {
      readonly kind: "duration";
      readonly statistic: "mean" | "min" | "max" | "percentile";
      /** Of a percentile, above 0 to 100; 0 otherwise. */
      readonly percent: number;
    }
  | { readonly kind: "errors" | "rate" | "count" | "check" | "counter" };

export interface Threshold {
  /** As written, without what follows `abort`. */
  readonly text: string;
  readonly measure: Measure;
  /** Of the timer, check or counter; "" is all transactions. */
  readonly name: string;
  readonly comparison: Comparison;
  readonly limit: number;
  readonly unit: ThresholdUnit;
  /** Ends the run when it fails. */
  readonly isAborting: boolean;
  /** From the start, before which it ends nothing. */
  readonly afterUs: number;
}

export const THRESHOLD_LIMIT = {
  /** Characters of one. */
  text: 1_000,
  /** Thresholds of a run. */
  count: 200,
} as const;

/** A text that is no threshold: what is wrong, and at which character of it. */
export class ThresholdMistake extends UsageError {
  readonly reason: string;
  readonly offset: number;

  constructor(text: string, offset: number, reason: string, hint?: string) {
    super(`${reason}\n${caretLines(text, offset)}`, { hint });
    this.reason = reason;
    this.offset = offset;
  }
}

const EXAMPLES = 'e.g. "p95 < 500ms", "Login: p99 <= 2s", "errors < 1%", "rate >= 100/s"';
const PLAIN = ["mean", "avg", "average", "min", "max", "median", "med", "errors", "rate", "count"];
const PERCENTILE = /^p(?:\((\d{1,3}(?:\.\d{1,6})?)\)|(\d{1,3}(?:\.\d{1,6})?))$/;
const OPERATOR = /<=|>=|==|<|>|=|≤|≥/g;
const NUMBER = /^\d{1,15}(\.\d{1,9})?$/;
const ABORT = /(?:\s*,\s*|\s+)abort(?:\s+after\b\s*(.*))?$/is;
const GROUPED = /^\d[\d,_ ]*[a-zµ%/ ]*$/i;
const OTHER_UNITS = /[a-zµ%/]/i;
const PER: Readonly<Record<string, number>> = { "": 1, "/s": 1, "/min": 60, "/m": 60, "/h": 3_600 };

/** Longer than any run; no timer measures more than an hour. */
const DURATION_MAX_US = 366 * 24 * 3_600 * 1e6;
const LINE_SHOWN = 100;
const WORD_SHOWN = 60;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

// What moves the cursor or turns the direction of writing would move the caret too.
function shown(text: string): string {
  return text.replace(INVISIBLE, " ");
}

function word(text: string): string {
  return `"${clip(shown(text), WORD_SHOWN)}"`;
}

// A long text is shown around the place; wide characters take two cells.
function caretLines(text: string, offset: number): string {
  const from = text.length <= LINE_SHOWN ? 0 : Math.max(0, offset - LINE_SHOWN / 2);
  const line = shown(text.slice(from, from + LINE_SHOWN));
  const cells = Bun.stringWidth(shown(text.slice(from, offset)));
  return `    ${line}\n    ${" ".repeat(cells)}^`;
}

/** A stretch of the text: where it starts, and its characters without blanks around them. */
interface Part {
  readonly text: string;
  readonly at: number;
}

function part(source: string, from: number, to: number): Part {
  const raw = source.slice(from, to);
  return { text: raw.trim(), at: from + (raw.length - raw.trimStart().length) };
}

/** Reads a threshold; throws ThresholdMistake. */
export function parseThreshold(source: string): Threshold {
  if (source.length > THRESHOLD_LIMIT.text) {
    const most = THRESHOLD_LIMIT.text;
    throw new ThresholdMistake(source, most, `a threshold has at most ${most} characters`);
  }
  const reader = new Reader(source);
  if (source.trim() === "") throw reader.mistake(0, "the threshold is empty", EXAMPLES);
  const operator = reader.operator();
  const subject = reader.subject(operator.at);
  const rest = source.slice(operator.end);
  const abort = ABORT.exec(rest.trimEnd());
  const limitEnd = operator.end + (abort === null ? rest.length : abort.index);
  const limit = reader.limit(part(source, operator.end, limitEnd), subject.measure);
  const { comparison } = operator;
  if (comparison === "=" && (subject.measure.kind === "duration" || limit.unit === "per_second")) {
    throw reader.mistake(operator.at, "a time or a rate is never exactly something", "< <= > >=");
  }
  const afterText = abort?.[1];
  const afterAt = limitEnd + (abort?.[0].length ?? 0) - (afterText?.length ?? 0);
  const threshold = {
    text: source.slice(0, limitEnd).trim(),
    ...subject,
    comparison,
    ...limit,
    isAborting: abort !== null,
    afterUs: afterText === undefined ? 0 : reader.duration({ text: afterText, at: afterAt }),
  };
  const reason = abortMistake(threshold);
  if (reason !== undefined) throw reader.mistake(limitEnd, reason, "abort after 1m");
  return threshold;
}

/** Why this threshold can not end a run; undefined where it can, or need not. */
export function abortMistake(threshold: Threshold): string | undefined {
  const { isAborting, afterUs, unit, comparison, limit } = threshold;
  const grows = unit === "count" || unit === "per_second";
  const isBelowAtFirst =
    comparison === ">" || ((comparison === ">=" || comparison === "=") && limit > 0);
  if (!isAborting || afterUs > 0 || !grows || !isBelowAtFirst) return undefined;
  return "every run begins below this: abort needs to know after what time";
}

type Subject = Pick<Threshold, "measure" | "name">;

class Reader {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  mistake(offset: number, reason: string, hint?: string): ThresholdMistake {
    return new ThresholdMistake(this.#source, offset, reason, hint);
  }

  operator(): { readonly comparison: Comparison; readonly at: number; readonly end: number } {
    const last = [...this.#source.matchAll(OPERATOR)].at(-1);
    if (last === undefined) {
      const end = this.#source.trimEnd().length;
      throw this.mistake(end, "there is no comparison: < <= > >= or =", EXAMPLES);
    }
    const [sign] = last;
    const comparison = { "≤": "<=", "≥": ">=", "==": "=" }[sign] ?? sign;
    return {
      comparison: comparison as Comparison,
      at: last.index,
      end: last.index + sign.length,
    };
  }

  subject(end: number): Subject {
    const whole = part(this.#source, 0, end);
    if (whole.text === "") throw this.mistake(whole.at, "nothing is compared", EXAMPLES);
    const colon = this.#source.lastIndexOf(":", end - 1);
    const after = colon === -1 ? undefined : part(this.#source, colon + 1, end);
    const ofTimer = after === undefined ? undefined : this.#measure(after);
    if (ofTimer !== undefined) {
      return { measure: ofTimer, name: this.#name(part(this.#source, 0, colon), "timer") };
    }
    const counted = /^(check|count\s+of)(?:\s|$)/i.exec(whole.text);
    if (counted !== null) {
      const name = part(this.#source, whole.at + (counted[1] as string).length, end);
      const isCheck = (counted[1] as string).toLowerCase() === "check";
      const measure = { kind: isCheck ? "check" : "counter" } as const;
      return { measure, name: this.#name(name, isCheck ? "check" : "counter") };
    }
    const measure = after === undefined ? this.#measure(whole) : undefined;
    if (measure !== undefined) return { measure, name: "" };
    throw this.#unknownMeasure(after ?? whole);
  }

  #measure({ text, at }: Part): Measure | undefined {
    const measure = text.toLowerCase();
    const percentile = PERCENTILE.exec(measure);
    if (percentile !== null) {
      const percent = Number(percentile[1] ?? percentile[2]);
      if (percent > 0 && percent <= 100) {
        return { kind: "duration", statistic: "percentile", percent };
      }
      throw this.mistake(at + 1, `there is no percentile ${percent}`, "above 0 and up to 100");
    }
    switch (measure) {
      case "mean":
      case "avg":
      case "average":
        return { kind: "duration", statistic: "mean", percent: 0 };
      case "min":
      case "max":
        return { kind: "duration", statistic: measure, percent: 0 };
      case "median":
      case "med":
        return { kind: "duration", statistic: "percentile", percent: 50 };
      case "errors":
      case "rate":
      case "count":
        return { kind: measure };
      default:
        return undefined;
    }
  }

  #unknownMeasure({ text, at }: Part): ThresholdMistake {
    if (text === "") return this.mistake(at, "there is no measure after the colon", EXAMPLES);
    const close = nearest(text.toLowerCase(), [...PLAIN, "p95", "p99"]);
    const lastWord = /\S+$/.exec(text)?.[0] ?? "";
    if (close === undefined && lastWord !== text && this.#isMeasure(lastWord)) {
      const name = text.slice(0, text.length - lastWord.length).trim();
      const hint = `did you mean ${word(`${name}: ${lastWord}`)}?`;
      return this.mistake(at + name.length, "a colon stands between a timer and its measure", hint);
    }
    const hint = close === undefined ? `${PLAIN.join(", ")}, pN` : `did you mean ${close}?`;
    return this.mistake(at, `${word(text)} is nothing that is measured`, hint);
  }

  #isMeasure(word: string): boolean {
    return PERCENTILE.test(word.toLowerCase()) || PLAIN.includes(word.toLowerCase());
  }

  #name({ text, at }: Part, what: string): string {
    const name = text.startsWith('"') ? this.#quoted(text, at) : text;
    if (name === "") throw this.mistake(at, `the ${what} has no name`);
    return name;
  }

  #quoted(text: string, at: number): string {
    try {
      const name: unknown = JSON.parse(text);
      if (typeof name === "string") return name;
    } catch {
      // Told below: what stands there is no text of JSON.
    }
    throw this.mistake(at, "this name is quoted, and the quotes do not close as in JSON");
  }

  limit(given: Part, measure: Measure): Pick<Threshold, "limit" | "unit"> {
    if (given.text === "") throw this.mistake(given.at, "there is no limit to compare with");
    const comma = GROUPED.test(given.text) ? -1 : given.text.indexOf(",");
    if (comma !== -1) {
      const hint = '", abort" or ", abort after 10s"';
      throw this.mistake(given.at + comma, "only abort may follow the limit", hint);
    }
    switch (measure.kind) {
      case "duration":
        return { limit: this.duration(given), unit: "us" };
      case "check":
        return { limit: this.#percent(given), unit: "percent" };
      case "errors":
        return given.text.endsWith("%")
          ? { limit: this.#percent(given), unit: "percent" }
          : { limit: this.#number(given), unit: "count" };
      case "rate":
        return { limit: this.#rate(given), unit: "per_second" };
      case "count":
      case "counter":
        return { limit: this.#number(given), unit: "count" };
    }
  }

  duration({ text, at }: Part): number {
    if (text === "") throw this.mistake(at, "there is no time after this", "abort after 10s");
    const durationUs = parseDurationUs(text);
    if (durationUs !== undefined && durationUs > DURATION_MAX_US) {
      throw this.mistake(at, "a year is the longest time there is");
    }
    if (durationUs !== undefined && OTHER_UNITS.test(text)) return durationUs;
    if (durationUs !== undefined) {
      const hint = `${text}ms or ${text}s`;
      throw this.mistake(at + text.length, "a duration needs its unit", hint);
    }
    throw this.mistake(at, `${word(text)} is not a duration`, "500ms, 1.5s, 250us, 2m");
  }

  #percent({ text, at }: Part): number {
    if (!text.endsWith("%")) {
      throw this.mistake(at + text.length, "this is a share: it needs %", `${text}%`);
    }
    const percent = this.#number({ text: text.slice(0, -1).trimEnd(), at });
    if (percent <= 100) return percent;
    throw this.mistake(at, "a share is at most 100 %");
  }

  #rate({ text, at }: Part): number {
    const slash = text.indexOf("/");
    const number = slash === -1 ? text : text.slice(0, slash).trimEnd();
    const unit = slash === -1 ? "" : text.slice(slash).replace(/\s+/g, "").toLowerCase();
    const seconds = Object.hasOwn(PER, unit) ? PER[unit] : undefined;
    if (seconds !== undefined) return this.#number({ text: number, at }) / seconds;
    throw this.mistake(at + slash, `${word(unit)} is not a unit of rates`, "/s, /min or /h");
  }

  #number({ text, at }: Part): number {
    if (NUMBER.test(text)) return Number(text);
    const hint = /^\d[\d,_ ]*$/.test(text) ? "without separators, such as 10000" : undefined;
    throw this.mistake(at, `${word(text)} is not a number that fits here`, hint);
  }
}
