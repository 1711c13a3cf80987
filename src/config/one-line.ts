// Text from outside for one line of a terminal: what would move the cursor or turn the direction of
// writing is replaced, character by character so that columns stay, and the rest is cut.

import { clip } from "../base/errors.ts";

const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu;

/** `text` on one line of at most `limit` characters. */
export function oneLine(text: string, limit = 100): string {
  return clip(text, limit).replace(UNPRINTABLE, "·");
}
