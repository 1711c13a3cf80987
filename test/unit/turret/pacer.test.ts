// The helper thread that wakes another: never early, always at the newest order, gone when closed.

import { describe, expect, test } from "bun:test";
import { ManualClock, systemClock } from "../../../src/base/clock.ts";
import { clockWaker, Pacer } from "../../../src/turret/pacer.ts";

const worker = new URL("../../../src/worker.ts", import.meta.url).href;

describe("Pacer", () => {
  test("wakes at or after each instant, one after the other", async () => {
    const clock = systemClock();
    const pacer = new Pacer(clock, worker);
    await pacer.ready;
    let dueUs = clock.nowUs();
    for (let i = 0; i < 50; i++) {
      dueUs += 700;
      await pacer.wait(dueUs);
      expect(clock.nowUs()).toBeGreaterThanOrEqual(dueUs);
    }
    pacer.close();
  });

  test("an instant that has passed wakes at once, and a waiter is woken when asked", async () => {
    const clock = systemClock();
    const pacer = new Pacer(clock, worker);
    await pacer.ready;
    await pacer.wait(clock.nowUs() - 1_000_000);
    const hourUs = 3_600_000_000;
    const waiting = pacer.wait(clock.nowUs() + hourUs);
    pacer.wakeNow();
    await waiting;
    // The order that was taken back does not wake the next one.
    const dueUs = clock.nowUs() + 5_000;
    await pacer.wait(dueUs);
    expect(clock.nowUs()).toBeGreaterThanOrEqual(dueUs);
    const last = pacer.wait(clock.nowUs() + hourUs);
    pacer.close();
    await last;
  });
});

describe("clockWaker", () => {
  test("waits on the clock it is given", async () => {
    const clock = new ManualClock();
    const waker = clockWaker(clock);
    let isAwake = false;
    const waiting = waker.wait(1_000).then(() => {
      isAwake = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(isAwake).toBe(false);
    clock.advance(1);
    await waiting;
    expect(isAwake).toBe(true);
  });
});
