// Names and error texts come from scripts and from the network: before one is kept it is made valid
// Unicode and cut to its limit of bytes.

import { STATS_LIMIT } from "./cell.ts";

const encoder = new TextEncoder();
const scratch = new Uint8Array(STATS_LIMIT.textBytes);

/** `text` as it is kept: well-formed, at most STATS_LIMIT.textBytes bytes of UTF-8. */
export function keptText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (wellFormed.length * 3 <= STATS_LIMIT.textBytes) return wellFormed;
  const { read } = encoder.encodeInto(wellFormed, scratch);
  return wellFormed.slice(0, read);
}
