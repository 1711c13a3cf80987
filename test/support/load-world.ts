// Load models on a clock that moves when told: every thread of every turret in one process, and what
// their cannons fired.

import { ManualClock } from "../../src/base/clock.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { Random } from "../../src/base/random.ts";
import { loadOf } from "../../src/config/turret-load.ts";
import type { ControlSegment } from "../../src/pace/control.ts";
import type { TurretPlace } from "../../src/protocol/messages.ts";
import { Board, stepsOf } from "../../src/turret/board.ts";
import type { Cannon } from "../../src/turret/cannon.ts";
import { planLoad } from "../../src/turret/load-plan.ts";
import { clockWaker } from "../../src/turret/pacer.ts";
import { Scheduler } from "../../src/turret/scheduler.ts";

export const START_US = 1_000_000;
const ALONE: TurretPlace = { index: 0, parts: 1, definitionIndex: 0, definitionParts: 1 };

export interface Shot {
  readonly cannon: number;
  readonly k: number;
  readonly intendedUs: number;
  readonly atUs: number;
}

export class LoadWorld {
  readonly clock = new ManualClock(START_US);
  readonly shots: Shot[] = [];
  readonly boards = new Map<number, Board>();
  readonly schedulers: Scheduler[] = [];
  readonly segments: ControlSegment[] = [];
  dropped = 0;
  late = 0;
  over = 0;

  /** Fires `definition` in all threads of all turrets, each transaction taking `durationUs`. */
  start(
    definition: JsonObject,
    options: {
      runTimeUs?: number;
      durationUs?: number;
      turrets?: number;
      threads?: number;
      graceUs?: number;
      lateTurret?: boolean;
      /** Threads whose load has ended wait for a change, as in a crew. */
      staysIdle?: boolean;
    } = {},
  ): Scheduler[] {
    const { runTimeUs = 10_000_000, turrets = 1, threads = 1 } = options;
    const load = loadOf(definition, runTimeUs);
    return Array.from({ length: turrets * threads }, (_, i) => {
      const turret = Math.floor(i / threads);
      const board = this.boards.get(turret) ?? new Board({ threads, steps: stepsOf(load) });
      this.boards.set(turret, board);
      const place =
        options.lateTurret === true
          ? { index: 0, parts: 0, definitionIndex: 0, definitionParts: 0 }
          : { index: turret, parts: turrets, definitionIndex: turret, definitionParts: turrets };
      const scheduler = new Scheduler({
        clock: this.clock,
        runTimeUs,
        graceUs: options.graceUs ?? 1_000_000,
        abort: new AbortController(),
        onOver: () => {
          this.over++;
        },
        ...(options.staysIdle === true ? { onIdle: () => {} } : {}),
      });
      const plan = planLoad({
        load,
        turretName: "t",
        segments: this.segments,
        seed: 7,
        turretIndex: turret,
        runTimeUs,
        place: turrets === 1 && options.lateTurret !== true ? ALONE : place,
        threadIndex: i % threads,
        threadCount: threads,
        board,
        done: 0,
        makeCannon: (index) => this.#cannon(index, options.durationUs ?? 0),
        makeWaker: () => clockWaker(this.clock),
        onDropped: (count) => {
          this.dropped += count;
        },
        onLate: () => {
          this.late++;
        },
      });
      scheduler.begin(START_US, plan ?? { run: async () => {} }, this.segments);
      this.schedulers.push(scheduler);
      return scheduler;
    });
  }

  /** Everybody hears of one more segment, `atUs` after the start. */
  control(parts: Partial<ControlSegment> & Pick<ControlSegment, "kind" | "atUs">): void {
    this.segments.push({ definition: "", value: 0, isPercent: false, ...parts });
    for (const scheduler of this.schedulers) scheduler.control([...this.segments]);
  }

  #cannon(index: number, durationUs: number): Cannon {
    const fire = async (intendedUs: number, k: number) => {
      const atUs = this.clock.nowUs() - START_US;
      this.shots.push({ cannon: index, k, intendedUs: intendedUs - START_US, atUs });
      if (durationUs > 0) await this.clock.sleep(durationUs);
      return this.clock.nowUs();
    };
    return { index, backoffUs: 0, fire, thinkRandom: new Random(index) } as unknown as Cannon;
  }

  async pass(durationUs: number, stepUs = 10_000): Promise<void> {
    for (let passed = 0; passed < durationUs; passed += stepUs) {
      await settle();
      this.clock.advance(stepUs);
    }
    await settle();
  }
}

// Promises and the loop's immediate callbacks, until nothing moves.
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 20; j++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
