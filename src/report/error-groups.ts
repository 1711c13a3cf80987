// Errors whose texts differ only in numbers and ids are one error that came often.

import { clip } from "../base/errors.ts";
import { CELL_KIND } from "../stats/cell.ts";
import { errorPattern } from "../stats/error-pattern.ts";
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
