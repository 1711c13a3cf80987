// One thread of the crew seen from the main thread: a Worker, what it has told, and the memory it
// shares. It reports to the crew and decides nothing.
//
//   loading --loaded--> aligning --clock known--> ready --start--> firing --done--> over
//      any --failed, silent, crashed, ended--> over

import type { Clock } from "../base/clock.ts";
import { clip, OctError } from "../base/errors.ts";
import type { OnceOutcome } from "../protocol/once.ts";
import { placeOfError } from "./script-places.ts";
import {
  type Control,
  type FromThread,
  readFromThread,
  type ScriptPlaces,
  type ThreadJob,
  type ThreadStart,
  type ToThread,
} from "./thread-messages.ts";
import { PHASE, ThreadState } from "./thread-state.ts";

/** Pings per thread; the fastest one counts. */
const PINGS = 20;
const TIMERS_MAX = 1_000;
const REASON_CHARACTERS = 500;

/** What a thread says of work that is done once. */
export type OnceMessage = Extract<FromThread, { type: "once-wanted" | "once-done" }>;

export interface CrewThreadEvents {
  onReady(thread: CrewThread): void;
  onLoadFailed(thread: CrewThread, error: OctError): void;
  onBatch(thread: CrewThread, bytes: Uint8Array, transactions: number): void;
  onOnce(thread: CrewThread, message: OnceMessage): void;
  onEvent(level: "info" | "warn" | "error", text: string): void;
  /** Nothing is left of its load, as far as it knows. */
  onIdle(thread: CrewThread, revision: number): void;
  onDone(thread: CrewThread): void;
  /** The thread ended by itself, or by an error that nothing caught. */
  onCrash(thread: CrewThread, reason: string): void;
}

export class CrewThread {
  readonly job: ThreadJob;
  readonly state = new ThreadState();
  /** Transactions in batches that arrived. */
  handedOver = 0;
  /** Transactions that those batches count as started. */
  startedSaid = 0;
  readonly #clock: Clock;
  readonly #events: CrewThreadEvents;
  readonly #worker: Worker;
  readonly #timers = new Map<number, { readonly name: string; readonly place: string }>();
  #phase: "loading" | "aligning" | "ready" | "firing" | "over" = "loading";
  #places: ScriptPlaces | undefined;
  #offsetUs = 0;
  #bestRoundTripUs = Number.POSITIVE_INFINITY;
  #pingedUs = 0;
  #pingsLeft = PINGS;
  #crashReason = "its thread ended";

  constructor(options: {
    clock: Clock;
    workerUrl: string;
    job: ThreadJob;
    events: CrewThreadEvents;
  }) {
    this.job = options.job;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#worker = new Worker(options.workerUrl);
    this.#worker.addEventListener("message", (event: MessageEvent) => {
      const message = readFromThread(event.data);
      if (message !== undefined && this.#phase !== "over") this.#take(message);
    });
    this.#worker.addEventListener("error", (event: ErrorEvent) => {
      event.preventDefault();
      this.#crashReason = crashReason(this.job.directory, event.message);
    });
    this.#worker.addEventListener("close", () => {
      if (this.#phase === "over") return;
      this.#phase = "over";
      this.#events.onCrash(this, this.#crashReason);
    });
    this.#send({ type: "load", job: options.job, state: this.state.buffer });
  }

  get isLoading(): boolean {
    return this.#phase === "loading" || this.#phase === "aligning";
  }

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  start(start: ThreadStart): void {
    if (this.#phase !== "ready") return;
    this.#phase = "firing";
    this.#send({ type: "start", offsetUs: this.#offsetUs, ...start });
  }

  control(control: Control): void {
    this.#send({ type: "control", ...control });
  }

  stop(graceUs: number): void {
    this.#send({ type: "stop", graceUs });
  }

  setContext(context: ThreadJob["context"]): void {
    this.#send({ type: "context", context });
  }

  grantOnce(name: string): void {
    this.#send({ type: "once-granted", name });
  }

  tellOnce(name: string, outcome: OnceOutcome): void {
    this.#send({ type: "once-told", name, outcome });
  }

  wantRows(isWanted: boolean): void {
    this.#send({ type: "rows", isWanted });
  }

  /** Ends the thread at once, whatever it does; no further event comes. */
  terminate(): void {
    this.#phase = "over";
    this.#worker.terminate();
  }

  /** What script code the thread went into last, with file and line. */
  get whereabouts(): string {
    const places = this.#places;
    if (places === undefined) return `while loading ${this.job.script}`;
    const phase = this.state.phase;
    const method = METHODS.find((one) => one.phase === phase);
    if (method === undefined) return `outside of any transaction of ${places.script}`;
    const place = `in ${method.name} of ${places[method.key]}`;
    const timer = this.#timers.get(this.state.timerSlot);
    if (timer === undefined) return place;
    return `${place}, timer ${JSON.stringify(timer.name)}${timer.place === "" ? "" : ` at ${timer.place}`}`;
  }

  #take(message: FromThread): void {
    switch (message.type) {
      case "loaded":
        this.#places = message.places;
        this.#phase = "aligning";
        this.#ping();
        return;
      case "load-failed": {
        const { text, where, hint } = message;
        this.#events.onLoadFailed(this, new OctError(text, { where, hint }));
        return;
      }
      case "pong":
        this.#align(message.threadUs);
        return;
      case "batch":
        this.handedOver += message.transactions;
        this.startedSaid = message.started;
        this.#events.onBatch(this, message.bytes, message.transactions);
        return;
      case "timer":
        if (this.#timers.size < TIMERS_MAX) this.#timers.set(message.slot, message);
        return;
      case "event":
        this.#events.onEvent(message.level, message.text);
        return;
      case "once-wanted":
      case "once-done":
        this.#events.onOnce(this, message);
        return;
      case "idle":
        this.#events.onIdle(this, message.revision);
        return;
      case "done":
        this.#phase = "over";
        this.#events.onDone(this);
    }
  }

  #ping(): void {
    this.#pingsLeft--;
    this.#pingedUs = this.#clock.nowUs();
    this.#send({ type: "ping" });
  }

  // The thread read its clock somewhere between both readings of ours: in the middle, within half of
  // the fastest round trip.
  #align(threadUs: number): void {
    if (this.#phase !== "aligning") return;
    const nowUs = this.#clock.nowUs();
    const roundTripUs = nowUs - this.#pingedUs;
    if (roundTripUs < this.#bestRoundTripUs) {
      this.#bestRoundTripUs = roundTripUs;
      this.#offsetUs = this.#pingedUs + roundTripUs / 2 - threadUs;
    }
    if (this.#pingsLeft > 0) {
      this.#ping();
      return;
    }
    this.#phase = "ready";
    this.#events.onReady(this);
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

const METHODS = [
  { phase: PHASE.construct, name: "the constructor", key: "construct" },
  { phase: PHASE.setup, name: "setup", key: "setup" },
  { phase: PHASE.run, name: "run", key: "run" },
  { phase: PHASE.tearDown, name: "tearDown", key: "tearDown" },
] as const;

// The runtime tells an uncaught error as source lines, `error: text` and the stack.
function crashReason(directory: string, message: string): string {
  const lines = message.split("\n");
  const line = lines.find((one) => /^(error|[A-Z]\w*): /.test(one)) ?? lines[0] ?? "";
  const place = placeOfError(directory, { stack: message });
  return `${place === "" ? "" : `${place}: `}${clip(line.trim(), REASON_CHARACTERS)}`;
}
