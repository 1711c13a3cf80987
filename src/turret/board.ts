// What the threads of one turret agree on while they fire, in memory that they share: how many of the
// common iterations are taken, and how many users have ended each step of the cycles.
//
//   i64 0         iterations taken by all threads
//   i32 from 8    users that ended step s in thread t, at 2 + s x threads + t
//
// Each thread stores its own numbers, so one that is replaced goes on where it was.

import type { LoadModel } from "../config/load-model.ts";

const TAKEN = 0;
const FIRST = 2;
/** Users of a thread that was given up: nobody waits for it. */
const NOBODY = 2 ** 30;

/** Steps that the threads of a load have to agree on. */
export function stepsOf(load: LoadModel): number {
  return load.model.kind === "closed" ? load.model.cycles.length : 0;
}

export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly #taken: BigInt64Array;
  readonly #ended: Int32Array;
  readonly #threads: number;
  readonly #steps: number;

  constructor(
    shape: { readonly threads: number; readonly steps: number },
    buffer = new SharedArrayBuffer(8 * Math.ceil((FIRST + shape.threads * shape.steps) / 2)),
  ) {
    this.buffer = buffer;
    this.#threads = shape.threads;
    this.#steps = shape.steps;
    this.#taken = new BigInt64Array(buffer, 0, 1);
    this.#ended = new Int32Array(buffer);
  }

  /** The next iteration of all threads together, from 0. */
  takeIteration(): number {
    return Number(Atomics.add(this.#taken, TAKEN, 1n));
  }

  /** One more user of `thread` has ended `step`. */
  endUser(step: number, thread: number): void {
    Atomics.add(this.#ended, this.#at(step, thread), 1);
  }

  endedIn(step: number, thread: number): number {
    return Atomics.load(this.#ended, this.#at(step, thread));
  }

  /** Users of all threads that have ended `step`. */
  endedUsers(step: number): number {
    let users = 0;
    for (let thread = 0; thread < this.#threads; thread++) users += this.endedIn(step, thread);
    return users;
  }

  /** Nobody waits for this thread any more. */
  giveUp(thread: number): void {
    for (let step = 0; step < this.#steps; step++) {
      Atomics.store(this.#ended, this.#at(step, thread), NOBODY);
    }
  }

  #at(step: number, thread: number): number {
    return FIRST + step * this.#threads + thread;
  }
}
