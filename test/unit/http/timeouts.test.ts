// Unit tests of the coarse timer of all timeouts.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { Timeouts, type Waiter } from "../../../src/http/timeouts.ts";

function waiter(): Waiter & { fired: number } {
  return {
    deadlineUs: Number.POSITIVE_INFINITY,
    fired: 0,
    onDeadline() {
      this.fired++;
    },
  };
}

describe("Timeouts", () => {
  test("fires once, never early and within two periods", () => {
    const clock = new ManualClock(7);
    const timeouts = new Timeouts(clock);
    const one = waiter();
    timeouts.add(one);
    clock.advance(30_000);
    one.deadlineUs = timeouts.deadline(1_000_000);
    const beganUs = clock.nowUs();
    while (one.fired === 0 && clock.nowUs() < beganUs + 5_000_000) clock.advance(1_000);
    const waitedUs = clock.nowUs() - beganUs;
    expect(waitedUs).toBeGreaterThanOrEqual(1_000_000);
    expect(waitedUs).toBeLessThanOrEqual(1_110_000);
    clock.advance(5_000_000);
    expect(one.fired).toBe(1);
  });

  test("forgets who leaves, and who does not wait", () => {
    const clock = new ManualClock();
    const timeouts = new Timeouts(clock);
    const [gone, idle] = [waiter(), waiter()];
    timeouts.add(gone);
    timeouts.add(idle);
    gone.deadlineUs = timeouts.deadline(1);
    timeouts.delete(gone);
    clock.advance(10_000_000);
    expect([gone.fired, idle.fired]).toEqual([0, 0]);
  });

  test("begins anew after everybody has left", () => {
    const clock = new ManualClock();
    const timeouts = new Timeouts(clock);
    const one = waiter();
    timeouts.add(one);
    timeouts.delete(one);
    clock.advance(60_000_000);
    timeouts.add(one);
    one.deadlineUs = timeouts.deadline(1_000_000);
    clock.advance(900_000);
    expect(one.fired).toBe(0);
    clock.advance(300_000);
    expect(one.fired).toBe(1);
  });
});
