// One virtual user: makes its transaction object once and fires setup, run, tearDown when told. Timing
// as in OCT: only `run` is the transaction's time (scriptrun_time), its end (elapsed, epoch) is after
// tearDown. Whatever throws, where ever, is that transaction's error; the cannon lives.

import {
  type CannonHost,
  type FeedFacts,
  type ThreadHost,
  type TimerMark,
  withHost,
} from "../api/context.ts";
import { HttpSession } from "../api/session.ts";
import { isThenable } from "../api/timers.ts";
import { errorText } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { US_PER_S } from "../base/units.ts";
import type { UserAgent } from "../config/load-model.ts";
import type { Network } from "../config/network.ts";
import type { HttpError } from "../http/errors.ts";
import { Pool, type PoolObserver, type PoolOptions } from "../http/pool.ts";
import type { ProxyEnv } from "../http/proxy.ts";
import type { PreparedRequest } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import { randomOf } from "../pace/row.ts";
import { COUNTER } from "../stats/cell.ts";
import type { Mix } from "./mix.ts";
import type { Gun } from "./scheduler.ts";
import type { ScriptTransaction } from "./script.ts";
import type { ThreadRecorder } from "./thread-recorder.ts";
import type { ThreadRows } from "./thread-rows.ts";
import { PHASE, type Phase, type ThreadState } from "./thread-state.ts";
import { agentOf } from "./user-agent.ts";

/** A constructor that fails is tried again after so long, twice as long each time. */
const BACKOFF_US_MIN = 100_000;
const BACKOFF_US_MAX = 5_000_000;

/** Stream of random numbers of a cannon; apart from those of schedules. */
const CANNON_STREAM = 0x0c_a0;
const THINK_STREAM = 0x71_17;

/** What all cannons of a thread share. */
export interface CannonThread {
  readonly host: ThreadHost;
  readonly recorder: ThreadRecorder;
  readonly rows: ThreadRows;
  readonly state: ThreadState;
  readonly mix: Mix;
  readonly userAgents: readonly UserAgent[];
  readonly network: Network;
  /** Variables of the process, for proxies that they name. */
  readonly env: ProxyEnv;
  readonly turretName: string;
  readonly seed: number;
  readonly turretIndex: number;
  readonly generation: number;
  readonly timeouts: PoolOptions["timeouts"];
  readonly prepared: Map<string, PreparedRequest>;
  /** Told of each error, for the first of a kind to be shown with its place. */
  readonly onError: (thrown: unknown, text: string) => void;
  /** Hides secrets in a text that leaves the thread. */
  readonly redact: (text: string) => string;
}

export class Cannon implements CannonHost, Gun, PoolObserver {
  readonly index: number;
  readonly thread: ThreadHost;
  readonly turretName: string;
  readonly #shared: CannonThread;
  readonly #rowTimers: (string | number)[] = [];
  /** By place in the mix, made when first fired. */
  readonly #transactions: ScriptTransaction[] = [];
  #number = 0;
  #phase: Phase = PHASE.none;
  #timerSlot = -1;
  #backoffUs = 0;
  #error = "";
  #pool: Pool | undefined;
  #http: HttpSession | undefined;
  #random: Random | undefined;
  #numbered: Random | undefined;
  #think: Random | undefined;
  #k = Number.NaN;
  #paceUs = 0;
  #runningSinceUs = Number.NaN;
  #isRetired = false;
  #closing: Set<() => void> | undefined;

  constructor(index: number, shared: CannonThread) {
    this.index = index;
    this.thread = shared.host;
    this.turretName = shared.turretName;
    this.#shared = shared;
  }

  /** How long to wait before the next transaction: more than 0 after a constructor that failed. */
  get backoffUs(): number {
    return this.#backoffUs;
  }

