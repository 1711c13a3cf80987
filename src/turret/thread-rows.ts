// Rows of data files for the transactions of one thread. A transaction that has a number in the run
// has its row by that number, whoever fires it. Others take the next of the thread's own numbers:
// every (turrets x threads)-th, so that no two threads of the run ever take the same.

import type { FeedFacts, RowRange } from "../api/context.ts";
import { sequentialRow, shuffledRow } from "../pace/row.ts";
import { type Share, sharedItem, shareWithin } from "../pace/share.ts";
import type { TurretPlace } from "../protocol/messages.ts";
import type { ThreadState } from "./thread-state.ts";

export class ThreadRows {
  readonly #seed: number;
  readonly #isNumbered: boolean;
  readonly #thread: Share;
  readonly #state: ThreadState;
  readonly #positions = new Map<string, number>();
  readonly #firstPosition: number;
  #place: TurretPlace = { index: 0, parts: 1, definitionIndex: 0, definitionParts: 1 };

  constructor(options: {
    readonly seed: number;
    /** Transactions are numbered over all turrets, and not by each turret for itself. */
    readonly isNumbered: boolean;
    readonly thread: Share;
    readonly state: ThreadState;
    /** Numbers that earlier threads in this place may have taken of a feed. */
    readonly taken: number;
  }) {
    this.#seed = options.seed;
    this.#isNumbered = options.isNumbered;
    this.#thread = options.thread;
    this.#state = options.state;
    this.#firstPosition = options.taken;
  }

  begin(place: TurretPlace): void {
    this.#place = place;
  }

  /** pass * rows + row of transaction `k`; undefined where it has no number in the run. */
  numbered(k: number, feed: FeedFacts): number | undefined {
    const { index, parts } = this.#place;
    if (Number.isNaN(k) || parts === 0) return undefined;
    return this.#ordered(this.#isNumbered ? k : k * parts + index, feed);
  }

  /** The next number that nobody else gets. Throws for a turret that came after the start. */
  lease(feed: FeedFacts): RowRange {
    const { index, parts } = this.#place;
    if (parts === 0 && feed.order === "unique") {
      throw new Error(`this turret came after the start: no unique rows of ${feed.name} are left`);
    }
    const position = this.#positions.get(feed.name) ?? this.#firstPosition;
    this.#positions.set(feed.name, position + 1);
    this.#state.rows = Math.max(this.#state.rows, position + 1);
    const share = shareWithin({ index, parts: Math.max(1, parts) }, this.#thread);
    const first = this.#ordered(sharedItem(position, share), feed);
    return { first, end: first + 1 };
  }

  #ordered(number: number, feed: FeedFacts): number {
    const { rowCount, order } = feed;
    if (order !== "shuffled" || rowCount === 0) return number;
    const pass = number - sequentialRow(number, rowCount);
    return pass + shuffledRow(number, { rows: rowCount, seed: this.#seed });
  }
}
