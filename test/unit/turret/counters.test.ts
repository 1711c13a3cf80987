// Counters of scripts: any number may be added, and the batch that carries it can be read.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { ThreadRecorder } from "../../../src/turret/thread-recorder.ts";
import { ThreadState } from "../../../src/turret/thread-state.ts";

describe("a counter", () => {
  test.each([1, 3, 0.5, -3, 6e9, 2 ** 52, -1e12])("takes %d", (amount) => {
    const clock = new ManualClock(5_000_000);
    const recorder = new ThreadRecorder({
      clock,
      state: new ThreadState(),
      turretName: "t",
      onName: () => {},
    });
    recorder.begin(clock.nowUs(), 1_000_000_000_000);
    recorder.count("bytes", amount);
    recorder.count("bytes", amount);
    const taken = recorder.take();
    const { cells } = decodeBatch(taken?.bytes ?? new Uint8Array());
    const cell = cells.find((one) => one.kind === CELL_KIND.counter && one.name === "bytes");
    expect(cell).toMatchObject({ count: 2, errorCount: 0, sum: 2 * amount });
  });
});
