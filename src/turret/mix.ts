// The scripts of a turret and which of them a transaction is: one alone, or several by weight.

import { hashUnit, weightedPlace } from "../base/random.ts";
import type { MixPart } from "../config/load-model.ts";
import type { Script } from "./script.ts";

/** Stream of the draws that choose scripts; apart from those of schedules and cannons. */
const MIX_STREAM = 0x31_15;

export class Mix {
  readonly #scripts: readonly Script[];
  readonly #parts: readonly MixPart[];

  /** `parts` are empty for a script alone; otherwise one for each script. */
  constructor(scripts: readonly Script[], parts: readonly MixPart[]) {
    this.#scripts = scripts;
    this.#parts = parts;
  }

  get isMixed(): boolean {
    return this.#scripts.length > 1;
  }

  /** Place of the script of transaction `k` of the run, the same whoever fires it. */
  numbered(seed: number, k: number): number {
    return this.drawn(hashUnit(seed, k, MIX_STREAM));
  }

  /** Place of the script for a draw from [0, 1). */
  drawn(unit: number): number {
    return weightedPlace(this.#parts, unit);
  }

  at(place: number): Script {
    return this.#scripts[place] as Script;
  }

  /** What a script's transactions are timed under besides; "" for a script alone. */
  nameAt(place: number): string {
    return this.#parts[place]?.script ?? "";
  }
}
