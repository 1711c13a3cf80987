// The load that a finished run was asked for, in words, from the configuration that its results keep.

import { isJsonObject, type JsonObject } from "../base/json.ts";
import { loadInWords } from "../config/load-words.ts";
import { loadOf } from "../config/turret-load.ts";

export interface AskedRun {
  readonly config: JsonObject | undefined;
  readonly runTimeUs: number | undefined;
  readonly turrets: number;
}

/** A line for each definition; none where the file does not say, or says what oct does not know. */
export function askedInWords({ config, runTimeUs, turrets }: AskedRun): string[] {
  const definitions = config?.["turrets"];
  if (!Array.isArray(definitions) || runTimeUs === undefined) return [];
  const known = definitions.filter(isJsonObject);
  const served = Math.max(1, Math.floor(turrets / Math.max(1, known.length)));
  return known.flatMap((definition) => {
    const [words] = linesOf(definition, { runTimeUs, served });
    if (words === undefined) return [];
    return known.length === 1 ? [words] : [`${String(definition["name"] ?? "")}: ${words}`];
  });
}

function linesOf(
  definition: JsonObject,
  { runTimeUs, served }: { readonly runTimeUs: number; readonly served: number },
): string[] {
  try {
    return loadInWords({ load: loadOf(definition, runTimeUs), runTimeUs, turrets: served });
  } catch {
    // A newer or an older oct may have written it; the summary goes without.
    return [];
  }
}
