// What a thread tells without being asked, in memory that it shares with the crew: that it lives, what
// script code it is in, and its counts. A thread that hangs or dies can be read to its last moment.
//
//   i32 0 beats   i32 1 phase   i32 2 timer slot + 1, 0 for none   i32 3 cannons that loop
//   f64 2 started transactions  f64 3 finished  f64 4 dropped  f64 5 rows taken
//   and as of the last second: f64 6 CPU %  f64 7 longest lag  f64 8 in flight  f64 9 sockets
//   f64 10 memory of the process
//
// One thread writes; numbers are aligned, so a reader sees an old or a new one and never half of one.

/** What script code a thread went into last. */
export const PHASE = { none: 0, load: 1, construct: 2, setup: 3, run: 4, tearDown: 5 } as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];

const PHASES = 8;
const STATE_BYTES = 128;
const BEATS = 0;
const PHASE_NOW = 1;
const TIMER = 2;
const CANNONS = 3;
const STARTED = 2;
const FINISHED = 3;
const DROPPED = 4;
const ROWS = 5;
const CPU = 6;
const LAG = 7;
const IN_FLIGHT = 8;
const SOCKETS = 9;
const MEMORY = 10;

/** How a thread was doing in the last second. */
export interface ThreadVitalSigns {
  readonly cpuPercent: number;
  readonly lagUs: number;
  readonly inFlight: number;
  readonly sockets: number;
  readonly memoryMb: number;
}

export class ThreadState {
  readonly buffer: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #counts: Float64Array;

  constructor(buffer = new SharedArrayBuffer(STATE_BYTES)) {
    this.buffer = buffer;
    this.#ints = new Int32Array(buffer);
    this.#counts = new Float64Array(buffer);
  }

  /** Says that the thread's loop turns. */
  beat(): void {
    Atomics.add(this.#ints, BEATS, 1);
  }

  get beats(): number {
    return Atomics.load(this.#ints, BEATS);
  }

  /** Notes that script code of `phase` runs now, inside the timer of `slot` (-1: none). */
  enter(phase: Phase, slot: number): void {
    this.#ints[PHASE_NOW] = phase;
    this.#ints[TIMER] = slot + 1;
  }

  /** Phase and timer as one number, to go back to. */
  get mark(): number {
    return (this.#ints[TIMER] as number) * PHASES + (this.#ints[PHASE_NOW] as number);
  }

  enterMark(mark: number): void {
    this.#ints[PHASE_NOW] = mark % PHASES;
    this.#ints[TIMER] = Math.floor(mark / PHASES);
  }

  get phase(): number {
    return Atomics.load(this.#ints, PHASE_NOW);
  }

  get timerSlot(): number {
    return Atomics.load(this.#ints, TIMER) - 1;
  }

  set cannons(count: number) {
    this.#ints[CANNONS] = count;
  }

  get cannons(): number {
    return Atomics.load(this.#ints, CANNONS);
  }

  set vitals(signs: ThreadVitalSigns) {
    this.#counts[CPU] = signs.cpuPercent;
    this.#counts[LAG] = signs.lagUs;
    this.#counts[IN_FLIGHT] = signs.inFlight;
    this.#counts[SOCKETS] = signs.sockets;
    this.#counts[MEMORY] = signs.memoryMb;
  }

  get vitals(): ThreadVitalSigns {
    const at = (place: number) => this.#counts[place] as number;
    return {
      cpuPercent: at(CPU),
      lagUs: at(LAG),
      inFlight: at(IN_FLIGHT),
      sockets: at(SOCKETS),
      memoryMb: at(MEMORY),
    };
  }

  get started(): number {
    return this.#counts[STARTED] as number;
  }

  set started(count: number) {
    this.#counts[STARTED] = count;
  }

  get finished(): number {
    return this.#counts[FINISHED] as number;
  }

  set finished(count: number) {
    this.#counts[FINISHED] = count;
  }

  /** Rows of the data file that most were taken of. */
  get rows(): number {
    return this.#counts[ROWS] as number;
  }

  set rows(count: number) {
    this.#counts[ROWS] = count;
  }

  get dropped(): number {
    return this.#counts[DROPPED] as number;
  }

  set dropped(count: number) {
    this.#counts[DROPPED] = count;
  }
}
