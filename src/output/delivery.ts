// Reports on their way to a receiver that may be slow, or dead: a bounded queue and one sender in the
// background. Giving a report to it costs the run nothing. What a receiver does not take now is tried
// again while there is room for it; then the oldest is dropped and counted.

import type { Clock } from "../base/clock.ts";
import { clip, errorText } from "../base/errors.ts";
import { Ring } from "../base/ring.ts";
import { formatCount } from "../base/units.ts";

/** Where reports go. */
export interface Transport {
  /** As people may see it, e.g. `statsd 127.0.0.1:8125`. */
  readonly name: string;
  /** Rejects with what went wrong: a DeliveryError says whether trying again is of use. */
  send(payload: Payload, signal: AbortSignal): Promise<void>;
  close?(): void;
}

/** One report: bytes or text, and how many things are told in it. */
export interface Payload {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly units: number;
}

export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  /** True: the same report will never be taken. */
  readonly isFinal: boolean;
  constructor(message: string, isFinal: boolean) {
    super(message);
    this.isFinal = isFinal;
  }
}

export const DELIVERY_LIMIT = {
  /** Reports that wait. */
  reports: 60,
  bytes: 32 * 1024 * 1024,
  /** For one report. */
  sendUs: 5_000_000,
  /** For all that is left, once the run is over. */
  closeUs: 5_000_000,
  firstPauseUs: 500_000,
  longestPauseUs: 8_000_000,
} as const;

export interface DeliveryOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** What is counted, in the plural: "reports", "lines". */
  readonly noun: string;
  /** Called once, at the first failure. */
  readonly onFailure: (line: string) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #waiting = new Ring<Payload>(DELIVERY_LIMIT.reports);
  readonly #end = new AbortController();
  #waitingBytes = 0;
  #pump: Promise<void> | undefined;
  #pauseUs = 0;
  #wake: AbortController | undefined;
  #isClosing = false;
  #offered = 0;
  #delivered = 0;
  #lastFailure = "";

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.transport.name;
  }

  /** True where everything that was offered has been taken. */
  get isWhole(): boolean {
    return this.#offered === this.#delivered;
  }

  /** Takes a report and returns at once. */
  offer(payload: Payload): void {
    if (this.#end.signal.aborted) return;
    this.#offered += payload.units;
    this.#waitingBytes += payload.body.length;
    if (this.#waiting.isFull) this.#dropOldest();
    this.#waiting.push(payload);
    while (this.#waitingBytes > DELIVERY_LIMIT.bytes && this.#waiting.length > 1) {
      this.#dropOldest();
    }
    this.#pump ??= this.#run();
  }

  /** Sends what is left, for a bounded time; resolves with a line for people. */
  async finish(): Promise<string> {
    this.#isClosing = true;
    this.#wake?.abort();
    const { clock } = this.#options;
    const enough = new AbortController();
    const late = clock.sleep(DELIVERY_LIMIT.closeUs, enough.signal).catch(() => {});
    await Promise.race([this.#pump, late]);
    enough.abort();
    if (this.#pump !== undefined) this.#noteFailure("no answer in time");
    this.close();
    return this.#summary();
  }

  /** Ends at once what is under way. */
  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.#wake?.abort();
    this.#options.transport.close?.();
  }

  #summary(): string {
    const { noun } = this.#options;
    const missing = this.#offered - this.#delivered;
    if (missing === 0) return `${this.name}: ${formatCount(this.#delivered)} ${noun} delivered`;
    const reason = this.#lastFailure === "" ? "too slow" : this.#lastFailure;
    const of = `${formatCount(missing)} of ${formatCount(this.#offered)} ${noun}`;
    return `${this.name}: ${of} not delivered: ${reason}`;
  }

  #dropOldest(): void {
    this.#waitingBytes -= this.#waiting.shift()?.body.length ?? 0;
    if (this.#lastFailure === "") this.#noteFailure("it is too slow");
  }

  async #run(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      await this.#deliver(next);
    }
    this.#pump = undefined;
  }

  #take(): Payload | undefined {
    if (this.#end.signal.aborted) return undefined;
    const next = this.#waiting.shift();
    this.#waitingBytes -= next?.body.length ?? 0;
    return next;
  }

  /** Until it is taken, is refused for good, or something newer needs its room. */
  async #deliver(payload: Payload): Promise<void> {
    while (!this.#end.signal.aborted) {
      const failure = await this.#attempt(payload);
      if (failure === undefined) {
        this.#delivered += payload.units;
        this.#pauseUs = 0;
        return;
      }
      this.#noteFailure(failure.message);
      if (failure.isFinal) return;
      if (this.#isClosing) return this.#forgetRest();
      if (this.#waiting.isFull) return;
      await this.#pause();
    }
  }

  async #attempt(payload: Payload): Promise<DeliveryError | undefined> {
    const { transport, clock } = this.#options;
    const over = new AbortController();
    const limit = AbortSignal.any([over.signal, this.#end.signal]);
    const sending = new AbortController();
    const stop = () => sending.abort();
    const late = clock.sleep(DELIVERY_LIMIT.sendUs, limit).then(
      () => {
        stop();
        throw new DeliveryError("no answer in time", false);
      },
      () => {
        stop();
        throw new DeliveryError("closed", false);
      },
    );
    late.catch(() => {});
    try {
      await Promise.race([transport.send(payload, sending.signal), late]);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof DeliveryError) return thrown;
      return new DeliveryError(clip(errorText(thrown), 200), false);
    } finally {
      over.abort();
    }
  }

  async #pause(): Promise<void> {
    const { firstPauseUs, longestPauseUs } = DELIVERY_LIMIT;
    this.#pauseUs = Math.min(longestPauseUs, Math.max(firstPauseUs, 2 * this.#pauseUs));
    this.#wake = new AbortController();
    await this.#options.clock.sleep(this.#pauseUs, this.#wake.signal).catch(() => {});
    this.#wake = undefined;
  }

  // A receiver that refuses when the run is over will not come back for the rest.
  #forgetRest(): void {
    while (this.#take() !== undefined);
  }

  #noteFailure(reason: string): void {
    const isFirst = this.#lastFailure === "";
    this.#lastFailure = reason;
    if (!isFirst || this.#isClosing) return;
    this.#options.onFailure(
      `${this.name}: ${reason}; the run goes on, what is not delivered is counted`,
    );
  }
}
