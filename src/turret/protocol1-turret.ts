// A turret over OCT protocol 1 (`oct turret --tar`, `--config`): serves our HQ and an old one alike.
//
// Idle it says `ready` every 2 s and at any order; `start` makes it `Running`, `stop` brings it back to
// `ready` once its cannons have ended, `kill` ends it with code 1. A script that cannot load makes it
// `Aborted`; the next `start` tries again. An HQ that dies says nothing on this wire, so cannons go on
// (as the original's do) until `stop` comes or the limit below is reached.

import type { Clock } from "../base/clock.ts";
import { EXIT, errorText } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { Ring } from "../base/ring.ts";
import { formatCount, parseDurationUs, US_PER_S } from "../base/units.ts";
import type { Protocol1Turret } from "../protocol/link.ts";
import { LONE_PLACE } from "../protocol/messages.ts";
import { contextOf, formatStatus, parseOrder, STATUS } from "../protocol/protocol1.ts";
import { decodeBatch } from "../stats/batch.ts";
import type { Crew, CrewTotals, Job, LoadCrew } from "./crew-contract.ts";
import { resultsOf } from "./protocol1-results.ts";

const IDLE_STATUS_US = 2_000_000;
/** Answers to a storm of requests: at most so many statuses at once, then one each interval. */
const STATUS_INTERVAL_US = 50_000;
const STATUS_BURST = 4;
const FLUSH_PERIOD_US = 100_000;
const GRACE_US = 30_000_000;
/** No order says how long a run is; cannons cease by themselves after a day. */
const RUN_LIMIT_US = 24 * 3600 * 1_000_000;
const WAITING_RESULTS_MAX = 500_000;
const ORDERS_PER_TICK = 1_000;

export interface Protocol1TurretOptions {
  readonly clock: Clock;
  readonly link: Protocol1Turret;
  readonly loadCrew: LoadCrew;
  /** Folder of the script; `definition.script` is relative to it. */
  readonly directory: string;
  readonly definition: JsonObject;
  readonly uuid: string;
  readonly threads: number;
  onLine(text: string): void;
}

export class Protocol1TurretRole {
  readonly #options: Protocol1TurretOptions;
  readonly #results = new Ring<string>(WAITING_RESULTS_MAX);
  #status: string = STATUS.ready;
  #crew: Crew | undefined;
  #isLoading = false;
  #isFiring = false;
  #isStopping = false;
  #isOver = false;
  #exitCode: number = EXIT.ok;
  #context: JsonObject = {};
  #statusUs = Number.NEGATIVE_INFINITY;
  #statusTokens = STATUS_BURST;
  #tokenUs: number;
  #owesStatus = true;
  #fired = 0;
  #dropped = 0;

