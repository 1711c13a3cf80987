// The base of every script's transaction class.

import type { Random } from "../base/random.ts";
import { US_PER_S } from "../base/units.ts";
import {
  addTo,
  type CheckOptions,
  type Counter,
  checkAll,
  checkOne,
  isPredicates,
  type Predicates,
  sampleOf,
} from "./checks.ts";
import { type CannonHost, currentCannon } from "./context.ts";
import type { HttpSession } from "./session.ts";
import type { TcpOptions } from "./socket-options.ts";
import { openTcp, type TcpConnection } from "./sockets.ts";
import { NO_TAGS, type Tags } from "./tags.ts";
import { Timer, timed } from "./timers.ts";
import { openUdp, type UdpOptions, type UdpSocket } from "./udp.ts";
import type { JsonMap } from "./values.ts";
import { sleepFor, type ThinkTime, thinkSeconds } from "./waiting.ts";
import { openWebSocket, type WebSocketConnection, type WebSocketOptions } from "./websocket.ts";

/**
 * What a cannon repeats. Each cannon makes one object of your class and calls `setup`, `run` and
 * `tearDown` again and again until the run ends; only `run` is the transaction's time.
 *
 * @example
 * export class Buyer extends Transaction {
 *   async run() {
 *     const page = await this.http.get(`${this.config.target}/`);
 *     this.check("home is 200", page.status === 200);
 *   }
 * }
 */
export abstract class Transaction {
  /**
   * This turret's configuration: `name`, `cannons` and every key of your own.
   *
   * @example const url = `${this.config.target}/cart`;
   */
  readonly config: JsonMap;
  /**
   * What the HQ shares with all turrets; it may change during the run.
   *
   * @example if (this.context.isSale) await this.http.get(saleUrl);
   */
  readonly context: JsonMap;
  /**
   * Seconds by timer name, kept in the result of this transaction, as in OCT. Emptied before each
   * transaction.
   *
   * @example this.custom_timers["render"] = 0.25;
   */
  custom_timers: Record<string, number> = {};
  /**
   * Until you change them: timers, checks, counters and gauges of this cannon count under their name
   * and, for each tag, once more under `name{key:value}`. Eight tags at most.
   *
   * @example this.tags = { plan: this.random.pick(["free", "gold"]) };
   */
  tags: Tags = NO_TAGS;
  readonly #host: CannonHost;

  /** A class of your own may leave the constructor out, or take one or both arguments. */
  constructor(config?: JsonMap, context?: JsonMap) {
    this.#host = currentCannon();
    this.config = config ?? this.#host.thread.config;
    this.context = context ?? this.#host.thread.context;
  }

  /**
   * Before each `run`; not timed. What it throws is the transaction's error.
   *
   * @example setup() { this.basket = []; }
   */
  setup?(): unknown;

  /**
   * The transaction. What it throws is the transaction's error; the cannon goes on.
   *
   * @example async run() { await this.http.get(`${this.config.target}/`); }
   */
  abstract run(): unknown;

  /**
   * After each `run`, also one that threw; not timed.
   *
   * @example async tearDown() { await this.http.post(`${this.config.target}/logout`); }
   */
  tearDown?(): unknown;

  /**
   * OCT's spelling of `tearDown`.
   *
   * @example tear_down() { this.basket = []; }
   */
  tear_down?(): unknown;

  /**
   * Measured HTTP on connections of this cannon's own.
   *
   * @example const page = await this.http.get("http://localhost:8080/");
   */
  get http(): HttpSession {
    return this.#host.http;
  }

  /**
   * Loads' name of `this.http`.
   *
   * @example const page = await this.session.get("http://localhost:8080/");
   */
  get session(): HttpSession {
    return this.#host.http;
  }

  /**
   * Random numbers of this cannon: the same in every run with the same seed.
   *
   * @example const item = this.random.integer(1, 1000);
   */
  get random(): Random {
    return this.#host.random;
  }

