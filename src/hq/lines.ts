// Lines for people. Names and texts in them come from other machines, so what steers a terminal is
// made visible, and lines that outsiders can cause at will are shown up to a limit of each kind.

import { oneLine } from "../config/one-line.ts";
import type { LineKind } from "./core.ts";

const LINE_LENGTH_MAX = 1_000;
const LINES_OF_A_KIND = 200;

export class Lines {
  readonly #write: (text: string) => void;
  readonly #counts = new Map<LineKind, number>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    this.#write(oneLine(text, LINE_LENGTH_MAX));
  }

  sayOf(kind: LineKind, text: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    if (count > LINES_OF_A_KIND) return;
    this.#counts.set(kind, count);
    this.say(count < LINES_OF_A_KIND ? text : `${text} (further lines like this are not shown)`);
  }
}