  constructor(options: Protocol1TurretOptions) {
    this.#options = options;
    this.#tokenUs = options.clock.nowUs();
    options.onLine(`${this.#name}: serving OCT protocol 1, waiting for orders`);
    this.#load();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  get #name(): string {
    return String(this.#options.definition["name"] ?? "");
  }

  tick(): void {
    if (this.#isOver) return;
    const nowUs = this.#options.clock.nowUs();
    for (let i = 0; i < ORDERS_PER_TICK && !this.#isOver; i++) {
      const frame = this.#options.link.receive();
      if (frame === undefined) break;
      this.#obey(frame);
    }
    this.#sendResults();
    if (this.#isOver) return;
    this.#paceStatus(nowUs);
  }

  stop(reason: string): void {
    if (this.#isOver) return;
    if (this.#isFiring) this.#say(STATUS.aborted);
    this.#options.onLine(`${this.#name}: ${this.#isFiring ? "Aborted" : "ended"}, ${reason}`);
    this.#end(EXIT.ok);
  }

  close(): void {
    this.#crew?.close();
    this.#crew = undefined;
  }

  #obey(frame: Uint8Array): void {
    const order = parseOrder(frame);
    if (order === undefined) return;
    this.#owesStatus ||= !this.#isFiring;
    switch (order.command) {
      case "status_request":
        this.#owesStatus = true;
        return;
      case "set_transaction_context":
        this.#context = { ...this.#context, ...contextOf(order) };
        this.#crew?.setContext(this.#context);
        return;
      case "start":
        return this.#start();
      case "stop":
        return this.#stopFiring();
      case "kill":
        this.#options.onLine(`${this.#name}: Killed`);
        this.#say(STATUS.killed);
        return this.#end(EXIT.failed);
    }
  }

  #load(): void {
    this.#isLoading = true;
    this.#options
      .loadCrew(this.#job(), {
        onBatch: (bytes) => this.#take(bytes),
        onEvent: (_, text) => this.#options.onLine(`${this.#name}: ${text}`),
        onDone: (totals) => this.#done(totals),
      })
      .then(
        (crew) => this.#loaded(crew),
        (thrown: unknown) => this.#couldNotLoad(thrown),
      );
  }

  #loaded(crew: Crew): void {
    this.#isLoading = false;
    if (this.#isOver) return crew.close();
    this.#crew = crew;
    crew.setContext(this.#context);
    if (this.#status === STATUS.aborted) this.#say(STATUS.ready);
    if (this.#wantsStart) this.#start();
  }

  #couldNotLoad(thrown: unknown): void {
    this.#isLoading = false;
    if (this.#isOver) return;
    this.#wantsStart = false;
    this.#options.onLine(`${this.#name}: Aborted: ${errorText(thrown)}`);
    this.#say(STATUS.aborted);
  }

  #job(): Job {
    const { definition, directory, threads } = this.#options;
    return {
      runId: "",
      directory,
      definition,
      context: this.#context,
      seed: 1,
      turretIndex: 0,
      turretName: this.#name,
      runTimeUs: RUN_LIMIT_US,
      flushPeriodUs: FLUSH_PERIOD_US,
      threads,
      graceUs: GRACE_US,
    };
  }

  #wantsStart = false;

  #start(): void {
    if (this.#isFiring && !this.#isStopping) return;
    // A start that comes while the last run's cannons end or the next crew is being loaded is kept.
    this.#wantsStart = this.#isFiring || this.#crew === undefined;
    if (this.#isFiring) return;
    if (this.#crew === undefined) {
      if (!this.#isLoading) this.#load();
      return;
    }
    this.#isFiring = true;
    this.#isStopping = false;
    const { clock } = this.#options;
    this.#crew.start(clock.nowUs(), clock.wallMs(), LONE_PLACE);
    this.#options.onLine(`${this.#name}: Running`);
    this.#say(STATUS.running);
  }

  #stopFiring(): void {
    this.#wantsStart = false;
    if (!this.#isFiring || this.#isStopping) return;
    this.#isStopping = true;
    this.#crew?.stop(GRACE_US);
  }

  #done(totals: CrewTotals): void {
    if (this.#isOver) return;
    this.#isFiring = false;
    this.#isStopping = false;
    this.#crew?.close();
    this.#crew = undefined;
    const fired = [
      `fired ${formatCount(this.#fired)} transactions`,
      ...counted(totals.unfinished, "unfinished"),
      ...counted(totals.lostTransactions, "lost with their thread"),
      ...counted(this.#dropped, "results dropped"),
    ];
    this.#options.onLine(`${this.#name}: ready again, ${fired.join(", ")}`);
    this.#fired = 0;
    this.#dropped = 0;
    this.#sendResults();
    this.#say(STATUS.ready);
    this.#load();
  }

  #take(bytes: Uint8Array): void {
    for (const result of resultsOf(decodeBatch(bytes), this.#name)) {
      this.#fired++;
      if (!this.#results.push(result)) this.#dropped++;
    }
  }

  #sendResults(): void {
    for (let next = this.#results.peek(); next !== undefined; next = this.#results.peek()) {
      if (!this.#options.link.send(next)) return;
      this.#results.shift();
    }
  }

  #paceStatus(nowUs: number): void {
    const earned = Math.floor((nowUs - this.#tokenUs) / STATUS_INTERVAL_US);
    if (earned > 0) {
      this.#statusTokens = Math.min(STATUS_BURST, this.#statusTokens + earned);
      this.#tokenUs = nowUs;
    }
    const isIdleDue = !this.#isFiring && nowUs - this.#statusUs >= IDLE_STATUS_US;
    if (!isIdleDue && !(this.#owesStatus && this.#statusTokens > 0)) return;
    this.#statusTokens = Math.max(0, this.#statusTokens - 1);
    this.#say(this.#status);
  }

  #say(status: string): void {
    this.#status = status;
    this.#statusUs = this.#options.clock.nowUs();
    const { definition, uuid } = this.#options;
    const text = formatStatus({
      turret: this.#name,
      status,
      uuid,
      rampup: secondsOf(definition["rampup"]),
      script: String(definition["script"] ?? ""),
      cannons: numberOf(definition["cannons"] ?? definition["canons"]),
    });
    this.#owesStatus = !this.#options.link.send(text);
  }

  #end(exitCode: number): void {
    this.#isOver = true;
    this.#exitCode = exitCode;
    this.#sendResults();
    this.close();
  }
}

/** A number of the definition, which may be written as a text; 0 for what is none. */
function numberOf(value: JsonValue | undefined): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** Seconds of a duration, which may be written as "90s"; 0 for what is none. */
function secondsOf(value: JsonValue | undefined): number {
  const us = typeof value === "string" ? parseDurationUs(value) : undefined;
  return us === undefined ? numberOf(value) : us / US_PER_S;
}

function counted(count: number, what: string): string[] {
  return count > 0 ? [`${formatCount(count)} ${what}`] : [];
}
