// One HQ and scripted turrets of OCT protocol 1: what a run is when anything may arrive.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../../src/store/records.ts";
import { tempFolder } from "../support/temp.ts";
import { HqWorld, type JournalContent, result, spaced, status } from "./support/hq-world.ts";

const CAPTURE = path.join(import.meta.dir, "../fixtures/oct-wire-capture.jsonl");

/** Frames that stock turrets pushed in the captured run, in order. */
function stockFrames(): string[] {
  return readFileSync(CAPTURE, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((event) => event.kind === "message" && event.link === "rc" && event.dir === "peer->hq")
    .flatMap((event) => event.frames as string[]);
}

/** Transactions of all batches, by what the batches say and by what their histograms hold. */
function counted(journal: JournalContent): { batches: number; histograms: number; rows: number } {
  const sum = { batches: 0, histograms: 0, rows: 0 };
  for (const { content } of journal.batches) {
    sum.batches += content.transactions;
    sum.rows += content.rows.count;
    for (const cell of content.cells) {
      if (cell.kind === CELL_KIND.timer && cell.name === "") sum.histograms += cell.count;
    }
  }
  return sum;
}

/** Received, journaled, counted live and in the files are one number; gives it. */
function agreed(world: HqWorld): number {
  const journal = world.journal();
  const counts = world.hq.outcome.counts.turrets.find(
    (turret) => turret.turretIndex === PROTOCOL1_TURRET_INDEX,
  );
  const received = counts?.receivedTransactions ?? 0;
  expect(counts?.journaledTransactions ?? 0).toBe(received);
  expect(counted(journal)).toMatchObject({ batches: received, histograms: received });
  expect(world.hq.snapshot().transactions).toBe(received);
  const sequences = journal.batches.map((batch) => batch.sequence);
  expect(sequences).toEqual(sequences.map((_, i) => i + 1));
  return received;
}

describe("HqRun with stock turrets", () => {
  test("the frames of a captured run give its 97 transactions and 17 errors", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 2, runTimeUs: 15_000_000 });
    const frames = stockFrames();
    const statuses = frames.filter((frame) => frame.includes('"uuid"'));
    const results = frames.filter((frame) => !frame.includes('"uuid"'));
    expect(results).toHaveLength(97);
    world.protocol1.push(...statuses.filter((frame) => frame.includes("ready")));
    await world.until(() => world.protocol1.commands.includes("start"));
    world.protocol1.push(...statuses.filter((frame) => frame.includes("Running")));
    for (const frame of results) {
      const shifted = { ...JSON.parse(frame) };
      shifted.epoch += world.epoch(0) - 1_795_233_489;
      world.protocol1.push(frame.replace(/"epoch": [\d.]+/, `"epoch": ${shifted.epoch}.0`));
      await world.pass(140_000);
    }
    await world.until(() => world.protocol1.commands.includes("stop"));
    await world.turn();
    for (const frame of statuses.slice(0, 6)) world.protocol1.push(frame);
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(agreed(world)).toBe(97);
    const snapshot = world.hq.snapshot();
    expect([snapshot.transactions, snapshot.timers, snapshot.errors]).toEqual([97, 275, 17]);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(world.hq.outcome.exitCode).toBe(0);
    expect(world.hq.malformed.total).toBe(0);
    expect(counted(world.journal()).rows).toBe(97);
  });

  test("orders go out in OCT's order and form, and statuses are never answered", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 2, runTimeUs: 3_000_000 });
    world.protocol1.push(status({ uuid: "a" }));
    await world.pass(1_000_000);
    for (let i = 0; i < 500; i++) world.protocol1.push(status({ uuid: "a" }));
    await world.pass(1_000_000);
    const requests = world.protocol1.commands.length;
    expect(requests).toBeLessThanOrEqual(2);
    world.protocol1.push(status({ uuid: "b" }));
    await world.until(() => world.hq.phase === "draining");
    const orders = world.protocol1.orders.filter((order) => !order.includes("status_request"));
    expect(orders).toEqual([
      ' {"command":"set_transaction_context","msg":{}}',
      ' {"command":"start","msg":"open fire"}',
      ' {"command":"stop","msg":"premature stop"}',
    ]);
    expect(world.lines[0]).toBe("Warmup");
    const waiting = world.lines.filter((line) => line.startsWith("waiting for"));
    expect(waiting).toEqual([
      "waiting for 2 turrets to connect",
      "waiting for 1 turrets to connect",
      "waiting for 0 turrets to connect",
    ]);
  });

  test("a wait says again every ten seconds that it goes on", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    await world.pass(35_000_000);
    const waiting = world.lines.filter((line) => line === "waiting for 1 turrets to connect");
    expect(waiting).toHaveLength(4);
    expect(world.hq.isOver).toBe(false);
  });

  test("the newest status is kept, whatever its word", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 5_000_000 });
    await world.begin();
    world.protocol1.push(status({ status: "Bogus \u0007 word", cannons: "250", rampup: "30" }));
    await world.pass(2_000_000);
    expect(world.hq.snapshot().turrets[0]).toMatchObject({
      status: "Bogus \u0007 word",
      cannons: 250,
    });
    await world.end();
    const records = world.journal().turrets;
    expect(records.at(-1)).toMatchObject({ status: "ready", uuid: "uuid-1", wire: "protocol 1" });
    expect(records.some((record) => record["status"] === "Bogus \u0007 word")).toBe(true);
  });

  test("a turret that missed the start gets it again, one that fires does not", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 20_000_000 });
    world.protocol1.push(status());
    await world.until(() => world.protocol1.commands.includes("start"));
    await world.pass(1_000_000);
    world.protocol1.push(status());
    await world.pass(1_000_000);
    const starts = () => world.protocol1.commands.filter((command) => command === "start").length;
    expect(starts()).toBe(1);
    for (let second = 0; second < 8; second++) {
      world.protocol1.push(status());
      await world.pass(1_000_000);
    }
    expect(starts()).toBe(3);
    world.protocol1.push(status({ status: "Running" }));
    await world.pass(5_000_000);
    expect(starts()).toBe(3);
  });

  test("a late turret is started", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    await world.begin();
    await world.pass(2_000_000);
    world.protocol1.push(status({ uuid: "late" }));
    await world.turn();
    expect(world.protocol1.commands.slice(-2)).toEqual(["set_transaction_context", "start"]);
  });

  test("a silent turret is shown as lost, and as back when it is heard again", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 30_000_000 });
    await world.begin();
    world.protocol1.push(status({ uuid: "b" }));
    await world.turn();
    for (let second = 0; second < 6; second++) {
      world.protocol1.push(status({ uuid: "b", status: "Running" }));
      await world.pass(1_000_000);
    }
    expect(world.hq.snapshot().lostTurrets).toBe(1);
    expect(world.lines).toContain("turret navigation is lost: it says nothing any more");
    world.protocol1.push(status({ status: "Running" }));
    await world.pass(300_000);
    expect(world.hq.snapshot().lostTurrets).toBe(0);
    expect(world.lines).toContain("turret navigation is back");
  });

  test("a turret that was lost before the start is not missed at the end", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 1_000_000 });
    const early = world.addPeer();
    early.hello();
    await world.pass(5_000_000);
    expect(world.hq.snapshot().lostTurrets).toBe(1);
    await world.begin();
    await world.end();
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(
      world
        .journal()
        .turrets.filter(({ turretIndex }) => turretIndex === 0)
        .at(-1),
    ).toMatchObject({
      status: "left",
    });
  });

  test("results keep a turret alive that answers no request", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 12_000_000 });
    await world.begin();
    for (let second = 0; second < 10; second++) {
      world.protocol1.push(result({ epoch: world.epoch(second) }));
      await world.pass(1_000_000);
    }
    expect(world.hq.snapshot().lostTurrets).toBe(0);
  });

  test("a run with a lost turret is PARTIAL and says which", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 8_000_000 });
    await world.begin();
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.word).toBe("PARTIAL");
    expect(world.hq.outcome.verdict.reasons[0]).toContain("turret navigation was lost");
    expect(world.hq.outcome.exitCode).toBe(4);
  });

  test.each(["Aborted", "Killed"])(
    "a turret that says %s ends a run without others",
    async (word) => {
      using folder = tempFolder();
      const world = new HqWorld(folder.path, { runTimeUs: 3_600_000_000 });
      await world.begin();
      world.protocol1.push(status({ status: word }));
      expect(await world.until(() => world.hq.isOver, 20_000_000)).toBe(true);
      expect(world.hq.outcome.reason).toBe("all turrets have ended");
      expect(world.lines.join("\n")).toContain(`says ${word}`);
    },
  );

  test("results in flight at the stop are waited for, no longer than the grace", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000, graceUs: 5_000_000 });
    await world.begin();
    await world.until(() => world.hq.phase === "draining");
    const stopUs = world.clock.nowUs();
    for (let i = 0; i < 4; i++) {
      await world.pass(800_000);
      world.protocol1.push(result({ epoch: world.epoch(2) }), status({ status: "Running" }));
    }
    expect(world.hq.isOver).toBe(false);
    await world.until(() => world.hq.isOver);
    expect(world.clock.nowUs() - stopUs).toBeLessThan(6_000_000);
    expect(agreed(world)).toBe(4);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("still firing when the grace was over");
  });

  test("a quiet turret does not hold up the end", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000, graceUs: 60_000_000 });
    await world.begin();
    await world.until(() => world.hq.phase === "draining");
    const stopUs = world.clock.nowUs();
    await world.end();
    expect(world.clock.nowUs() - stopUs).toBeLessThan(1_000_000);
  });
});

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

