// How a thread itself is doing: its loop's lag, 50 times a second, and once a second the cannons, the
// transactions in flight, its share of a core and the memory of the process. A busy generator measures
// itself instead of the target; these numbers tell.

import type { Clock } from "../base/clock.ts";
import { GAUGE } from "../stats/cell.ts";
import type { Scheduler } from "./scheduler.ts";
import type { ThreadRecorder } from "./thread-recorder.ts";
import type { ThreadState } from "./thread-state.ts";

const BEAT_US = 20_000;
const BYTES_PER_MB = 1e6;

/** Numbers that only the process knows. */
export interface ThreadVitals {
  /** CPU time of this thread since its start. */
  cpuUs(): number;
  memoryBytes(): number;
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
  return clock.every(BEAT_US, () => {
    const nowUs = clock.nowUs();
    parts.state.beat();
    const wasFiring = isFiring;
    isFiring = scheduler.isFiring && nowUs >= scheduler.startUs;
    if (isFiring) {
      if (wasFiring) recorder.lag(nowUs, Math.max(0, nowUs - lastUs - BEAT_US));
      if (recorder.isFull) parts.onFull();
      const second = recorder.secondOf(nowUs);
      if (second !== sampled.second) sampled = sample(parts, second, nowUs, sampled);
    }
    lastUs = nowUs;
  });
}

function sample(
  parts: GaugeParts,
  second: number,
  nowUs: number,
  before: { readonly atUs: number; readonly cpuUs: number },
): { second: number; atUs: number; cpuUs: number } {
  const { recorder, scheduler, vitals, state } = parts;
  const cpuUs = vitals.cpuUs();
  state.cannons = scheduler.loops;
  recorder.gauge(GAUGE.cannons, second, scheduler.loops);
  recorder.gauge(GAUGE.inFlight, second, scheduler.inFlight);
  const passedUs = nowUs - before.atUs;
  if (passedUs > 0) {
    recorder.gauge(GAUGE.cpuPercent, second, (100 * (cpuUs - before.cpuUs)) / passedUs);
  }
  if (parts.tellsMemory) {
    recorder.gauge(GAUGE.memoryMb, second, vitals.memoryBytes() / BYTES_PER_MB);
  }
  return { second, atUs: nowUs, cpuUs };
}
