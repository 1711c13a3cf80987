// Unit tests of the scheduler on a clock that moves when told.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { rampUpPlan } from "../../../src/pace/closed.ts";
import type { Cannon } from "../../../src/turret/cannon.ts";
import { closedLoad } from "../../../src/turret/closed-load.ts";
import { Scheduler } from "../../../src/turret/scheduler.ts";

const START_US = 1_000_000;

/** A cannon whose transactions last `durationUs`; notes when they begin. */
class TimedCannon {
  readonly index: number;
  readonly begunUs: number[] = [];
  backoffUs = 0;
  finished = 0;
  readonly #clock: ManualClock;
  readonly #durationUs: number;

  constructor(clock: ManualClock, index: number, durationUs: number) {
    this.#clock = clock;
    this.index = index;
    this.#durationUs = durationUs;
  }

  async fire(): Promise<number> {
    this.begunUs.push(this.#clock.nowUs() - START_US);
    await this.#clock.sleep(this.#durationUs);
    this.finished++;
    return this.#clock.nowUs();
  }
}

interface Bench {
  readonly clock: ManualClock;
  readonly cannons: readonly TimedCannon[];
  readonly scheduler: Scheduler;
  readonly abort: AbortController;
  overUs: number | undefined;
  begin(): void;
  /** Moves time on in small steps, letting promises and turns of the loop have their say. */
  pass(durationUs: number): Promise<void>;
}

function bench(options: {
  cannons: number;
  rampupUs?: number;
  runTimeUs?: number;
  graceUs?: number;
  durationUs?: number;
}): Bench {
  const clock = new ManualClock(0);
  const { cannons: count, rampupUs = 0, runTimeUs = 10_000_000 } = options;
  const cannons = Array.from(
    { length: count },
    (_, i) => new TimedCannon(clock, i, options.durationUs ?? 100_000),
  );
  const abort = new AbortController();
  const found: Bench = {
    clock,
    cannons,
    abort,
    overUs: undefined,
    scheduler: new Scheduler({
      clock,
      runTimeUs,
      graceUs: options.graceUs ?? 5_000_000,
      abort,
      onOver: () => {
        found.overUs = clock.nowUs() - START_US;
      },
    }),
    begin() {
      const plan = rampUpPlan({ cannons: count, rampupUs, durationUs: runTimeUs });
      const planned = cannons.map((cannon) => ({
        cannon: cannon as unknown as Cannon,
        spans: plan.spansOf(cannon.index),
      }));
      found.scheduler.begin(START_US, closedLoad(planned));
    },
    async pass(durationUs) {
      for (let leftUs = durationUs; leftUs > 0; leftUs -= 10_000) {
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        clock.advance(Math.min(10_000, leftUs));
      }
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return found;
}

describe("Scheduler", () => {
  test("starts nothing before the start, and then all at once without a ramp-up", async () => {
    const one = bench({ cannons: 5 });
    one.begin();
    await one.pass(START_US - 10_000);
    expect(one.cannons.every((cannon) => cannon.begunUs.length === 0)).toBe(true);
    await one.pass(20_000);
    expect(one.cannons.map((cannon) => cannon.begunUs[0])).toEqual([0, 0, 0, 0, 0]);
    expect(one.scheduler.loops).toBe(5);
  });

  test("spreads the starts over the ramp-up, smoothly", async () => {
    const one = bench({ cannons: 4, rampupUs: 2_000_000 });
    one.begin();
    await one.pass(START_US + 3_000_000);
    expect(one.cannons.map((cannon) => cannon.begunUs[0])).toEqual([
      0, 500_000, 1_000_000, 1_500_000,
    ]);
  });

  test("starts no transaction at or after the end of the run", async () => {
    const one = bench({ cannons: 2, runTimeUs: 1_000_000, durationUs: 100_000 });
    one.begin();
    await one.pass(START_US + 3_000_000);
    const begun = one.cannons.flatMap((cannon) => cannon.begunUs);
    expect(Math.max(...begun)).toBeLessThan(1_000_000);
    expect(begun.length).toBe(one.cannons.reduce((sum, cannon) => sum + cannon.finished, 0));
    expect(one.overUs).toBeDefined();
    expect(one.scheduler.inFlight).toBe(0);
  });

  test("waits for what is in flight at the end, and no longer", async () => {
    const one = bench({ cannons: 1, runTimeUs: 1_000_000, durationUs: 3_000_000 });
    one.begin();
    await one.pass(START_US + 10_000_000);
    expect(one.cannons[0]?.finished).toBe(1);
    expect(one.overUs).toBe(3_000_000);
  });

  test("gives up what is in flight after the grace period", async () => {
    const one = bench({
      cannons: 1,
      runTimeUs: 1_000_000,
      durationUs: 60_000_000,
      graceUs: 2_000_000,
    });
    one.begin();
    await one.pass(START_US + 2_990_000);
    expect(one.abort.signal.aborted).toBe(false);
    await one.pass(20_000);
    expect(one.abort.signal.aborted).toBe(true);
    expect(one.overUs).toBe(3_000_000);
    expect(one.scheduler.inFlight).toBe(1);
  });

  test("stops when told, also in the middle of the ramp-up", async () => {
    const one = bench({ cannons: 10, rampupUs: 5_000_000 });
    one.begin();
    await one.pass(START_US + 1_250_000);
    one.scheduler.stop(1_000_000);
    await one.pass(1_000_000);
    const started = one.cannons.filter((cannon) => cannon.begunUs.length > 0).length;
    expect(started).toBe(3);
    expect(one.overUs).toBeLessThan(1_400_000);
  });

  test("is over at once when it is stopped before the start, and begins no more", async () => {
    const one = bench({ cannons: 1 });
    one.scheduler.stop(0);
    expect(one.scheduler.isOver).toBe(true);
    one.begin();
    await one.pass(START_US + 1_000_000);
    expect(one.cannons[0]?.begunUs).toEqual([]);
  });

  test("stopped while it waits for the start, fires nothing", async () => {
    const one = bench({ cannons: 1 });
    one.begin();
    one.scheduler.stop(0);
    await one.pass(START_US + 1_000_000);
    expect(one.cannons[0]?.begunUs).toEqual([]);
    expect(one.scheduler.isOver).toBe(true);
  });

  test("takes a start in the past as it is: the end does not move", async () => {
    const one = bench({ cannons: 4, rampupUs: 2_000_000, runTimeUs: 3_000_000 });
    await one.pass(START_US + 1_200_000);
    one.begin();
    await one.pass(10_000);
    expect(one.cannons.map((cannon) => cannon.begunUs.length > 0)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    await one.pass(4_000_000);
    expect(Math.max(...one.cannons.flatMap((cannon) => cannon.begunUs))).toBeLessThan(3_000_000);
  });

  test("waits as long as a cannon asks before its next transaction", async () => {
    const one = bench({ cannons: 1, durationUs: 100_000 });
    const [cannon] = one.cannons;
    if (cannon !== undefined) cannon.backoffUs = 400_000;
    one.begin();
    await one.pass(START_US + 1_000_000);
    expect(cannon?.begunUs).toEqual([0, 500_000, 1_000_000]);
  });
});
