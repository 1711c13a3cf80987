// The seconds of a run that are still coming in. Turrets send about once a second and not at once, so a
// second is told when it is some seconds old. What comes for it later is told with the next one: every
// value is told once, and all that is told adds up to the run.

import type { Batch } from "../stats/batch.ts";
import { CELL_KIND, type Cell, type CellKind, isOwnName, OTHER_NAME } from "../stats/cell.ts";
import { type CellTotal, NamedTally } from "../stats/tally.ts";

export const WINDOW_LIMIT = {
  /** How old a second is when it is told. */
  settleS: 3,
  /** Seconds ahead of the one that is told; later ones are counted in the last of them. */
  aheadS: 30,
  /** Names of each kind in one second; further ones are merged under OTHER_NAME. */
  names: 1_000,
} as const;

/** Kinds that are told second by second. */
const KINDS: readonly CellKind[] = [
  CELL_KIND.timer,
  CELL_KIND.response,
  CELL_KIND.counter,
  CELL_KIND.gauge,
  CELL_KIND.check,
  CELL_KIND.status,
];

/** What came of one second. */
export class ToldSecond {
  readonly second: number;
  readonly #tallies: readonly Map<string, NamedTally>[];

  constructor(second: number) {
    this.second = second;
    this.#tallies = KINDS.map(() => new Map());
  }

  /** In the order in which they came. */
  of(kind: CellKind): readonly CellTotal[] {
    return [...(this.#tallies[KINDS.indexOf(kind)]?.values() ?? [])];
  }

  find(kind: CellKind, name: string): CellTotal | undefined {
    return this.#tallies[KINDS.indexOf(kind)]?.get(name);
  }

  add(cell: Cell): void {
    const tallies = this.#tallies[KINDS.indexOf(cell.kind)];
    if (tallies === undefined) return;
    const known = tallies.get(cell.name);
    if (known !== undefined) return known.merge(cell);
    const isTooMany = tallies.size >= WINDOW_LIMIT.names && !isOwnName(cell.name);
    const name = isTooMany ? OTHER_NAME : cell.name;
    const tally = tallies.get(name) ?? new NamedTally(cell.kind, name);
    tallies.set(name, tally);
    tally.merge(cell);
  }
}

export class SecondWindow {
  readonly #seconds = new Map<number, ToldSecond>();
  #next = 0;

  add(batch: Batch): void {
    for (const cell of batch.cells) this.#at(cell.second).add(cell);
  }

  /** All seconds that are old enough at `nowS` seconds of the run, in order; empty ones too. */
  settled(nowS: number): ToldSecond[] {
    return this.#take(Math.floor(nowS) - WINDOW_LIMIT.settleS);
  }

  /** Whatever is left, at the end of the run. */
  rest(): ToldSecond[] {
    return this.#take(Math.max(-1, ...this.#seconds.keys()));
  }

  #take(last: number): ToldSecond[] {
    const taken: ToldSecond[] = [];
    for (; this.#next <= last; this.#next++) {
      taken.push(this.#seconds.get(this.#next) ?? new ToldSecond(this.#next));
      this.#seconds.delete(this.#next);
    }
    return taken;
  }

  #at(second: number): ToldSecond {
    const held = Math.min(this.#next + WINDOW_LIMIT.aheadS, Math.max(this.#next, second));
    let found = this.#seconds.get(held);
    if (found === undefined) {
      found = new ToldSecond(held);
      this.#seconds.set(held, found);
    }
    return found;
  }
}
