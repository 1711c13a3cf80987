// Decoders of statistics take bytes from other machines: whatever comes, they give a batch that holds
// together or throw MalformedBytes, and never hold more than a small multiple of what they were given.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MalformedBytes } from "../../src/base/bytes.ts";
import { Random } from "../../src/base/random.ts";
import { Aggregate } from "../../src/stats/aggregate.ts";
import { BatchBuilder, decodeBatch, mergeBatches } from "../../src/stats/batch.ts";
import type { Batch } from "../../src/stats/batch-format.ts";
import { CELL_KIND, hasHistogram } from "../../src/stats/cell.ts";
import { Histogram } from "../../src/stats/histogram.ts";
import { SLOWEST_LIMIT } from "../../src/stats/slowest.ts";

function orMalformed<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedBytes);
    return undefined;
  }
}

// What holds of every batch that was accepted.
function expectSound(batch: Batch, sizeBytes: number): void {
  const { cells, rows, texts } = batch;
  expect(texts[0]).toBe("");
  expect(cells.length + rows.count + rows.timerS.length + texts.length).toBeLessThanOrEqual(
    sizeBytes + 1,
  );
  for (const cell of cells) {
    expect(texts).toContain(cell.name);
    expect(cell.errorCount).toBeLessThanOrEqual(cell.count);
    expect(cell.histogram !== undefined).toBe(hasHistogram(cell.kind));
    if (cell.histogram !== undefined) {
      expect(Histogram.fromPayload(cell.histogram).count).toBe(cell.count);
    }
  }
  for (const ids of [rows.errorText, rows.turretText, rows.timerText]) {
    for (const id of ids) expect(id).toBeLessThan(texts.length);
  }
  expect(batch.slowest.length).toBeLessThanOrEqual(SLOWEST_LIMIT.requests);
  for (const { name, status, turret } of batch.slowest) {
    for (const text of [name, status, turret]) expect(texts).toContain(text);
  }
  expect(rows.timerEnd.at(-1) ?? 0).toBe(rows.timerS.length);
  const aggregate = new Aggregate();
  aggregate.add(batch, 0);
  const again = decodeBatch(mergeBatches([batch]));
  expect([again.cells.length, again.rows.count]).toEqual([cells.length, rows.count]);
  expect(again.slowest.length).toBe(batch.slowest.length);
}

const PHASES = { dnsUs: 0, connectUs: 1, tlsUs: 200, sendUs: 3, waitUs: 70_000, receiveUs: 5 };

function validBatch(seed: number): Uint8Array {
  const random = new Random(seed);
  const builder = new BatchBuilder({ turretName: "turret" });
  for (let i = 0; i < 40; i++) {
    const second = random.integer(0, 5);
    const kind = random.pick([CELL_KIND.timer, CELL_KIND.gauge, CELL_KIND.lateness]);
    const value = kind === CELL_KIND.gauge ? random.normal(0, 9) : 2 ** random.uniform(0, 31);
    builder.record(builder.slot(kind, random.pick(["", "a", "b"])), second, value, i % 9 === 0);
    builder.add(builder.slot(CELL_KIND.error, random.pick(["x", "yy"])), second, 1, 1, 0);
    if (i % 4 !== 0) continue;
    const timers = ["t", random.unit(), "u", 1];
    const error = random.pick(["", "x"]);
    builder.row({ elapsedS: i, epochS: 1e9, scriptrunS: 1, responseS: i, error, timers });
    builder.countTransaction();
    if (seed % 2 === 1)
      builder.slow({ ...PHASES, startUs: i, durationUs: i, name: "a", status: "x" });
  }
  return builder.take()?.bytes ?? new Uint8Array();
}

const SEEDS = Array.from({ length: 8 }, (_, seed) => validBatch(seed));

function mutated(random: Random): Uint8Array {
  const copy = random.pick(SEEDS).slice();
  const changes = random.integer(1, 4);
  for (let i = 0; i < changes; i++) {
    const at = random.integer(0, copy.length - 1);
    const how = random.integer(0, 4);
    if (how === 0) copy[at] = random.integer(0, 255);
    else if (how === 1) copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
    else if (how === 2) copy[at] = random.pick([0, 1, 127, 128, 254, 255]);
    else if (how === 3) copy.copyWithin(at, random.integer(0, copy.length - 1));
    else return copy.subarray(0, at);
  }
  return copy;
}

describe("decodeBatch", () => {
  test("accepts what builders make", () => {
    for (const bytes of SEEDS) expectSound(decodeBatch(bytes), bytes.length);
  });

  test("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasHead) => {
        const version = 1 + (bytes.length % 2);
        const input = hasHead ? new Uint8Array([0x7b, 0x0c, version, ...bytes]) : bytes;
        const batch = orMalformed(() => decodeBatch(input));
        if (batch !== undefined) expectSound(batch, input.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes good batches gone bad", () => {
    let accepted = 0;
    for (let k = 0; k < 4_000; k++) {
      const input = mutated(new Random(99, k));
      const batch = orMalformed(() => decodeBatch(input));
      if (batch === undefined) continue;
      accepted++;
      if (accepted % 8 === 0) expectSound(batch, input.length);
    }
    expect(accepted).toBeGreaterThan(0);
  });

  test.each([0, 1])("refuses good batch %d cut short anywhere", (seed) => {
    const bytes = SEEDS[seed] as Uint8Array;
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeBatch(bytes.subarray(0, size))).toThrow(MalformedBytes);
    }
  });
});

describe("Histogram", () => {
  test("takes any bytes as a payload", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const histogram = orMalformed(() => Histogram.fromPayload(bytes));
        if (histogram === undefined) return;
        const counts = [...histogram.buckets()].reduce((sum, bucket) => sum + bucket.count, 0);
        expect(counts).toBe(histogram.count);
        const percentiles = histogram.percentiles([0, 50, 100]);
        expect(percentiles).toEqual([...percentiles].sort((a, b) => a - b));
        expect(Histogram.fromPayload(histogram.payload()).count).toBe(histogram.count);
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes any bytes as V2", () => {
    const good = Histogram.fromPayload(new Uint8Array([11, 2, 4, 6])).encodeV2();
    for (let k = 0; k < 3_000; k++) {
      const random = new Random(5, k);
      const copy = good.slice(0, random.integer(0, good.length));
      for (let i = 0; i < 2 && copy.length > 0; i++) {
        copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
      }
      const histogram = orMalformed(() => Histogram.decodeV2(copy));
      if (histogram !== undefined) expect(histogram.count).toBeGreaterThanOrEqual(0);
    }
  });
});