  /**
   * This virtual user. `index` counts from 0 within the turret.
   *
   * @example const account = `user${this.cannon.index}`;
   */
  get cannon(): { readonly index: number } {
    return { index: this.#host.index };
  }

  /**
   * The turret that this cannon belongs to.
   *
   * @example if (this.turret.name === "browsing") await this.http.get(url);
   */
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
    const tags = this.tags;
    return run === undefined
      ? new Timer(this.#host, name, tags)
      : timed(this.#host, name, run, tags);
  }

  /**
   * Several checks of one value; true if all hold.
   *
   * @example this.check(page, { "status is 200": (one) => one.status === 200 });
   */
  check<T>(value: T, predicates: Predicates<T>, options?: CheckOptions): boolean;
  /**
   * Counts a check that holds or does not, and returns which. With `{ fail: true }` a check that does
   * not hold makes the transaction an error.
   *
   * @example this.check("has a cart", page.text().includes("cart"), { fail: true });
   */
  check(name: string, ok: unknown, options?: CheckOptions): boolean;
  check(first: unknown, second: unknown, options?: CheckOptions): boolean {
    const host = this.#host;
    let failed = "";
    if (isPredicates(second)) failed = checkAll(host, first, second, this.tags);
    else if (!checkOne(host, first as string, second, this.tags)) failed = first as string;
    if (failed !== "" && options?.fail === true) host.fail(`check failed: ${failed}`);
    return failed === "";
  }

  /**
   * Adds to a counter of your own, one where nothing is said.
   *
   * @example this.count("items sold", 3);
   */
  count(name: string, amount = 1): void {
    addTo(this.#host, name, amount, this.tags);
  }

  /**
   * A counter of your own.
   *
   * @example this.counter("items sold").add(3);
   */
  counter(name: string): Counter {
    return { add: (amount = 1) => addTo(this.#host, name, amount, this.tags) };
  }

  /**
   * A sample of a value of your own; its mean and range are shown by second.
   *
   * @example this.gauge("queue length", answer.json().waiting);
   */
  gauge(name: string, value: number): void {
    sampleOf(this.#host, name, value, this.tags);
  }

  /**
   * Makes the transaction an error of this text, unless it has one already; it goes on. To end it at
   * once, throw.
   *
   * @example if (page.json().stock < 0) this.fail("negative stock");
   */
  fail(text: string): void {
    this.#host.fail(String(text) || "failed");
  }

  /**
   * Waits as a person does: fixed seconds, or as long as a distribution says. The same waits in every
   * run with the same seed.
   *
   * @example await this.think({ uniform: [1, 3] });
   * @example await this.think({ exponential: 2 });
   * @example await this.think({ normal: [2, 0.5] });
   */
  think(time: ThinkTime): Promise<void> {
    try {
      return sleepFor(this.#host.thread, thinkSeconds(time, this.#host.random));
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * The next transaction of this cannon starts so many seconds after this one did, or at once where
   * this one took longer. Say it in every transaction; it does not wait itself.
   *
   * @example this.pace(10);
   */
  pace(seconds: number): void {
    if (!(seconds >= 0 && Number.isFinite(seconds))) {
      throw new RangeError(`pace takes seconds from 0, not ${String(seconds)}`);
    }
    if (this.#host.pace === undefined) throw new Error("cannons of this turret keep no pace");
    this.#host.pace(seconds * US_PER_S);
  }

  /**
   * Connects a WebSocket; measured under "WS connect", its requests under "WS round trip". It may be
   * kept in a field for later transactions, and is closed with the cannon at the latest.
   *
   * @example
   * await using chat = await this.webSocket("wss://localhost:8443/chat", { protocols: ["v1"] });
   * const answer = await chat.request("hello", { match: (text) => text !== "ping" });
   */
  webSocket(url: string, options?: WebSocketOptions): Promise<WebSocketConnection> {
    return openWebSocket(this.#host, url, options);
  }

  /**
   * Connects a TCP socket, with TLS if asked; measured under "TCP connect".
   *
   * @example
   * using mail = await this.tcp({ host: "localhost", port: 2525 });
   * const greeting = await mail.readLine();
   */
  tcp(options: TcpOptions): Promise<TcpConnection> {
    return openTcp(this.#host, options);
  }

  /**
   * Opens a UDP socket towards one peer.
   *
   * @example
   * using dns = await this.udp({ host: "127.0.0.1", port: 5353 });
   * dns.send(question);
   * const answer = await dns.receive({ timeout: 1 });
   */
  udp(options: UdpOptions): Promise<UdpSocket> {
    return openUdp(this.#host, options);
  }

  /** The cannon of a transaction, for what works on one; not for scripts. */
  static hostOf(transaction: Transaction): CannonHost {
    return transaction.#host;
  }
}

/**
 * OCT's name of `Transaction`.
 *
 * @example export class Buyer extends BaseTransaction { async run() {} }
 */
export const BaseTransaction = Transaction;

/**
 * OCT's spelling of `this.timer(name)`.
 *
 * @example using timer = new CustomTimer(this, "home");
 */
export class CustomTimer implements Disposable, AsyncDisposable {
  readonly #timer: Timer;

  constructor(transaction: Transaction, name: string) {
    this.#timer = new Timer(Transaction.hostOf(transaction), name, transaction.tags);
  }

  /**
   * Ends the timer; a second call does nothing.
   *
   * @example timer.stop();
   */
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

/** Methods of a transaction that need no `this` in function scripts. */
const BOUND = [
  "timer",
  "check",
  "count",
  "counter",
  "gauge",
  "fail",
  "think",
  "pace",
  "webSocket",
  "tcp",
  "udp",
] as const;

/** Members that a class of its own is lent where it does not define them. */
export const LENT_MEMBERS = [
  ...BOUND,
  "http",
  "session",
  "random",
  "cannon",
  "turret",
  "config",
  "context",
  "tags",
] as const;

/** The members that a function script is called with; its methods need no `this`. */
export class FunctionTransaction extends Transaction {
  readonly #run: (transaction: Transaction) => unknown;

  constructor(run: (transaction: Transaction) => unknown) {
    super();
    this.#run = run;
    for (const name of BOUND) {
      const method: unknown = Function.prototype.bind.call(this[name], this);
      Object.defineProperty(this, name, { value: method });
    }
  }

  run(): unknown {
    return this.#run(this);
  }
}
