// The sleeps of a thread's scripts, on a clock moved by hand.

import { describe, expect, test } from "bun:test";
import { type Clock, ManualClock, systemClock } from "../../../src/base/clock.ts";
import { Random } from "../../../src/base/random.ts";
import { sleeperOf } from "../../../src/turret/thread-sleep.ts";

function world() {
  const clock = new ManualClock(1_000);
  let alarms = 0;
  const counting: Clock = {
    nowUs: () => clock.nowUs(),
    wallMs: () => clock.wallMs(),
    every: (periodUs, callback) => clock.every(periodUs, callback),
    sleep(durationUs, signal) {
      alarms++;
      return clock.sleep(durationUs, signal);
    },
  };
  const abort = new AbortController();
  return { clock, abort, sleep: sleeperOf(counting, abort.signal), alarms: () => alarms };
}

/** Lets everything that is settled run on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe("sleeperOf", () => {
  test("wakes each when it is due, never early, whatever order they came in", async () => {
    const { clock, sleep } = world();
    const random = new Random(7);
    const woken: { dueUs: number; atUs: number }[] = [];
    for (let i = 0; i < 500; i++) {
      const durationUs = random.integer(1, 1_000);
      const dueUs = clock.nowUs() + durationUs;
      void sleep(durationUs).then(() => woken.push({ dueUs, atUs: clock.nowUs() }));
      if (i % 5 === 0) {
        clock.advance(random.integer(0, 50));
        await settle();
      }
    }
    for (let i = 0; i < 100; i++) {
      clock.advance(10);
      await settle();
    }
    expect(woken.length).toBe(500);
    expect(woken.filter(({ dueUs, atUs }) => atUs < dueUs)).toEqual([]);
    expect(woken.filter(({ dueUs, atUs }) => atUs > dueUs + 50)).toEqual([]);
  });

  test("wakes in the order of falling asleep who is due at the same time", async () => {
    const { clock, sleep } = world();
    const woken: number[] = [];
    for (let i = 0; i < 50; i++) void sleep(100).then(() => woken.push(i));
    clock.advance(100);
    await settle();
    expect(woken).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("needs few alarms for many sleepers", async () => {
    const { clock, sleep, alarms } = world();
    const all = Array.from({ length: 10_000 }, (_, i) => sleep(1_000 + (i % 10)));
    expect(alarms()).toBe(1);
    for (let i = 0; i < 12; i++) {
      clock.advance(i === 0 ? 1_000 : 1);
      await settle();
    }
    await Promise.all(all);
    expect(alarms()).toBeLessThanOrEqual(11);
  });

  test("a sleep of nothing ends at once", async () => {
    await sleeperOf(systemClock(), new AbortController().signal)(0);
  });

  test("an abort ends all, and those that come after it", async () => {
    const { abort, sleep, clock } = world();
    const reason = new Error("the run is over");
    const all = [sleep(10), sleep(1), sleep(100)];
    abort.abort(reason);
    for (const one of [...all, sleep(5)]) {
      expect(await one.catch((thrown: unknown) => thrown)).toBe(reason);
    }
    clock.advance(1_000);
    await settle();
  });
});