  /**
   * One transaction, never rejecting. `intendedUs` is when it should have started, NaN where only
   * the actual start counts; `k` its number in the run, NaN where it has none. The end of it, or of
   * the time that was given to it.
   */
  async fire(intendedUs: number, k: number): Promise<number> {
    const { recorder, host, state, mix } = this.#shared;
    const { clock } = host;
    this.#number++;
    this.#k = k;
    this.#numbered = undefined;
    this.#paceUs = 0;
    this.#error = "";
    this.#rowTimers.length = 0;
    const latenessUs = recorder.transactionStarted(intendedUs);
    let runUs = 0;
    let endUs = 0;
    const place = mix.isMixed ? this.#choose(k) : 0;
    const script = mix.at(place);
    const transaction = this.#transactions[place] ?? this.#construct(place);
    if (transaction !== undefined) {
      const { setup, tearDown } = script;
      const isSetUp = setup === undefined || (await this.#runHook(PHASE.setup, setup, transaction));
      if (isSetUp) {
        this.#enter(PHASE.run);
        const startUs = clock.nowUs();
        this.#runningSinceUs = startUs;
        try {
          const result = transaction.run();
          if (isThenable(result)) await result;
        } catch (thrown) {
          this.#fail(thrown);
        }
        endUs = clock.nowUs();
        runUs = endUs - startUs;
        this.#runningSinceUs = Number.NaN;
        if (tearDown !== undefined) await this.#runHook(PHASE.tearDown, tearDown, transaction);
      }
    }
    if (endUs === 0 || script.tearDown !== undefined) endUs = clock.nowUs();
    this.#enter(PHASE.none);
    if (recorder.isOver) return endUs;
    if (transaction !== undefined) this.#takeCustomTimers(transaction, endUs);
    if (mix.isMixed) this.recordTimer(mix.nameAt(place), runUs, this.#error !== "");
    recorder.transactionFinished({
      endUs,
      runUs,
      responseUs: latenessUs + runUs,
      error: this.#error,
      timers: this.#rowTimers,
    });
    state.enter(PHASE.none, -1);
    return endUs;
  }

  /** Gives up connections; what the script still awaits on them fails. */
  close(): void {
    this.#pool?.close();
    for (const dispose of this.#closing ?? []) dispose();
    this.#closing = undefined;
  }

  get http(): HttpSession {
    if (this.#http === undefined) {
      const { timeouts, prepared, network, env } = this.#shared;
      this.#pool = new Pool({
        timeouts,
        observer: this,
        env,
        proxy: network.proxy,
        resendsStale: network.resends,
      });
      this.#http = new HttpSession(this.#pool, prepared);
      const userAgent = agentOf(this.#shared.userAgents, this.#shared.seed, this.index);
      if (userAgent !== undefined) this.#http.configure({ userAgent });
      this.#http.counter = this;
      if (this.thread.signal.aborted) this.#pool.close();
    }
    return this.#http;
  }

  // What its pool tells of requests; the script goes on with each answer.

  onAnswer(request: PreparedRequest, response: HttpResponse): void {
    this.#shared.recorder.answer(request, response, true);
    this.#resume();
  }

  onFailure(request: PreparedRequest, error: HttpError, durationUs: number): void {
    this.#shared.recorder.failure(request, error, { durationUs, isTimed: true });
    this.#resume();
  }

  onResend(): void {
    this.#shared.recorder.count(COUNTER.resent, 1);
  }

  /** Apart from what scripts draw, so that a script's numbers do not hang on the load. */
  get thinkRandom(): Random {
    const { seed, turretIndex } = this.#shared;
    this.#think ??= new Random(seed, turretIndex * 0x1_0000_0000 + this.index, THINK_STREAM);
    return this.#think;
  }

  get transactionNumber(): number {
    return this.#number;
  }

  pace(periodUs: number): void {
    this.#paceUs = periodUs;
  }

  get paceUs(): number {
    return this.#paceUs;
  }

  dataRow(feed: FeedFacts): number | undefined {
    return this.#shared.rows.numbered(this.#k, feed);
  }

  retire(): void {
    this.#isRetired = true;
  }

  get runningSinceUs(): number {
    return this.#runningSinceUs;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  get openConnections(): number {
    return this.#pool?.openCount ?? 0;
  }

  /** Numbers of transaction k where it has a number, otherwise of this cannon. */
  get random(): Random {
    const { seed, turretIndex, generation } = this.#shared;
    if (!Number.isNaN(this.#k)) {
      this.#numbered ??= randomOf(seed, this.#k);
      return this.#numbered;
    }
    this.#random ??= new Random(
      seed,
      turretIndex * 0x1_0000_0000 + this.index,
      CANNON_STREAM + generation,
    );
    return this.#random;
  }

  beginTimer(name: string): TimerMark {
    const slot = this.#shared.recorder.timerSlot(name);
    const outerSlot = this.#timerSlot;
    this.#timerSlot = slot;
    this.#shared.state.enter(this.#phase, slot);
    const startUs = this.thread.clock.nowUs();
    return { name, startUs, transaction: this.#number, slot, outerSlot };
  }

  endTimer(mark: TimerMark, isError: boolean): void {
    const { recorder, state } = this.#shared;
    const endUs = this.thread.clock.nowUs();
    const durationUs = endUs - mark.startUs;
    recorder.timer(mark.slot, endUs, durationUs, isError);
    // A timer that outlives its transaction counts; the row of another transaction is not its place.
    if (mark.transaction !== this.#number) return;
    this.#setRowTimer(mark.name, durationUs / US_PER_S);
    this.#timerSlot = mark.outerSlot;
    state.enter(this.#phase, mark.outerSlot);
  }

  recordTimer(name: string, durationUs: number, isError: boolean): void {
    const { recorder } = this.#shared;
    recorder.timer(recorder.timerSlot(name), this.thread.clock.nowUs(), durationUs, isError);
    this.#setRowTimer(name, durationUs / US_PER_S);
  }

  count(name: string, amount: number): void {
    this.#shared.recorder.count(name, amount);
  }

  gauge(name: string, value: number): void {
    this.#shared.recorder.gaugeNow(name, value);
  }

  check(name: string, isOk: boolean): void {
    this.#shared.recorder.check(name, isOk);
  }

  fail(text: string): void {
    this.#fail(text);
  }

  onClose(dispose: () => void): () => void {
    this.#closing ??= new Set();
    this.#closing.add(dispose);
    return () => this.#closing?.delete(dispose);
  }

  #choose(k: number): number {
    const { mix, seed } = this.#shared;
    return Number.isNaN(k) ? mix.drawn(this.thinkRandom.unit()) : mix.numbered(seed, k);
  }

  #construct(place: number): ScriptTransaction | undefined {
    this.#enter(PHASE.construct);
    try {
      const made = withHost(this, () => this.#shared.mix.at(place).construct(this));
      this.#transactions[place] = made;
      this.#backoffUs = 0;
      return made;
    } catch (thrown) {
      this.#backoffUs = Math.min(BACKOFF_US_MAX, Math.max(BACKOFF_US_MIN, this.#backoffUs * 2));
      this.#fail(thrown);
    }
    return undefined;
  }

  // False when the hook threw.
  async #runHook(
    phase: Phase,
    hook: (transaction: ScriptTransaction) => unknown,
    transaction: ScriptTransaction,
  ): Promise<boolean> {
    this.#enter(phase);
    try {
      const result = hook(transaction);
      if (isThenable(result)) await result;
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  // The first error of a transaction is its error.
  #fail(thrown: unknown): void {
    if (this.#error !== "" || this.#isRetired || this.#shared.recorder.isOver) return;
    this.#error = this.#shared.redact(errorText(thrown));
    this.#shared.onError(thrown, this.#error);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#timerSlot = -1;
    this.#shared.state.enter(phase, -1);
  }

  // Script code of this cannon is about to go on.
  #resume(): void {
    this.#shared.state.enter(this.#phase, this.#timerSlot);
  }

  // A repeated name keeps its last value in the row.
  #setRowTimer(name: string, seconds: number): void {
    const timers = this.#rowTimers;
    for (let i = 0; i < timers.length; i += 2) {
      if (timers[i] !== name) continue;
      timers[i + 1] = seconds;
      return;
    }
    timers.push(name, seconds);
  }

  #takeCustomTimers(transaction: ScriptTransaction, endUs: number): void {
    const given = transaction.custom_timers;
    if (given === undefined) return;
    let isEmpty = true;
    for (const name in given) {
      isEmpty = false;
      const seconds = Number(given[name]);
      if (name === "" || !(seconds >= 0)) continue;
      const { recorder } = this.#shared;
      recorder.timer(recorder.timerSlot(name), endUs, seconds * US_PER_S, false);
      this.#setRowTimer(name, seconds);
    }
    if (!isEmpty) transaction.custom_timers = {};
  }
}
