// The base of every script's transaction class.

import type { Random } from "../base/random.ts";
import { type CannonHost, currentCannon } from "./context.ts";
import type { HttpSession } from "./session.ts";
import { Timer, timed } from "./timers.ts";

/** A value of the project's configuration or of the shared context: whatever JSON holds. */
export type Json = ReturnType<typeof JSON.parse>;

/** Keys of the configuration or the context. */
export interface JsonMap {
  readonly [key: string]: Json;
}

/**
 * What a cannon repeats. Each cannon makes one object of your class and calls `setup`, `run` and
 * `tearDown` again and again until the run ends; only `run` is the transaction's time.
 *
 * @example
 * export class Buyer extends Transaction {
 *   async run() {
 *     const page = await this.http.get(`${this.config.target}/`);
 *     if (page.status !== 200) throw new Error(`home page answered ${page.status}`);
 *   }
 * }
 */
export abstract class Transaction {
  /** This turret's configuration: `name`, `cannons` and every key of your own. */
  readonly config: JsonMap;
  /** What the HQ shares with all turrets; it may change during the run. */
  readonly context: JsonMap;
  /**
   * Seconds by timer name, kept in the result of this transaction, as in OCT. Emptied before each
   * transaction.
   *
   * @example this.custom_timers["render"] = 0.25;
   */
  custom_timers: Record<string, number> = {};
  readonly #host: CannonHost;

  /** A class of your own may leave the constructor out, or take one or both arguments. */
  constructor(config?: JsonMap, context?: JsonMap) {
    this.#host = currentCannon();
    this.config = config ?? this.#host.thread.config;
    this.context = context ?? this.#host.thread.context;
  }

  /** Before each `run`; not timed. What it throws is the transaction's error. */
  setup?(): unknown;

  /** The transaction. What it throws is the transaction's error; the cannon goes on. */
  abstract run(): unknown;

  /** After each `run`, also one that threw; not timed. */
  tearDown?(): unknown;

  /** OCT's spelling of `tearDown`. */
  tear_down?(): unknown;

  /** Measured HTTP on connections of this cannon's own. */
  get http(): HttpSession {
    return this.#host.http;
  }

  /** Random numbers of this cannon: the same in every run with the same seed. */
  get random(): Random {
    return this.#host.random;
  }

  /** This virtual user. `index` counts from 0 within the turret. */
  get cannon(): { readonly index: number } {
    return { index: this.#host.index };
  }

  /** The turret that this cannon belongs to. */
  get turret(): { readonly name: string } {
    return { name: this.#host.turretName };
  }

  /**
   * Measures `run`, which may be async, under `name`, also when it throws. A name may be used
   * several times in one transaction: every time counts.
   *
   * @example const page = await this.timer("home", () => this.http.get(url));
   */
  timer<T>(name: string, run: () => T): T;
  /**
   * Measures until the end of the block.
   *
   * @example using checkout = this.timer("checkout");
   */
  timer(name: string): Timer;
  timer<T>(name: string, run?: () => T): T | Timer {
    return run === undefined ? new Timer(this.#host, name) : timed(this.#host, name, run);
  }

  /** A timer of this transaction, for CustomTimer. */
  static timerOf(transaction: Transaction, name: string): Timer {
    return new Timer(transaction.#host, name);
  }
}

/** OCT's name of `Transaction`. */
export const BaseTransaction = Transaction;

/**
 * OCT's spelling of `this.timer(name)`.
 *
 * @example using timer = new CustomTimer(this, "home");
 */
export class CustomTimer implements Disposable, AsyncDisposable {
  readonly #timer: Timer;

  constructor(transaction: Transaction, name: string) {
    this.#timer = Transaction.timerOf(transaction, name);
  }

  stop(): void {
    this.#timer.stop();
  }

  [Symbol.dispose](): void {
    this.#timer.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop();
  }
}

/** The members that a function script is called with; `timer` needs no `this`. */
export class FunctionTransaction extends Transaction {
  readonly #run: (transaction: Transaction) => unknown;

  constructor(run: (transaction: Transaction) => unknown) {
    super();
    this.#run = run;
    this.timer = this.timer.bind(this);
  }

  run(): unknown {
    return this.#run(this);
  }
}
