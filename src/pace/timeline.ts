// Plan time and run time. A run's plan (arrivals, stages, its end) is laid out in plan time; a pause
// lets run time go on while plan time stands still. Both are microseconds from the start of the run.
//
//   plan   |      ____        Plan time rises with run time (slope 1), and rests while it is paused
//          |     /            (slope 0). What is due in the plan at the instant of a pause starts when
//          |____/             the pause is over.
//          |   /
//          +---------- run

/** A pause in run time; `untilUs` is infinite as long as nobody has resumed. */
export interface Pause {
  readonly atUs: number;
  readonly untilUs: number;
}

interface PlacedPause extends Pause {
  /** Plan time while it lasts. */
  readonly planUs: number;
  /** Run time minus plan time before it and after it. */
  readonly shiftUs: number;
  readonly nextShiftUs: number;
}

export class Timeline {
  readonly #pauses: readonly PlacedPause[];

  /** `pauses` in order and apart; what is not is left out. */
  constructor(pauses: readonly Pause[] = []) {
    const placed: PlacedPause[] = [];
    let shiftUs = 0;
    let lastUs = 0;
    for (const { atUs, untilUs } of pauses) {
      if (!(atUs >= lastUs && untilUs > atUs)) continue;
      const nextShiftUs = shiftUs + untilUs - atUs;
      placed.push({ atUs, untilUs, planUs: atUs - shiftUs, shiftUs, nextShiftUs });
      shiftUs = nextShiftUs;
      lastUs = untilUs;
    }
    this.#pauses = placed;
  }

  get pauses(): readonly Pause[] {
    return this.#pauses;
  }

  /** Plan time at a run time. */
  planUs(runUs: number): number {
    for (let i = this.#pauses.length - 1; i >= 0; i--) {
      const pause = this.#pauses[i] as PlacedPause;
      if (runUs >= pause.untilUs) return runUs - pause.nextShiftUs;
      if (runUs >= pause.atUs) return pause.planUs;
    }
    return runUs;
  }

  /** Run time at which what is due at a plan time may start; infinite behind a pause without an end. */
  runUs(planUs: number): number {
    for (let i = this.#pauses.length - 1; i >= 0; i--) {
      const pause = this.#pauses[i] as PlacedPause;
      if (planUs >= pause.planUs) return planUs + pause.nextShiftUs;
    }
    return planUs;
  }

  /** Run time at which a plan time is reached: before the pause that begins just then. */
  reachedUs(planUs: number): number {
    for (let i = this.#pauses.length - 1; i >= 0; i--) {
      const pause = this.#pauses[i] as PlacedPause;
      if (planUs > pause.planUs) return planUs + pause.nextShiftUs;
    }
    return planUs;
  }

  /** The pause that a run time lies in. */
  pauseAt(runUs: number): Pause | undefined {
    return this.#pauses.findLast((pause) => runUs >= pause.atUs && runUs < pause.untilUs);
  }

  /** The first pause that begins after a run time. */
  pauseAfter(runUs: number): Pause | undefined {
    return this.#pauses.find((pause) => pause.atUs > runUs);
  }

  /** How long plan time stood still up to a run time. */
  pausedUs(runUs: number): number {
    return runUs - this.planUs(runUs);
  }
}

/** The timeline of a run that nobody has paused. */
export const UNPAUSED = new Timeline();
