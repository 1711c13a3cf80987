// The system's clock where its timers have limits.

import { describe, expect, spyOn, test } from "bun:test";
import { systemClock } from "../../../src/base/clock.ts";

const DAY_US = 86_400_000_000;

describe("systemClock", () => {
  test("a sleep of months asks the loop for no longer than its timers hold", async () => {
    const spy = spyOn(globalThis, "setTimeout");
    try {
      const abort = new AbortController();
      const slept = systemClock().sleep(90 * DAY_US, abort.signal);
      const [, delayMs] = spy.mock.calls.at(-1) ?? [];
      expect(delayMs).toBe(2 ** 31 - 1);
      abort.abort(new Error("enough"));
      expect(slept).rejects.toThrow("enough");
    } finally {
      spy.mockRestore();
    }
  });
});
