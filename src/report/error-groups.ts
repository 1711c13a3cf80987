// Errors whose texts differ only in numbers and ids are one error that came often. What is replaced by
// "#": UUIDs, hexadecimal ids, numbers. A status code is no such number: 503 and 404 stay apart.

import { clip } from "../base/errors.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { Results, StoredError } from "../store/results.ts";
import type { ErrorGroupModel } from "./detail-types.ts";
import { countsOverTime } from "./over-time.ts";
import { type Column, REPORT_LIMIT } from "./types.ts";

export const ERROR_GROUP_LIMIT = {
  groups: 200,
  examples: 3,
  /** Texts whose times are read, over all groups: each is a look into the file. */
  timedTexts: 200,
} as const;

const UUID = /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi;
const HEX = /\b(?:0x[\da-f]+|(?=[a-z]*\d)[\da-f]{8,})\b/gi;
const NUMBER = /\d+(?:[.,:]\d+)*/g;
/** What a status code stands after, or before. */
const CODE_AFTER =
  /(?:\b(?:answered|answer|status|code|http|returned|got|responded|with)\b\S*|:)\s*$/i;
const CODE_BEFORE = /^\s+(?:[A-Z][a-z]+|OK\b)/;

/** `text` with "#" for what makes it differ from others of its kind. */
export function errorPattern(text: string): string {
  return text
    .replace(UUID, "#")
    .replace(HEX, "#")
    .replace(NUMBER, (number, at: number, whole: string) =>
      isStatusCode(number, whole.slice(Math.max(0, at - 24), at), whole.slice(at + number.length))
        ? number
        : "#",
    );
}

function isStatusCode(number: string, before: string, after: string): boolean {
  if (!/^[1-5]\d\d$/.test(number)) return false;
  return CODE_AFTER.test(before) || CODE_BEFORE.test(after.slice(0, 24));
}

export function errorGroups(
  results: Results,
  spanS: number,
): { errorGroups: ErrorGroupModel[]; errorGroupsTotal: number } {
  const groups = new Map<string, StoredError[]>();
  let all = 0;
  for (const error of results.errors()) {
    const pattern = errorPattern(error.text);
    const group = groups.get(pattern);
    if (group === undefined) groups.set(pattern, [error]);
    else group.push(error);
    all += error.count;
  }
  const counted = [...groups]
    .map(([pattern, errors]) => ({ pattern, errors, count: sum(errors) }))
    .sort((a, b) => b.count - a.count);
  let left: number = ERROR_GROUP_LIMIT.timedTexts;
  return {
    errorGroups: counted.slice(0, ERROR_GROUP_LIMIT.groups).map(({ pattern, errors, count }) => {
      const isTimed = errors.length <= left;
      if (isTimed) left -= errors.length;
      return {
        text: clip(errors.length === 1 ? (errors[0] as StoredError).text : pattern, CLIP),
        examples: errors
          .slice(0, ERROR_GROUP_LIMIT.examples)
          .map((error) => ({ text: clip(error.text, CLIP), count: error.count })),
        textsTotal: errors.length,
        count,
        percent: all === 0 ? 0 : (count / all) * 100,
        firstSecond: Math.min(...errors.map((error) => error.firstSecond)),
        lastSecond: Math.max(...errors.map((error) => error.lastSecond)),
        overTime: isTimed ? timesOf(results, errors, spanS) : undefined,
      };
    }),
    errorGroupsTotal: counted.length,
  };
}

const CLIP = REPORT_LIMIT.errorText;

function sum(errors: readonly StoredError[]): number {
  return errors.reduce((total, error) => total + error.count, 0);
}

function timesOf(results: Results, errors: readonly StoredError[], spanS: number): Column {
  const intervals = errors.flatMap((error) => results.intervals(CELL_KIND.error, error.text));
  return countsOverTime(intervals, spanS);
}
