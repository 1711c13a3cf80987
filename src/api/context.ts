// What a thread and its cannons hand in to the script module: nothing here knows a thread.

import type { Clock } from "../base/clock.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
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
  /** Adds to a counter, outside of any cannon. */
  count?(name: string, amount: number): void;
  /** A sample of a value, outside of any cannon. */
  gauge?(name: string, value: number): void;
  /** One evaluation of a check, outside of any cannon. */
  check?(name: string, isOk: boolean): void;
  /**
   * The result of `run` by whoever of the scope asked first; it is in the context under `name` too.
   * A run that failed is tried again by the next who asks.
   */
  once?(scope: OnceScope, name: string, run: () => Promise<JsonValue>): Promise<JsonValue>;
  /** Row numbers that nobody else of the run gets, for transactions that have no number of it. */
  leaseRows?(feed: FeedFacts): Promise<RowRange>;
}

/** Among whom something happens only once. */
export type OnceScope = "turret" | "run";

/** What decides about the order of rows. */
export interface FeedFacts {
  readonly name: string;
  readonly rowCount: number;
  readonly order: FeedOrder;
}
export type FeedOrder = "sequential" | "shuffled" | "unique";

/** Row numbers from `first` up to but not including `end`. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
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
  /** Changes from one transaction of this cannon to the next. */
  readonly transactionNumber?: number;
  /** The next transaction is due so long after the (intended) start of this one, not before. */
  pace?(periodUs: number): void;
  /**
   * Number of this transaction's row: pass * rowCount + row, so that 0 to rowCount - 1 are the first
   * pass over the data. Undefined where the transaction has no number in the run.
   */
  dataRow?(feed: FeedFacts): number | undefined;
  /** This cannon starts no further transaction, and the one that runs is not counted as an error. */
  retire?(): void;
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
let folders: readonly string[] = [];

/** Gives the script module of this thread its surroundings; `dataFolders` is where files are. */
export function installThread(host: ThreadHost, dataFolders: readonly string[] = []): void {
  thread = host;
  folders = dataFolders;
}

/** Folders where a script's data files are: its own first, then the project's. */
export function dataFolders(): readonly string[] {
  return folders;
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
