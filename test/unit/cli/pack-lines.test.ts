import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { withPackLines } from "../../../src/cli/pack-lines.ts";
import { Screen } from "../../../src/cli/screen.ts";
import { MemoryOutput } from "../../support/memory-env.ts";

const PACK = { bytes: new Uint8Array(12_345), hash: "" };

async function packing(tookS: number): Promise<string> {
  const clock = new ManualClock();
  const output = new MemoryOutput();
  const made = Promise.withResolvers<typeof PACK>();
  const parts = { screen: new Screen(output, clock), clock, name: "web\u001b[2J" };
  const packed = withPackLines(parts, () => made.promise);
  clock.advance(tookS * 1e6);
  made.resolve(PACK);
  expect(await packed).toBe(PACK);
  clock.advance(60e6);
  return output.text;
}

describe("withPackLines", () => {
  test("says nothing of a pack that is made within a second", async () => {
    expect(await packing(0.9)).toBe("");
  });

  test("says that it packs, at times how long, and what came of it", async () => {
    const lines = (await packing(25.5)).split("\n");
    expect(lines).toEqual([
      "packing web␛[2J, 1.00 s so far",
      "packing web␛[2J, 11.00 s so far",
      "packing web␛[2J, 21.00 s so far",
      "packed web␛[2J: 12.3 kB in 25.50 s",
      "",
    ]);
  });

  test("a pack that cannot be made says no more", async () => {
    const clock = new ManualClock();
    const output = new MemoryOutput();
    const parts = { screen: new Screen(output, clock), clock, name: "web" };
    const packed = withPackLines(parts, () => Promise.reject(new Error("no such script")));
    expect(packed).rejects.toThrow("no such script");
    await packed.catch(() => {});
    clock.advance(60e6);
    expect(output.text).toBe("");
  });
});
