import { describe, expect, test } from "bun:test";
import { MalformedBytes } from "../../../src/base/bytes.ts";
import { Random } from "../../../src/base/random.ts";
import { BatchBuilder, decodeBatch, mergeBatches } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import {
  bySlowness,
  SLOWEST_LIMIT,
  SlowestRequests,
  type SlowRequest,
  slowestOf,
} from "../../../src/stats/slowest.ts";

function request(durationUs: number, more: Partial<SlowRequest> = {}): SlowRequest {
  return {
    startUs: 1_000,
    durationUs,
    dnsUs: 1,
    connectUs: 2,
    tlsUs: 3,
    sendUs: 4,
    waitUs: 5,
    receiveUs: 6,
    name: "GET /",
    status: "GET 200",
    turret: "web",
    ...more,
  };
}

const durations = (requests: readonly SlowRequest[]) => requests.map((one) => one.durationUs);

describe("SlowestRequests", () => {
  test("over all its takes holds the slowest of everything that was offered", () => {
    const random = new Random(3);
    const slowest = new SlowestRequests();
    const offered: number[] = [];
    let taken: SlowRequest[] = [];
    for (let i = 0; i < 5_000; i++) {
      const durationUs = Math.floor(2 ** random.uniform(3, 25));
      offered.push(durationUs);
      if (durationUs > slowest.floorUs) slowest.add(request(durationUs));
      if (i % 97 === 0) taken = slowestOf([...taken, ...slowest.take()]);
    }
    taken = slowestOf([...taken, ...slowest.take()]);
    offered.sort((a, b) => b - a);
    expect(durations(taken)).toEqual(offered.slice(0, SLOWEST_LIMIT.requests));
  });

  test("keeps few, however much slower each is than all before", () => {
    const slowest = new SlowestRequests();
    for (let i = 1; i <= 10_000; i++) slowest.add(request(i));
    const taken = slowest.take();
    expect(taken.length).toBe(SLOWEST_LIMIT.requests);
    expect(durations(taken).at(0)).toBe(10_000);
    expect(durations(taken).at(-1)).toBe(10_001 - SLOWEST_LIMIT.requests);
    expect(slowest.isEmpty).toBe(true);
  });

  test("takes the first whatever they took, and none that is no number", () => {
    const slowest = new SlowestRequests();
    for (const durationUs of [0, Number.NaN]) slowest.add(request(durationUs));
    expect(durations(slowest.take())).toEqual([0]);
  });
});

describe("bySlowness", () => {
  test("orders every two that differ, the earlier first of two as slow", () => {
    const first = request(9, { startUs: 1 });
    const second = request(9, { startUs: 2 });
    expect([second, first].sort(bySlowness)).toEqual([first, second]);
    expect(bySlowness(request(9, { name: "a" }), request(9, { name: "b" }))).toBe(-1);
    expect(bySlowness(request(9), request(9))).toBe(0);
  });
});

describe("slow requests of a batch", () => {
  function batchOf(seed: number): Uint8Array {
    const random = new Random(8, seed);
    const builder = new BatchBuilder({ turretName: `turret ${seed % 3}` });
    for (let i = 0; i < 80; i++) {
      const { turret: _, ...slow } = request(random.integer(1, 1_000_000), {
        name: random.pick(["GET /", "", "POST /a", "👩‍👩‍👧‍👦", "x".repeat(9_000)]),
        startUs: random.integer(-5, 9_000_000),
      });
      builder.slow(slow);
      builder.record(builder.slot(CELL_KIND.timer, "GET /"), i % 3, slow.durationUs, false);
    }
    return builder.take()?.bytes ?? new Uint8Array();
  }

  test("come back as they were, bounded, slowest first, with the turret's name", () => {
    const batch = decodeBatch(batchOf(1));
    expect(batch.slowest.length).toBe(SLOWEST_LIMIT.requests);
    expect([...batch.slowest].sort(bySlowness)).toEqual([...batch.slowest]);
    const [one] = batch.slowest;
    expect(one).toMatchObject({ dnsUs: 1, connectUs: 2, tlsUs: 3, sendUs: 4, waitUs: 5 });
    expect(new Set(batch.slowest.map(({ turret }) => turret))).toEqual(new Set(["turret 1"]));
    for (const { name, startUs } of batch.slowest) {
      expect(name.length).toBeLessThanOrEqual(4_096);
      expect(startUs).toBeGreaterThanOrEqual(0);
    }
  });

  test("merge to the slowest of all, in whatever order", () => {
    const parts = [1, 2, 3, 4].map((seed) => decodeBatch(batchOf(seed)));
    const all = slowestOf(parts.flatMap((part) => part.slowest));
    const [a, b, c, d] = parts as [
      (typeof parts)[0],
      (typeof parts)[0],
      (typeof parts)[0],
      (typeof parts)[0],
    ];
    const left = decodeBatch(mergeBatches([a, b]));
    const right = decodeBatch(mergeBatches([d, c]));
    expect(decodeBatch(mergeBatches([right, left])).slowest).toEqual(all);
    expect(decodeBatch(mergeBatches(parts)).slowest).toEqual(all);
  });

  test("leave batches that have none as they ever were", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    builder.record(builder.slot(CELL_KIND.timer, ""), 0, 5, false);
    const { bytes } = builder.take() as { bytes: Uint8Array };
    expect(bytes[2]).toBe(1);
    expect(decodeBatch(bytes).slowest).toEqual([]);
    const asSecond = bytes.slice();
    asSecond[2] = 2;
    expect(() => decodeBatch(asSecond)).toThrow(MalformedBytes);
    expect(() => decodeBatch(new Uint8Array([...asSecond, 0]))).toThrow(MalformedBytes);
    asSecond[2] = 3;
    expect(() => decodeBatch(asSecond)).toThrow("batch of version 3");
  });
});
