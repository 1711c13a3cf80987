// How a thread itself is doing: its loop's lag, 50 times a second, and once a second the cannons, the
// transactions in flight, its sockets, its share of a core and the memory of the process. A busy
// generator measures itself instead of the target; these numbers tell.
//
// Every thread tells each second once, so that the samples of a second add up to what all threads had.
// One that stood still tells at its return of the seconds that it missed.

import type { Clock } from "../base/clock.ts";
import { GAUGE } from "../stats/cell.ts";
import type { Scheduler } from "./scheduler.ts";
import type { ThreadRecorder } from "./thread-recorder.ts";
import type { ThreadState, ThreadVitalSigns } from "./thread-state.ts";

const BEAT_US = 20_000;
const BYTES_PER_MB = 1e6;
/** Seconds that are told of afterwards; a thread that stands still longer is replaced. */
const MISSED_MAX = 60;

/** Numbers that only the process knows. */
export interface ThreadVitals {
  /** CPU time of this thread since its start. */
  cpuUs(): number;
  memoryBytes(): number;
  /** Connections that its cannons have open. */
  sockets(): number;
}

export interface GaugeParts {
  readonly clock: Clock;
  readonly state: ThreadState;
  readonly recorder: ThreadRecorder;
  readonly scheduler: Scheduler;
  readonly vitals: ThreadVitals;
  /** Only one thread of a turret tells the memory: it is the process's. */
  readonly tellsMemory: boolean;
  /** The open batch is as large as it may be. */
  readonly onFull: () => void;
}

/** Beats until the returned function is called. */
export function startGauges(parts: GaugeParts): () => void {
  const { clock, recorder, scheduler } = parts;
  let lastUs = clock.nowUs();
  let isFiring = false;
  let sampled = { second: -1, atUs: lastUs, cpuUs: parts.vitals.cpuUs() };
  let lagUs = 0;
  return clock.every(BEAT_US, () => {
    const nowUs = clock.nowUs();
    parts.state.beat();
    const wasFiring = isFiring;
    isFiring = scheduler.isFiring && nowUs >= scheduler.startUs;
    if (isFiring) {
      const behindUs = Math.max(0, nowUs - lastUs - BEAT_US);
      if (wasFiring) recorder.lag(nowUs, behindUs);
      if (wasFiring) lagUs = Math.max(lagUs, behindUs);
      if (recorder.isFull) parts.onFull();
      const second = recorder.secondOf(nowUs);
      if (second !== sampled.second) {
        sampled = sample(parts, { second, nowUs, lagUs }, sampled);
        lagUs = 0;
      }
    }
    lastUs = nowUs;
  });
}

interface Sampled {
  readonly second: number;
  readonly atUs: number;
  readonly cpuUs: number;
}

function sample(
  parts: GaugeParts,
  now: { readonly second: number; readonly nowUs: number; readonly lagUs: number },
  before: Sampled,
): Sampled {
  const { scheduler, vitals, state } = parts;
  const { second, nowUs, lagUs } = now;
  const cpuUs = vitals.cpuUs();
  const passedUs = nowUs - before.atUs;
  const signs = {
    cpuPercent: passedUs > 0 ? (100 * (cpuUs - before.cpuUs)) / passedUs : 0,
    lagUs,
    inFlight: scheduler.inFlight,
    sockets: vitals.sockets(),
    memoryMb: vitals.memoryBytes() / BYTES_PER_MB,
  };
  state.cannons = cannonsOf(scheduler);
  state.vitals = signs;
  const missed = before.second < 0 ? 0 : Math.min(MISSED_MAX, second - before.second - 1);
  for (let at = second - missed; at <= second; at++) record(parts, at, signs);
  return { second, atUs: nowUs, cpuUs };
}

function record(parts: GaugeParts, second: number, signs: ThreadVitalSigns): void {
  const { recorder, scheduler } = parts;
  recorder.gauge(GAUGE.cannons, second, cannonsOf(scheduler));
  recorder.gauge(GAUGE.inFlight, second, signs.inFlight);
  recorder.gauge(GAUGE.sockets, second, signs.sockets);
  recorder.gauge(GAUGE.cpuPercent, second, signs.cpuPercent);
  if (parts.tellsMemory) recorder.gauge(GAUGE.memoryMb, second, signs.memoryMb);
}

/** Cannons at work: of a closed load those that loop, of an open one those that have something to do. */
function cannonsOf({ loops, inFlight }: Scheduler): number {
  return Math.max(loops, inFlight);
}
