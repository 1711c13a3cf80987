// The thresholds of a run that is over, read again from the copy of its configuration. The copy hides
// secrets, and may be of another oct: what can not be read is told, and never taken for a pass.

import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { REDACTED } from "../base/redact.ts";
import { parseThreshold, THRESHOLD_LIMIT, type Threshold, ThresholdMistake } from "./threshold.ts";

export interface StoredThreshold {
  readonly text: string;
  /** Undefined where the copy does not say what it was. */
  readonly threshold: Threshold | undefined;
}

export function storedThresholds(config: JsonObject | undefined): StoredThreshold[] {
  const list = config?.["thresholds"];
  if (!Array.isArray(list)) return [];
  return (list as JsonValue[]).slice(0, THRESHOLD_LIMIT.count).map(readOne);
}

function readOne(item: JsonValue): StoredThreshold {
  const given = isJsonObject(item) ? item["threshold"] : item;
  if (typeof given !== "string") return { text: JSON.stringify(item), threshold: undefined };
  if (given.includes(REDACTED)) return { text: given, threshold: undefined };
  try {
    const parsed = parseThreshold(given);
    const abort = isJsonObject(item) ? item["abort"] : undefined;
    const isAborting = typeof abort === "boolean" ? abort : parsed.isAborting;
    return { text: parsed.text, threshold: { ...parsed, isAborting } };
  } catch (thrown) {
    if (!(thrown instanceof ThresholdMistake)) throw thrown;
    return { text: given, threshold: undefined };
  }
}
