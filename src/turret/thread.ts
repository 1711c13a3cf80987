// A cannon thread from the inside: loads the script, fires its share of the cannons, hands over what
// was measured. Started by src/worker.ts; talks to the crew (crew.ts) in thread-messages.ts.
//
// The clock: performance.now() begins at each thread's own start, so the crew measures the offset by
// the fastest of several pings and sends it with the start.

import type { FeedFacts, OnceScope, ThreadHost } from "../api/context.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { errorText, OctError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { Random } from "../base/random.ts";
import type { Redactor } from "../base/redact.ts";
import { Pool, type PoolObserver } from "../http/pool.ts";
import type { PreparedRequest } from "../http/request.ts";
import { Timeouts } from "../http/timeouts.ts";
import type { TurretPlace } from "../protocol/messages.ts";
import { COUNTER } from "../stats/cell.ts";
import { errorPattern } from "../stats/error-pattern.ts";
import { Board, stepsOf } from "./board.ts";
import { Cannon, type CannonThread } from "./cannon.ts";
import { Hammer } from "./hammer.ts";
import { type HammerRequests, hammerRequests } from "./hammer-requests.ts";
import { planLoad } from "./load-plan.ts";
import { Mix } from "./mix.ts";
import { clockWaker, Pacer, servePacer } from "./pacer.ts";
import { type Gun, type LoadModel, Scheduler } from "./scheduler.ts";
import { loadScript, NO_SCRIPT, type Script } from "./script.ts";
import { placeOfError } from "./script-places.ts";
import { startGauges } from "./thread-gauges.ts";
import { guardExit, watchStrays } from "./thread-guards.ts";
import {
  type Control,
  type FromThread,
  NO_CONTROL,
  readToThread,
  type ThreadJob,
  type ToThread,
} from "./thread-messages.ts";
import { ThreadOnce } from "./thread-once.ts";
import { plainObserverOf, ThreadRecorder } from "./thread-recorder.ts";
import { ThreadRows } from "./thread-rows.ts";
import { redactorOf } from "./thread-secrets.ts";
import { sleeperOf } from "./thread-sleep.ts";
import { PHASE, ThreadState } from "./thread-state.ts";
import { serveTarget } from "./thread-target.ts";
import { warmUpBatches } from "./warm-up.ts";

/** Texts of one kind (strays, first errors) that a thread shows; the rest is only counted. */
const SHOWN_MAX = 10;
const THREAD_STREAM = 0x7e_ad;

/** What a pacer says: its message is that there is one. */
const WAKE = 0;

/** Of a turret that came too late for a part of a divided load. */
const NO_LOAD: LoadModel = { run: async () => {} };

type Post = (message: FromThread, transfer?: ArrayBuffer[]) => void;

/** What of a worker's global scope is used; the DOM's types would make it a window. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  postMessage(message: object | typeof WAKE, transfer: ArrayBuffer[]): void;
}

/** Serves as a cannon thread until the crew ends it. */
export function startThread(): void {
  const scope = globalThis as unknown as WorkerScope;
  const postMessage = scope.postMessage.bind(globalThis);
  const post: Post = (message, transfer = []) => postMessage(message, transfer);
  const clock = new MovableClock();
  let thread: Thread | undefined;
  let target: ReturnType<typeof serveTarget> | undefined;
  scope.addEventListener("message", (event) => {
    const message = readToThread(event.data);
    if (message === undefined) return;
    if (message.type === "pacer") servePacer(message.buffer, clock, () => postMessage(WAKE, []));
    if (message.type === "target") {
      target ??= serveTarget(clock, (said) => postMessage(said, []));
      target(message);
      return;
    }
    if (message.type === "ping") post({ type: "pong", threadUs: clock.nowUs() });
    else if (message.type === "load") {
      thread = new Thread(message.job, new ThreadState(message.state), clock, post);
      void thread.load();
    } else thread?.take(message);
  });
}

// The clock of this thread before and after its offset is known: one object, so that what was made
// while loading goes on with the crew's time.
class MovableClock implements Clock {
  #clock = systemClock();

  moveTo(offsetUs: number): void {
    this.#clock = systemClock(offsetUs);
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  sleep(durationUs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(durationUs, signal);
  }

  every(periodUs: number, callback: () => void): () => void {
    return this.#clock.every(periodUs, callback);
  }
}

class Thread {
  readonly #job: ThreadJob;
  readonly #state: ThreadState;
  readonly #clock: MovableClock;
  readonly #post: Post;
  readonly #recorder: ThreadRecorder;
  readonly #scheduler: Scheduler;
  readonly #abort = new AbortController();
  readonly #context: Record<string, JsonValue>;
  readonly #shown = new Map<string, number>();
  readonly #redactor: Redactor;
  readonly #guns: (Cannon | Hammer)[] = [];
  readonly #once: ThreadOnce;
  readonly #rows: ThreadRows;
  #shared: CannonThread | undefined;
  #requests: HammerRequests | undefined;
  #observer: PoolObserver | undefined;
  #pacer: Pacer | undefined;
  #control: Control = NO_CONTROL;
  #stopFlushing = () => {};

