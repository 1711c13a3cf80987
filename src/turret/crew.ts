// The OS threads that fire one run: starts them, gives each its share of the cannons, passes on what
// they measured, and keeps the run going when one of them hangs or dies.
//
// A thread that gives no sign of life is ended and replaced by one with the same cannons for the time
// left. What it had measured since its last batch is lost, and counted: its own counts are in memory
// that the crew shares. Per place of a thread, over all that were in it:
//   started = finished + unfinished; finished = handed over + lost.

import type { Clock } from "../base/clock.ts";
import { OctError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { formatCount, formatDuration, US_PER_S } from "../base/units.ts";
import { type ControlSegment, timelineOf } from "../pace/control.ts";
import { LONE_PLACE, type TurretPlace } from "../protocol/messages.ts";
import { OnceDesk, type OnceOutcome } from "../protocol/once.ts";
import { Board, stepsOf } from "./board.ts";
import type { Crew, CrewEvents, Job, LoadCrew } from "./crew-contract.ts";
import { scriptOf, threadJob } from "./crew-job.ts";
import { CrewLosses, type Loss } from "./crew-losses.ts";
import { crewStats } from "./crew-stats.ts";
import { CrewThread, type CrewThreadEvents } from "./crew-thread.ts";
import { NO_CONTROL, type ThreadJob, type ThreadStart } from "./thread-messages.ts";

export const CREW_LIMIT = {
  /** A thread whose loop has not turned for so long hangs. */
  silenceUs: 5 * US_PER_S,
  /** A script whose top level has not ended after so long does not load. */
  loadUs: 60 * US_PER_S,
  /** How often a thread is replaced before its cannons are given up. */
  replacements: 3,
} as const;

export type CrewLimit = { readonly [K in keyof typeof CREW_LIMIT]: number };

/** How often the crew looks at its threads; a fraction of the silence it waits for. */
const LOOKS_PER_SILENCE = 10;

export interface CrewLoaderOptions {
  readonly clock: Clock;
  /** src/worker.ts, as the entry of the binary names it. */
  readonly workerUrl: URL | string;
  readonly limit?: Partial<CrewLimit>;
}

/** Makes crews of OS threads of this process. */
export function createCrewLoader(options: CrewLoaderOptions): LoadCrew {
  const parts = {
    clock: options.clock,
    workerUrl: String(options.workerUrl),
    limit: { ...CREW_LIMIT, ...options.limit },
  };
  return (job, events) => {
    return new Promise((resolve, reject) => {
      const crew = new ThreadCrew(parts, job, events, {
        onLoaded: () => resolve(crew),
        onLoadFailed: reject,
      });
    });
  };
}

interface CrewParts {
  readonly clock: Clock;
  readonly workerUrl: string;
  readonly limit: CrewLimit;
}

interface LoadEvents {
  onLoaded(): void;
  onLoadFailed(error: OctError): void;
}

/** A share of the cannons and the thread that has it now. */
interface Place {
  thread: CrewThread;
  beats: number;
  silentUs: number;
  replacements: number;
  /** Nothing is left of its load; a change may bring more as long as another fires. */
  isIdle: boolean;
  isOver: boolean;
}

/** Of a thread that has just been hired. */
const FRESH = { beats: 0, silentUs: 0, isIdle: false } as const;

class ThreadCrew implements Crew {
  readonly #parts: CrewParts;
  readonly #job: Job;
  readonly #events: CrewEvents;
  readonly #load: LoadEvents;
  readonly #places: Place[] = [];
  readonly #losses: CrewLosses;
  readonly #stopLooking: () => void;
  readonly #openedUs: number;
  #lookedUs: number;
  #phase: "loading" | "loaded" | "firing" | "over" = "loading";
  #context: JsonObject;
  #wantsRows = true;
  #start: ThreadStart = { startUs: 0, startWallMs: 0, place: LONE_PLACE, control: NO_CONTROL };
  #stopGraceUs: number | undefined;
  #totals = { started: 0, finished: 0, dropped: 0, lost: 0, replaced: 0 };
  readonly #shownTexts = new Set<string>();
  /** Names whose work is for the whole run: the HQ says who does it. */
  readonly #ofRun = new Set<string>();
  readonly #once = new OnceDesk<CrewThread>(
    (thread, name) => {
      if (this.#ofRun.has(name)) this.#events.onOnceWanted?.(name);
      else thread.grantOnce(name);
    },
    (thread, name, outcome) => thread.tellOnce(name, outcome),
  );

  constructor(parts: CrewParts, job: Job, events: CrewEvents, load: LoadEvents) {
    this.#parts = parts;
    this.#job = job;
    this.#events = events;
    this.#load = load;
    this.#context = job.context;
    this.#losses = new CrewLosses(job.turretName);
    this.#openedUs = parts.clock.nowUs();
    this.#lookedUs = this.#openedUs;
    const periodUs = parts.limit.silenceUs / LOOKS_PER_SILENCE;
    this.#stopLooking = parts.clock.every(periodUs, () => this.#look(periodUs));
    let first: ThreadJob;
    try {
      first = threadJob(job, parts.workerUrl);
    } catch (thrown) {
      this.#stopLooking();
      throw thrown;
    }
    for (let i = 0; i < first.threadCount; i++) {
      const thread = this.#hire({ ...first, threadIndex: i });
      this.#places.push({ thread, replacements: 0, isOver: false, ...FRESH });
    }
  }

  start(startUs: number, startWallMs: number, place: TurretPlace): void {
    if (this.#phase !== "loaded") return;
    this.#phase = "firing";
    this.#start = { ...this.#start, startUs, startWallMs, place };
    for (const { thread } of this.#places) thread.start(this.#start);
  }

  control(segments: readonly ControlSegment[]): void {
    const control = { revision: this.#start.control.revision + 1, segments };
    this.#start = { ...this.#start, control };
    for (const place of this.#places) {
      place.isIdle = false;
      if (this.#phase === "firing" && !place.isOver) place.thread.control(control);
    }
  }

  stop(graceUs: number): void {
    if (this.#phase === "over") return;
    this.#stopGraceUs = graceUs;
    for (const place of this.#places) {
      if (place.isOver) continue;
      if (place.thread.isLoading) this.#endPlace(place);
      else place.thread.stop(graceUs);
    }
  }

  setContext(context: JsonObject): void {
    this.#context = { ...this.#context, ...context };
    for (const { thread, isOver } of this.#places) if (!isOver) thread.setContext(context);
  }

  wantRows(isWanted: boolean): void {
    if (isWanted === this.#wantsRows) return;
    this.#wantsRows = isWanted;
    for (const { thread, isOver } of this.#places) if (!isOver) thread.wantRows(isWanted);
  }

  grantOnce(name: string): void {
    this.#once.workerOf(name)?.grantOnce(name);
  }

  tellOnce(name: string, outcome: OnceOutcome): void {
    const worker = this.#once.workerOf(name);
    if (worker === undefined) return;
    worker.tellOnce(name, outcome);
    this.#once.finish(worker, name, outcome);
  }

  stats(): JsonObject {
    const { started, finished } = this.#sum();
    const open = this.#places.filter((place) => !place.isOver);
    return {
      ...crewStats(open.map(({ thread }) => thread.state)),
      transactions: finished,
      started,
      threads_replaced: this.#totals.replaced,
    };
  }

  close(): void {
    this.#phase = "over";
    this.#stopLooking();
    for (const { thread } of this.#places) thread.terminate();
  }

  #hire(job: ThreadJob): CrewThread {
    const { clock, workerUrl } = this.#parts;
    return new CrewThread({ clock, workerUrl, job, events: this.#threadEvents });
  }

  readonly #threadEvents: CrewThreadEvents = {
    onReady: (thread) => this.#onReady(thread),
    onLoadFailed: (thread, error) => this.#onLoadFailed(thread, error),
    onBatch: (_, bytes, transactions) => this.#events.onBatch(bytes, transactions),
    onEvent: (level, text) => this.#show(level, text),
    onOnce: (thread, message) => {
      const { name } = message;
      const asksHq = this.#events.onOnceWanted !== undefined;
      if (message.type === "once-wanted") {
        if (message.scope === "run" && asksHq) this.#ofRun.add(name);
        return this.#once.ask(thread, name);
      }
      this.#once.finish(thread, name, message.outcome);
      if (this.#ofRun.has(name)) this.#events.onOnceDone?.(name, message.outcome);
    },
    onIdle: (thread, revision) => this.#onIdle(thread, revision),
    onDone: (thread) => {
      const place = this.#placeOf(thread);
      if (place !== undefined) this.#endPlace(place);
    },
    onCrash: (thread, reason) => {
      this.#onLost(thread, `ended by itself (${reason})`);
    },
  };

  // Threads end together: what a change brings is divided among all of them.
  #onIdle(thread: CrewThread, revision: number): void {
    const place = this.#placeOf(thread);
    if (place !== undefined) place.isIdle = revision === this.#start.control.revision;
    if (!this.#places.every(({ isIdle, isOver }) => isIdle || isOver)) return;
    for (const { thread: idle, isOver } of this.#places) if (!isOver) idle.stop(0);
  }

  #placeOf(thread: CrewThread): Place | undefined {
    return this.#places.find((place) => place.thread === thread);
  }

  #onReady(thread: CrewThread): void {
    if (this.#phase === "firing") {
      thread.start(this.#start);
      return;
    }
    if (this.#phase !== "loading" || !this.#places.every((place) => place.thread.isReady)) return;
    this.#phase = "loaded";
    this.#load.onLoaded();
  }

  #onLoadFailed(thread: CrewThread, error: OctError): void {
    if (this.#phase === "loading") {
      this.close();
      this.#load.onLoadFailed(error);
      return;
    }
    this.#onLost(thread, `could not load the script again (${error.message})`);
  }

  // Time counts in steps of at most two periods: a process that was itself stopped for a while must
  // not take its threads for silent.
  #look(periodUs: number): void {
    const nowUs = this.#parts.clock.nowUs();
    const stepUs = Math.min(nowUs - this.#lookedUs, 2 * periodUs);
    this.#lookedUs = nowUs;
    for (const place of this.#places) {
      if (place.isOver) continue;
      const { beats } = place.thread.state;
      place.silentUs = beats === place.beats ? place.silentUs + stepUs : 0;
      place.beats = beats;
      if (place.silentUs >= this.#parts.limit.silenceUs) this.#onSilent(place);
    }
    if (this.#phase !== "loading" || nowUs - this.#openedUs < this.#parts.limit.loadUs) return;
    this.#failLoading(`has not loaded after ${formatDuration(this.#parts.limit.loadUs)}`);
  }

  #onSilent(place: Place): void {
    const silence = formatDuration(this.#parts.limit.silenceUs);
    if (this.#phase === "loading") {
      this.#failLoading(`keeps its thread busy for ${silence} while it loads`);
      return;
    }
    this.#onLost(place.thread, `gave no sign of life for ${silence}, ${place.thread.whereabouts}`);
  }

  #failLoading(what: string): void {
    const script = scriptOf(this.#job);
    this.close();
    this.#load.onLoadFailed(new OctError(`${script}: ${what}`, { where: script }));
  }

  // A thread is gone: count what went with it, and put another in its place.
  #onLost(thread: CrewThread, what: string): void {
    const place = this.#placeOf(thread);
    if (place === undefined || place.isOver || this.#phase === "over") return;
    thread.terminate();
    this.#once.lose(thread);
    if (this.#phase === "loading") {
      this.#failLoading(`could not be loaded: a thread ${what}`);
      return;
    }
    const { lost, unfinished } = this.#settle(place);
    const counted = `${formatCount(lost)} finished transactions lost, ${formatCount(unfinished)} unfinished`;
    const name = `thread ${thread.job.threadIndex + 1} of ${thread.job.threadCount}`;
    const isStopping = this.#stopGraceUs !== undefined || this.#isPastEnd;
    if (isStopping || place.replacements >= this.#parts.limit.replacements) {
      const why = isStopping ? "" : `; given up after ${place.replacements} replacements`;
      this.#events.onEvent("error", `${name} ${what}${why}; ${counted}`);
      this.#giveUp(place);
      return;
    }
    place.replacements++;
    this.#totals.replaced++;
    this.#events.onEvent("error", `${name} ${what}; it was replaced; ${counted}`);
    Object.assign(place, FRESH);
    place.thread = this.#hire({
      ...thread.job,
      generation: place.replacements,
      rowsTaken: Math.max(thread.job.rowsTaken, thread.state.rows),
      done: thread.job.done + thread.state.started + thread.state.dropped,
      context: this.#context,
      wantRows: this.#wantsRows,
    });
  }

  #giveUp(place: Place): void {
    const { threadIndex, threadCount, load, board } = place.thread.job;
    new Board({ threads: threadCount, steps: stepsOf(load) }, board).giveUp(threadIndex);
    this.#closePlace(place);
  }

  get #isPastEnd(): boolean {
    const { startUs, control } = this.#start;
    const planUs = timelineOf(control.segments).planUs(this.#parts.clock.nowUs() - startUs);
    return this.#phase === "firing" && planUs >= this.#job.runTimeUs;
  }

  // Adds the counts of a thread that is gone to the totals, and hands over what it had not reported.
  #settle(place: Place): Loss {
    this.#addTotals(place.thread);
    const passedUs = this.#parts.clock.nowUs() - this.#start.startUs;
    const second = Math.max(0, Math.floor(passedUs / US_PER_S));
    const loss = this.#losses.of(place.thread, second);
    this.#totals.lost += loss.lost;
    if (loss.batch !== undefined) this.#events.onBatch(loss.batch.bytes, loss.batch.transactions);
    return loss;
  }

  #addTotals({ state }: CrewThread): void {
    this.#totals.started += state.started;
    this.#totals.finished += state.finished;
    this.#totals.dropped += state.dropped;
  }

  // A thread that has ended as it should, or never began.
  #endPlace(place: Place): void {
    this.#addTotals(place.thread);
    place.thread.terminate();
    this.#closePlace(place);
  }

  #closePlace(place: Place): void {
    place.isOver = true;
    if (!this.#places.every((one) => one.isOver) || this.#phase === "over") return;
    this.#phase = "over";
    this.#stopLooking();
    const { started, finished, dropped, lost, replaced } = this.#totals;
    this.#events.onDone({
      transactions: finished,
      planned: started + dropped,
      started,
      dropped,
      unfinished: started - finished,
      lostTransactions: lost,
      threadsReplaced: replaced,
    });
  }

  #sum(): { started: number; finished: number } {
    let { started, finished } = this.#totals;
    for (const { thread, isOver } of this.#places) {
      started += isOver ? 0 : thread.state.started;
      finished += isOver ? 0 : thread.state.finished;
    }
    return { started, finished };
  }

  // Threads run the same script and make the same mistakes: each text is shown once.
  #show(level: "info" | "warn" | "error", text: string): void {
    if (this.#shownTexts.has(text)) return;
    if (this.#shownTexts.size < SHOWN_TEXTS_MAX) this.#shownTexts.add(text);
    this.#events.onEvent(level, text);
  }
}

const SHOWN_TEXTS_MAX = 1_000;
