import { describe, expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { build, encodeIntoCompressedBase64, JsHistogram } from "hdr-histogram-js";
import { MalformedBytes } from "../../../src/base/bytes.ts";
import { Random } from "../../../src/base/random.ts";
import { HISTOGRAM, HISTOGRAM_INDICES, Histogram } from "../../../src/stats/histogram.ts";

const PERCENTS = [0, 1, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];
const LIMIT = HISTOGRAM.highestUs;

function theirs(values: readonly number[]) {
  const histogram = build({
    lowestDiscernibleValue: HISTOGRAM.lowestUs,
    highestTrackableValue: HISTOGRAM.highestUs,
    numberOfSignificantValueDigits: HISTOGRAM.digits,
    bitBucketSize: 64,
  });
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

function ours(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The package's typings leave `decode` out of JsHistogram. */
const decodeTheirs = (JsHistogram as unknown as { decode: typeof decodeUncompressed }).decode;
declare function decodeUncompressed(bytes: Uint8Array, bits: number): ReturnType<typeof theirs>;

// From 0 to the limit, as likely in every power of two.
const durationUs = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, part]) => Math.min(LIMIT, Math.floor(2 ** bits * (1 + part)) - 1));

describe("Histogram", () => {
  test("gives the percentiles of HdrHistogram", () => {
    fc.assert(
      fc.property(fc.array(durationUs, { minLength: 1, maxLength: 60 }), (values) => {
        const mine = ours(values);
        const reference = theirs(values);
        const found = mine.percentiles(PERCENTS);
        expect(found).toEqual(PERCENTS.map((percent) => reference.getValueAtPercentile(percent)));
        expect(found).toEqual(PERCENTS.map((percent) => mine.percentile(percent)));
        expect(mine.count).toBe(reference.totalCount);
        expect(mine.meanUs).toBeCloseTo(reference.mean, 3);
      }),
      { numRuns: 60 },
    );
  });

  test("every bucket is at most 0.1 % wide and has its own index", () => {
    const histogram = new Histogram();
    const random = new Random(11);
    for (let i = 0; i < 20_000; i++) histogram.record(2 ** random.uniform(0, 31.7));
    let previousUs = -1;
    for (const { lowUs, highUs } of histogram.buckets()) {
      expect(lowUs).toBeGreaterThan(previousUs);
      expect(highUs - lowUs).toBeLessThanOrEqual(lowUs / 1000);
      previousUs = highUs;
    }
  });

  test("is read by HdrHistogram from its V2 encoding, and reads theirs", () => {
    fc.assert(
      fc.property(fc.array(durationUs, { maxLength: 60 }), (values) => {
        const mine = ours(values);
        const read = decodeTheirs(mine.encodeV2(), 64);
        expect(read.totalCount).toBe(values.length);
        for (const percent of values.length === 0 ? [] : PERCENTS) {
          expect(read.getValueAtPercentile(percent)).toBe(mine.percentile(percent));
        }
        const back = Histogram.decodeV2(mine.encodeV2());
        expect([...back.buckets()]).toEqual([...mine.buckets()]);
      }),
      { numRuns: 40 },
    );
  });

  test("encodes the counts byte for byte as HdrHistogram does", () => {
    const values = [1, 2, 2, 3, 5, 2048, 2050, 1_000_000, 1_000_000, 59_000_000];
    const compressed = Buffer.from(encodeIntoCompressedBase64(theirs(values)), "base64");
    const plain = new Uint8Array(inflateSync(compressed.subarray(8)));
    expect(Buffer.from(plain.subarray(40))).toEqual(Buffer.from(ours(values).payload()));
    expect([...Histogram.decodeV2(plain).buckets()]).toEqual([...ours(values).buckets()]);
  });

  test("clamps and counts what is out of range", () => {
    const cases: readonly (readonly [number, number, number])[] = [
      [-1, 0, 1],
      [Number.NaN, 0, 1],
      [Number.NEGATIVE_INFINITY, 0, 1],
      [0, 0, 0],
      [0.99, 0, 0],
      [LIMIT, 3_600_809_983, 0],
      [LIMIT + 1, 3_600_809_983, 1],
      [2 ** 32 + 5, 3_600_809_983, 1],
      [Number.POSITIVE_INFINITY, 3_600_809_983, 1],
    ];
    for (const [value, percentile, clamped] of cases) {
      for (const histogram of [new Histogram(), new Histogram()]) {
        histogram.record(value);
        expect([value, histogram.count]).toEqual([value, 1]);
        expect([value, histogram.clampedCount]).toEqual([value, clamped]);
        expect(histogram.percentile(50)).toBe(percentile);
      }
      const counted = new Histogram();
      counted.recordCount(value, 7);
      expect([counted.count, counted.clampedCount]).toEqual([7, clamped * 7]);
    }
  });

  test("holds values above 2^31 and counts above 2^32", () => {
    const histogram = ours([2 ** 31 + 12_345, 3_000_000_000]);
    expect(histogram.percentile(100)).toBeGreaterThanOrEqual(3_000_000_000);
    expect(histogram.percentile(100)).toBeLessThan(3_003_000_000);
    histogram.recordCount(5_000, 2 ** 32 - 1);
    histogram.record(5_000);
    histogram.record(5_000);
    expect(histogram.count).toBe(2 ** 32 + 3);
    expect(histogram.percentile(50)).toBe(5_003);
    const back = Histogram.fromPayload(histogram.payload());
    expect([...back.buckets()]).toEqual([...histogram.buckets()]);
    back.merge(back);
    expect(back.count).toBe(2 * histogram.count);
  });

  test("merges the same way from histograms and from payloads, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.array(durationUs, { maxLength: 20 }), { maxLength: 5 }), (parts) => {
        const whole = ours(parts.flat());
        const merged = new Histogram();
        for (const part of parts) merged.merge(ours(part));
        const fromPayloads = new Histogram();
        for (const part of [...parts].reverse()) fromPayloads.mergePayload(ours(part).payload());
        expect([...merged.buckets()]).toEqual([...whole.buckets()]);
        expect([...fromPayloads.buckets()]).toEqual([...whole.buckets()]);
        expect(fromPayloads.payload()).toEqual(whole.payload());
      }),
      { numRuns: 50 },
    );
  });

  test("is empty at first and after clear", () => {
    const histogram = ours([5, 70_000]);
    histogram.clear();
    for (const empty of [histogram, new Histogram()]) {
      expect(empty.count).toBe(0);
      expect(empty.percentile(99)).toBe(0);
      expect([empty.minUs, empty.maxUs, empty.meanUs]).toEqual([0, 0, 0]);
      expect(empty.payload()).toEqual(new Uint8Array(0));
      expect([...empty.buckets()]).toEqual([]);
    }
    histogram.record(9);
    expect([histogram.minUs, histogram.maxUs]).toEqual([9, 9]);
  });

  test("counts values at most a limit", () => {
    const histogram = ours([10, 20, 30, 5_000]);
    const cases: readonly (readonly [number, number])[] = [
      [-1, 0],
      [9, 0],
      [10, 1],
      [29, 2],
      [4_990, 3],
      [5_000, 4],
      [1e12, 4],
    ];
    for (const [limit, count] of cases) {
      expect([limit, histogram.countAtMost(limit)]).toEqual([limit, count]);
    }
  });

  test("refuses payloads that are none, and stays as it was", () => {
    const malformed: Readonly<Record<string, readonly number[]>> = {
      "ends inside a number": [2, 0x80],
      "number without end": [2, ...new Array<number>(10).fill(0x80)],
      "count past 2^53": [2, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      "run of zeros past the end": [2, 0xff, 0xff, 0xff, 0x7f],
      "zeros only": [0, 0, 0],
      "a run of zeros only": [5],
    };
    for (const [what, bytes] of Object.entries(malformed)) {
      const histogram = ours([77]);
      expect(() => histogram.mergePayload(new Uint8Array(bytes)), what).toThrow(MalformedBytes);
      expect([...histogram.buckets()]).toEqual([{ lowUs: 77, highUs: 77, count: 1 }]);
    }
    const tooLong = new Uint8Array(HISTOGRAM_INDICES + 1).fill(2);
    expect(() => new Histogram().mergePayload(tooLong)).toThrow(MalformedBytes);
    expect(new Histogram().mergePayload(tooLong.subarray(1))).toBeUndefined();
  });

  test("refuses V2 of another kind", () => {
    const good = ours([5]).encodeV2();
    const changed = (at: number, byte: number) => {
      const copy = good.slice();
      copy[at] = byte;
      return copy;
    };
    const bad = {
      short: good.subarray(0, 39),
      cookie: changed(0, 0),
      digits: changed(15, 2),
      lowest: changed(23, 2),
      length: changed(7, 99),
      offset: changed(11, 2),
      leftovers: new Uint8Array([...good, 0]),
    };
    for (const [what, bytes] of Object.entries(bad)) {
      expect(() => Histogram.decodeV2(bytes), what).toThrow(MalformedBytes);
    }
  });
});