  constructor(job: ThreadJob, state: ThreadState, clock: MovableClock, post: Post) {
    this.#job = job;
    this.#state = state;
    this.#clock = clock;
    this.#post = post;
    this.#context = { ...job.context };
    this.#redactor = redactorOf(job.definition);
    this.#recorder = new ThreadRecorder({
      clock,
      state,
      turretName: job.turretName,
      onName: (slot, name) => this.#tellTimer(slot, name),
    });
    this.#recorder.wantRows = job.wantRows;
    this.#once = new ThreadOnce(post, (name, value) => {
      this.#context[name] = value;
    });
    this.#rows = new ThreadRows({
      seed: job.seed,
      isNumbered: job.load.isSplit || job.load.model.kind === "open",
      thread: { index: job.threadIndex, parts: job.threadCount },
      state,
      taken: job.rowsTaken,
    });
    this.#scheduler = new Scheduler({
      clock,
      runTimeUs: job.runTimeUs,
      graceUs: job.graceUs,
      abort: this.#abort,
      onOver: () => this.#finish(),
      onIdle: () => post({ type: "idle", revision: this.#control.revision }),
    });
  }

  async load(): Promise<void> {
    const job = this.#job;
    guardExit(job.directory, process);
    const { directory } = job;
    watchStrays({ directory, onStray: (counter, text) => this.#onStray(counter, text) }, process);
    setVariables(job);
    startGauges({
      clock: this.#clock,
      state: this.#state,
      recorder: this.#recorder,
      scheduler: this.#scheduler,
      vitals: {
        cpuUs: threadCpuUs,
        memoryBytes: () => process.memoryUsage.rss(),
        sockets: () => this.#guns.reduce((count, gun) => count + gun.openConnections, 0),
      },
      tellsMemory: job.threadIndex === 0,
      onFull: () => this.#flush(),
    });
    this.#state.enter(PHASE.load, -1);
    try {
      const shared = await this.#prepare();
      this.#shared = shared;
      if (job.load.model.kind === "open") {
        warmUpBatches();
        this.#pacer = new Pacer(this.#clock, job.workerUrl);
        await this.#pacer.ready;
      }
      this.#state.enter(PHASE.none, -1);
      this.#post({ type: "loaded", places: shared.mix.at(0).places });
    } catch (thrown) {
      const error = thrown instanceof OctError ? thrown : undefined;
      const text = this.#redactor.text(errorText(thrown));
      this.#post({ type: "load-failed", text, where: error?.where, hint: error?.hint });
    }
  }

  take(message: Exclude<ToThread, { type: "load" | "ping" | "pacer" | "target" }>): void {
    switch (message.type) {
      case "start":
        this.#start(message);
        return;
      case "control":
        this.#control = message;
        this.#scheduler.control(message.segments);
        return;
      case "stop":
        this.#scheduler.stop(message.graceUs);
        return;
      case "context":
        Object.assign(this.#context, message.context);
        return;
      case "once-granted":
        void this.#once.granted(message.name);
        return;
      case "once-told":
        this.#once.told(message.name, message.outcome);
        return;
      case "rows":
        this.#recorder.wantRows = message.isWanted;
    }
  }

  async #prepare(): Promise<CannonThread> {
    const job = this.#job;
    const state = this.#state;
    const host = {
      clock: this.#clock,
      signal: this.#abort.signal,
      // Its own clock, which is not moved under those who sleep.
      sleep: sleeperOf(systemClock(), this.#abort.signal),
      config: job.definition,
      context: this.#context,
      random: new Random(job.seed, job.turretIndex, THREAD_STREAM + job.threadIndex),
      suspend: () => state.mark,
      resume: (mark: number) => state.enterMark(mark),
      count: (name: string, amount: number) => this.#recorder.count(name, amount),
      gauge: (name: string, value: number) => this.#recorder.gaugeNow(name, value),
      check: (name: string, isOk: boolean) => this.#recorder.check(name, isOk),
      once: (scope: OnceScope, name: string, run: () => Promise<JsonValue>) =>
        this.#once.ask(scope, name, run),
      leaseRows: async (feed: FeedFacts) => this.#rows.lease(feed),
    };
    const { userAgents, network } = job.load;
    this.#requests = hammerRequests(job.definition["fire"], userAgents, job.seed);
    const mix = this.#requests === undefined ? await loadMix(job, host) : new Mix([NO_SCRIPT], []);
    return {
      host,
      recorder: this.#recorder,
      rows: this.#rows,
      state,
      mix,
      userAgents,
      network,
      env: process.env,
      turretName: job.turretName,
      seed: job.seed,
      turretIndex: job.turretIndex,
      generation: job.generation,
      timeouts: new Timeouts(this.#clock),
      prepared: new Map(),
      onError: (thrown, text) => this.#showError(thrown, text),
      redact: (text) => this.#redactor.text(text),
    };
  }

  #start(message: Extract<ToThread, { type: "start" }>): void {
    this.#clock.moveTo(message.offsetUs);
    this.#recorder.begin(message.startUs, message.startWallMs);
    this.#rows.begin(message.place);
    this.#stopFlushing = this.#clock.every(this.#job.flushPeriodUs, () => this.#flush());
    this.#control = message.control;
    const load = this.#planned(message.place) ?? NO_LOAD;
    this.#scheduler.begin(message.startUs, load, message.control.segments);
  }

  #planned(place: TurretPlace): LoadModel | undefined {
    const job = this.#job;
    const { threadCount } = job;
    const steps = stepsOf(job.load);
    return planLoad({
      ...job,
      segments: this.#control.segments,
      place,
      board: new Board({ threads: threadCount, steps }, job.board),
      makeCannon: (index) => this.#makeGun(index),
      makeWaker: () => this.#pacer ?? clockWaker(this.#clock),
      onDropped: (count) => this.#recorder.dropped(count),
      onLate: () => this.#recorder.count(COUNTER.late, 1),
    });
  }

  #makeGun(index: number): Gun {
    const shared = this.#shared as CannonThread;
    const gun =
      this.#requests === undefined
        ? new Cannon(index, shared)
        : this.#hammer(index, this.#requests.of(index), shared);
    this.#guns.push(gun);
    if (this.#job.generation === 0) this.#recorder.count(COUNTER.cannonsStarted, 1);
    return gun;
  }

  #hammer(index: number, request: PreparedRequest, shared: CannonThread): Hammer {
    const { recorder, timeouts, seed, env } = shared;
    const { proxy, resends: resendsStale } = shared.network;
    this.#observer ??= plainObserverOf(recorder);
    const observer = this.#observer;
    const pool = new Pool({ timeouts, observer, discardBody: true, env, proxy, resendsStale });
    return new Hammer({ index, clock: shared.host.clock, pool, request, recorder, seed });
  }

  #flush(): void {
    // A batch holds a bounded number of cells; the rest comes with the next.
    for (;;) {
      const batch = this.#recorder.take();
      if (batch === undefined) return;
      const { bytes, transactions } = batch;
      const { started } = this.#state;
      this.#post({ type: "batch", bytes, transactions, started }, [bytes.buffer as ArrayBuffer]);
    }
  }

  #finish(): void {
    this.#recorder.giveUp(this.#guns.map((gun) => gun.runningSinceUs));
    this.#stopFlushing();
    this.#flush();
    this.#state.cannons = 0;
    this.#post({ type: "done" });
    this.#pacer?.close();
    for (const gun of this.#guns) gun.close();
  }

  #tellTimer(slot: number, name: string): void {
    this.#post({
      type: "timer",
      slot,
      name,
      place: placeOfError(this.#job.directory, new Error()),
    });
  }

  // The first error of each kind is shown with the place it was thrown at; all are counted.
  #showError(thrown: unknown, text: string): void {
    if (this.#shown.size >= SHOWN_MAX) return;
    const key = `error ${errorPattern(text)}`;
    if (this.#shown.has(key)) return;
    const place = placeOfError(this.#job.directory, thrown);
    if (place !== "") this.#show(key, "warn", `first error of its kind: ${place}: ${text}`);
  }

  #onStray(counter: string, text: string): void {
    this.#recorder.count(counter, 1);
    if (!this.#scheduler.isOver) this.#show(counter, "warn", text);
  }

  #show(key: string, level: "warn" | "error", text: string): void {
    const count = (this.#shown.get(key) ?? 0) + 1;
    this.#shown.set(key, count);
    if (count > SHOWN_MAX) return;
    const rest = count === SHOWN_MAX ? " (further ones are only counted)" : "";
    this.#post({ type: "event", level, text: this.#redactor.text(text + rest) });
  }
}

async function loadMix(job: ThreadJob, host: ThreadHost): Promise<Mix> {
  const { directory, load } = job;
  const files = load.mix.length === 0 ? [job.script] : load.mix.map((part) => part.script);
  const scripts: Script[] = [];
  for (const script of files) scripts.push(await loadScript({ directory, script, host }));
  return new Mix(scripts, load.mix);
}

/** What -e gave at the HQ becomes variables of the script's process. */
function setVariables(job: ThreadJob): void {
  const given = job.definition["env"];
  if (typeof given !== "object" || given === null) return;
  for (const [name, value] of Object.entries(given)) process.env[name] = String(value);
}

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
