// The key `thresholds`: what a run must keep to, each a text in the words of stats/threshold.ts, or an
// object that says beside it whether the run ends when it fails:
//
//   "thresholds": ["p95 < 500ms", { "threshold": "errors < 1%", "abort": true, "after": "10s" }]

import { isJsonObject, type JsonValue } from "../base/json.ts";
import {
  abortMistake,
  parseThreshold,
  THRESHOLD_LIMIT,
  type Threshold,
  ThresholdMistake,
} from "../stats/threshold.ts";
import type { Issue } from "./issue.ts";
import type { JsonPath } from "./jsonc.ts";
import { FieldReader, type Places } from "./reader.ts";

const KEYS = ["threshold", "abort", "after"];
const HINT = '"p95 < 500ms", or { "threshold": "errors < 1%", "abort": true, "after": "10s" }';

interface Context {
  readonly places: Places;
  readonly issues: Issue[];
}

/** All thresholds; what is wrong goes to the context's issues. */
export function readThresholds(value: JsonValue | undefined, context: Context): Threshold[] {
  if (value === undefined) return [];
  const { places, issues } = context;
  if (!Array.isArray(value) || value.length > THRESHOLD_LIMIT.count) {
    const text = `thresholds must be a list of at most ${THRESHOLD_LIMIT.count}`;
    issues.push(places.issue(["thresholds"], text, HINT));
    return [];
  }
  return value.flatMap((item: JsonValue, index) => {
    const threshold = readOne(item, ["thresholds", index], context);
    return threshold === undefined ? [] : [threshold];
  });
}

function readOne(item: JsonValue, at: JsonPath, context: Context): Threshold | undefined {
  const { places, issues } = context;
  if (typeof item === "string") return parseAt(item, at, context);
  if (!isJsonObject(item) || typeof item["threshold"] !== "string") {
    issues.push(places.issue(at, "a threshold is a text, or an object with one", HINT));
    return undefined;
  }
  const unknown = Object.keys(item).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    issues.push(places.issue([...at, unknown], `a threshold has no key ${unknown}`, HINT));
  }
  const fields = new FieldReader(item, at, places, issues);
  const parsed = parseAt(item["threshold"], [...at, "threshold"], context);
  const isAborting = fields.boolean("abort", parsed?.isAborting ?? false);
  const afterUs = fields.durationUs("after", parsed?.afterUs ?? 0);
  if (parsed === undefined) return undefined;
  const threshold = { ...parsed, isAborting, afterUs };
  const reason = abortMistake(threshold);
  if (reason !== undefined) issues.push(places.issue(at, reason, '"after": "1m"'));
  return threshold;
}

// The caret stands at the mistake itself where the text is written in the file as it is.
function parseAt(text: string, at: JsonPath, { places, issues }: Context): Threshold | undefined {
  try {
    return parseThreshold(text);
  } catch (thrown) {
    if (!(thrown instanceof ThresholdMistake)) throw thrown;
    const issue = places.issue(at, thrown.reason, thrown.hint);
    const isPlain = JSON.stringify(text) === `"${text}"`;
    const inside = issue.offset === undefined || !isPlain ? 0 : 1 + thrown.offset;
    const offset = issue.offset === undefined ? undefined : issue.offset + inside;
    issues.push({ ...issue, offset });
    return undefined;
  }
}
