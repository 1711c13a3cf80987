// What a stock OCT HQ and its turrets said to each other, as it was seen on the wire.

import { readFileSync } from "node:fs";
import path from "node:path";

interface Captured {
  readonly link: string;
  readonly dir: string;
  readonly kind: string;
  readonly frames: readonly string[];
}

const messages: readonly Captured[] = readFileSync(
  path.resolve(import.meta.dir, "../fixtures/oct-wire-capture.jsonl"),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Captured)
  .filter((line) => line.kind === "message");

function framesOf(link: string): string[] {
  return messages.filter((line) => line.link === link).map((line) => line.frames[0] as string);
}

/** Order frames of the HQ, one for each subscriber. */
export const capturedOrders: readonly string[] = framesOf("pub");

/** Statuses of stock turrets. */
export const capturedStatuses: readonly string[] = framesOf("rc").filter((text) =>
  text.includes('"status"'),
);

/** Results of stock turrets. */
export const capturedResults: readonly string[] = framesOf("rc").filter(
  (text) => !text.includes('"status"'),
);

/** JSON as Python's json.dumps writes it. */
export function asPython(text: string): string {
  let isText = false;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character === '"' && text[i - 1] !== "\\") isText = !isText;
    out += !isText && (character === ":" || character === ",") ? `${character} ` : character;
  }
  return out;
}
