// What a thread and its cannons hand in to the script module: nothing here knows a thread.

import type { Clock } from "../base/clock.ts";
import type { JsonObject } from "../base/json.ts";
import type { Random } from "../base/random.ts";
import type { HttpSession } from "./session.ts";

/** The same for all scripts of a thread. */
export interface ThreadHost {
  readonly clock: Clock;
  /** Aborted when transactions in flight are given up. */
  readonly signal: AbortSignal;
  /** Never early; rejects when `signal` is aborted. */
  sleep(durationUs: number): Promise<void>;
  readonly config: JsonObject;
  /** The same object for the whole run; its keys change with the HQ's orders. */
  readonly context: JsonObject;
  readonly random: Random;
  /** What script code runs now, for `resume`. */
  suspend(): number;
  /** Notes that the script code that called `suspend` goes on running. */
  resume(mark: number): void;
}

/** One cannon's. */
export interface CannonHost {
  readonly thread: ThreadHost;
  /** Number of the cannon in its turret, from 0. */
  readonly index: number;
  readonly turretName: string;
  readonly http: HttpSession;
  readonly random: Random;
  /** A named timer begins; what is returned goes back into `endTimer`. */
  beginTimer(name: string): TimerMark;
  endTimer(mark: TimerMark, isError: boolean): void;
  /** A duration that was measured elsewhere, under a timer's name. */
  recordTimer(name: string, durationUs: number, isError: boolean): void;
  /** Adds to a counter. */
  count(name: string, amount: number): void;
  /** A sample of a value. */
  gauge(name: string, value: number): void;
  /** One evaluation of a check. */
  check(name: string, isOk: boolean): void;
  /** Makes the transaction an error of this text, unless it has one already; it goes on. */
  fail(text: string): void;
  /** Calls `dispose` when the cannon is closed; what is returned takes that back. */
  onClose(dispose: () => void): () => void;
}

/** A running timer. */
export interface TimerMark {
  readonly name: string;
  readonly startUs: number;
  /** The transaction it began in, and the timer around it. */
  readonly transaction: number;
  readonly slot: number;
  readonly outerSlot: number;
}

let thread: ThreadHost | undefined;
let building: CannonHost | undefined;

/** Gives the script module of this thread its surroundings. */
export function installThread(host: ThreadHost): void {
  thread = host;
}

/** The thread that runs the script; throws where there is none. */
export function currentThread(): ThreadHost {
  if (thread === undefined) throw new Error('"oct" works only in a script that oct runs');
  return thread;
}

/** Runs `construct` so that a Transaction made in it belongs to `host`. */
export function withHost<T>(host: CannonHost, construct: () => T): T {
  const outer = building;
  building = host;
  try {
    return construct();
  } finally {
    building = outer;
  }
}

/** The cannon that a Transaction is being made for. */
export function currentCannon(): CannonHost {
  if (building === undefined) {
    throw new Error("oct makes the transactions, one for each cannon: do not construct them");
  }
  return building;
}