describe("HqRun and its end", () => {
  test.each(["gathering", "arming", "firing", "draining"] as const)(
    "a stop while %s ends it, told why",
    async (phase) => {
      using folder = tempFolder();
      const world = new HqWorld(folder.path, { runTimeUs: 2_000_000 });
      if (phase === "arming") {
        world.addPeer().hello();
        await world.turn();
      }
      if (phase !== "gathering") world.protocol1.push(status());
      await world.until(() => world.hq.phase === phase);
      expect(world.hq.phase).toBe(phase);
      world.hq.requestStop("interrupted");
      const hasFired = phase === "firing" || phase === "draining";
      expect(world.hq.isOver).toBe(!hasFired);
      if (hasFired) await world.end();
      expect(world.hq.outcome.reason).toBe(phase === "draining" ? "run time" : "interrupted");
      expect(world.hq.outcome.hasStarted).toBe(hasFired);
      const [closed] = world.journal().closed;
      expect(closed?.["reason"]).toBe(world.hq.outcome.reason);
    },
  );

  test("a full disk ends the run with its error, and turrets are told to stop", async () => {
    using folder = tempFolder();
    let isFull = false;
    const { writeSync } = await import("node:fs");
    const write = (fd: number, bytes: Uint8Array) => {
      if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      return writeSync(fd, bytes);
    };
    const world = new HqWorld(folder.path, { journal: { write } });
    await world.begin();
    isFull = true;
    world.protocol1.push(result({ epoch: world.epoch(0) }));
    expect(world.turn()).rejects.toThrow();
    expect(world.hq.isOver).toBe(true);
    expect(world.protocol1.commands.at(-1)).toBe("stop");
  });

  test("too few turrets in time: exit code 3, and which came", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 3, waitUs: 4_000_000 });
    for (let second = 0; second < 5; second++) {
      world.protocol1.push(status({ uuid: "a", turret: "random" }));
      await world.pass(1_000_000);
    }
    expect(world.hq.isOver).toBe(true);
    expect(world.hq.outcome).toMatchObject({
      hasStarted: false,
      exitCode: 3,
      reason: "2 of 3 turrets are missing; these came: random",
    });
  });
});
