// One HQ of protocol 1 and everything that may arrive at it: what is taken, what is refused and
// counted, and what floods cost.

import { describe, expect, test } from "bun:test";
import { tempFolder } from "../support/temp.ts";
import { agreed, counted } from "./support/hq-counts.ts";
import { HqWorld, result, spaced, status } from "./support/hq-world.ts";

describe("HqRun and what may arrive", () => {
  const cases: readonly [string, string | Uint8Array, string][] = [
    ["nothing", "", "empty message"],
    ["blanks", "  \n ", "empty message"],
    ["no JSON", "hello", "not JSON"],
    ["half of an object", '{"elapsed": 1, "epo', "not JSON"],
    ["bytes that are no text", new Uint8Array([0x7b, 0xff, 0xfe]), "not UTF-8"],
    ["a number", "5", "not an object"],
    ["an empty array", "[]", "not an object"],
    ["null", "null", "not an object"],
    ["an object without keys", "{}", "neither a status nor a result"],
    ["NaN", '{"elapsed": NaN, "epoch": 1, "scriptrun_time": 1}', "a number that is not finite"],
    ["a missing epoch", '{"elapsed": 1, "scriptrun_time": 1}', "result without elapsed"],
    ["a word for a time", spaced(result({ elapsed: "soon" })), "a time that is not a number"],
    ["null for a time", spaced(result({ scriptrun_time: null })), "a time that is not a number"],
    ["a negative time", spaced(result({ scriptrun_time: -1 })), "a negative time"],
    ["a time of a million years", spaced(result({ elapsed: 1e13 })), "a time that is too large"],
    ["timers in a list", spaced(result({ custom_timers: [1] })), "custom_timers that are not"],
    ["a timer without number", spaced(result({ custom_timers: { a: "x" } })), "not a duration"],
    ["a status without uuid", '{"status": "ready"}', "status without uuid"],
    ["a status without script", '{"status": "ready", "uuid": "u"}', "status without turret"],
    ["nesting", `{"elapsed": ${"[".repeat(500)}${"]".repeat(500)}}`, "nested too deep"],
    ["nesting without end", "[".repeat(200_000), "not JSON"],
    [
      "far too many timers",
      spaced(result({ custom_timers: many(1_001) })),
      "too many custom timers",
    ],
    ["a huge message", new Uint8Array(16 * 1024 * 1024 + 1).fill(32), "message over 16 MiB"],
  ];

  function many(count: number): Record<string, number> {
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [`timer ${i}`, 1]));
  }

  test.each(cases)("%s is counted by kind and stops nothing", async (_, frame, kind) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 3_000_000 });
    world.protocol1.push(frame);
    await world.pass(20_000);
    await world.begin();
    for (let i = 0; i < 5; i++) {
      world.protocol1.push(result({ epoch: world.epoch(0) }), frame);
      await world.turn();
    }
    await world.end();
    expect(agreed(world)).toBe(5);
    const { malformed } = world.hq.outcome.counts;
    expect(Object.entries(malformed)).toEqual([[expect.stringContaining(kind), 6]]);
    const kept = world.journal().malformed;
    expect(kept).toHaveLength(3);
    for (const record of kept) {
      expect(Buffer.from(record["sampleBase64"] as string, "base64").length).toBeLessThanOrEqual(
        4096,
      );
    }
    expect(world.hq.outcome.exitCode).toBe(0);
  });

  test("frames over the limit of the wire are counted with their size", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 1_000_000 });
    await world.begin();
    world.protocol1.pushOversize(70_000_000);
    await world.end();
    expect(world.hq.outcome.counts.malformed).toEqual({ "frame over 64 MiB": 1 });
    expect(world.journal().malformed[0]).toMatchObject({ sizeBytes: 70_000_000 });
  });

  const accepted: readonly [string, string, number][] = [
    ["as json.dumps writes it", spaced(result()), 1],
    ["without blanks", JSON.stringify(result()), 1],
    ["with leading blanks", `   ${spaced(result())}`, 1],
    ["behind a channel word", `results ${spaced(result())}`, 1],
    ["with a turret_name", spaced(result({ turret_name: "navigation" })), 1],
    ["with unknown keys", spaced(result({ extra: { deep: [1, 2] } })), 1],
    ["with numbers as texts", spaced(result({ elapsed: "1.5", epoch: "1795233489" })), 1],
    ["with error null", spaced(result({ error: null })), 1],
    ["with an object for an error", spaced(result({ error: { code: 5 } })), 1],
    ["with custom_timers null", spaced(result({ custom_timers: null })), 1],
    ["without custom_timers", '{"elapsed": 1, "epoch": 2, "scriptrun_time": 3, "error": ""}', 1],
    ["with the word status in the error", spaced(result({ error: "bad status 500" })), 1],
    ["with a timer called status", spaced(result({ custom_timers: { status: 1 } })), 1],
    ["with a key called status", spaced(result({ status: "ready" })), 1],
    ["three in an array", JSON.stringify([result(), result(), result()]), 3],
    ["two on lines", `${JSON.stringify(result())}\n${JSON.stringify(result())}\n`, 2],
    ["with an emoji", spaced(result({ error: "\u{1F980} caf\u00e9" })), 1],
  ];

  test.each(accepted)("a result %s is taken", async (_, frame, count) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 1_000_000 });
    await world.begin();
    world.protocol1.push(frame, frame);
    await world.end();
    expect(agreed(world)).toBe(count * 2);
    expect(world.hq.malformed.total).toBe(0);
    expect(counted(world.journal()).rows).toBe(count * 2);
  });

  test.each([
    ['"30s"', 30],
    ['"1m30s"', 90],
    ['"30"', 30],
    ["12.5", 12],
  ])("a rampup of %s is %d seconds", async (rampup, seconds) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    world.protocol1.push(status({ rampup: JSON.parse(rampup) }));
    await world.pass(20_000);
    expect(world.hq.malformed.counts()).toEqual({});
    expect(world.journal().turrets.at(-1)).toMatchObject({ rampup: seconds });
  });

  test.each(['"soon"', '"-5s"', "-1", "null"])("a rampup of %s is none", async (rampup) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    world.protocol1.push(status({ rampup: JSON.parse(rampup) }));
    await world.pass(20_000);
    expect(world.hq.malformed.total).toBe(1);
  });

  test("a flood of statuses costs few records and no orders", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 4_000_000 });
    await world.begin();
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 1_000; i++) {
        world.protocol1.push(status({ status: i % 2 === 0 ? "Running" : `word ${i}` }));
      }
      world.protocol1.push(result({ epoch: world.epoch(0) }));
      await world.turn();
    }
    await world.end();
    expect(agreed(world)).toBe(20);
    expect(world.journal().turrets.length).toBeLessThan(20);
    expect(world.protocol1.commands.filter((command) => command === "start")).toHaveLength(1);
  });

  test("a storm of what is malformed keeps three of each kind and loses no result", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000 });
    await world.begin();
    for (let i = 0; i < 3_000; i++) {
      world.protocol1.push("x", "{}", '{"elapsed": 1}');
      if (i % 10 === 0) world.protocol1.push(result({ epoch: world.epoch(0) }));
    }
    await world.end();
    expect(agreed(world)).toBe(300);
    expect(Object.values(world.hq.outcome.counts.malformed)).toEqual([3_000, 3_000, 3_000]);
    expect(world.journal().malformed).toHaveLength(9);
  });

  test("results before the start are counted as early, those of other times are placed by now", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 3_000_000 });
    world.protocol1.push(result(), result());
    await world.pass(100_000);
    await world.begin();
    await world.pass(1_000_000);
    world.protocol1.push(result({ epoch: 1 }), result({ epoch: world.epoch(500) }));
    world.protocol1.push(result({ epoch: world.epoch(1) }));
    await world.end();
    expect(agreed(world)).toBe(3);
    expect(world.hq.outcome.counts.malformed).toEqual({ "result before the start": 2 });
    const seconds = world
      .journal()
      .batches.flatMap((batch) => batch.content.cells.map((cell) => cell.second));
    expect(Math.max(...seconds)).toBeLessThanOrEqual(3);
    expect(world.lines.join("\n")).toContain("2 results were placed by when they came");
  });

  test("exact values are kept in the rows, whatever way a message was read", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 1_000_000 });
    await world.begin();
    const values = [0.6574220657348633, 1e-7, 12.000000000000002, 5e-5, 0.1 + 0.2, 123456.789];
    for (const value of values) {
      for (let i = 0; i < 2; i++) {
        world.protocol1.push(
          spaced(result({ scriptrun_time: value, custom_timers: { a: value } })),
        );
      }
    }
    await world.end();
    const rows = world.journal().batches.map((batch) => batch.content.rows);
    const expected = values.flatMap((value) => [value, value]);
    expect(rows.flatMap((row) => [...row.scriptrunS])).toEqual(expected);
    expect(rows.flatMap((row) => [...row.timerS])).toEqual(expected);
  });

  test("rows end at their limit, statistics do not", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000, resultsMaxRows: 50 });
    await world.begin();
    for (let i = 0; i < 20; i++) {
      for (let k = 0; k < 10; k++) world.protocol1.push(result({ epoch: world.epoch(0) }));
      await world.turn();
    }
    await world.end();
    expect(agreed(world)).toBe(200);
    expect(counted(world.journal()).rows).toBe(50);
    expect(world.hq.outcome.counts).toMatchObject({ rowsKept: 50, rowsCounted: 200 });
  });

  test("what outsiders are called cannot steer the terminal", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    world.protocol1.push(status({ turret: "evil\u001b[2J\r\n", uuid: "x" }));
    await world.pass(20_000);
    expect(world.lines.join("")).not.toMatch(/\p{Cc}/u);
    expect(world.lines.join("")).toContain("evil");
  });

  test("ten thousand turrets and no more are known, further ones are counted", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 20_000 });
    for (let i = 0; i < 10_005; i++) world.protocol1.push(status({ uuid: `uuid-${i}` }));
    await world.turn();
    expect(world.hq.snapshot().turretCount).toBe(10_000);
    expect(world.hq.malformed.counts()).toEqual({ "status of one turret too many": 5 });
    expect(world.lines.length).toBeLessThan(300);
  });
});
