import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionFailed, assert } from "../../../src/base/assert.ts";
import { ByteReader, ByteWriter, MalformedBytes } from "../../../src/base/bytes.ts";
import { ManualClock, systemClock } from "../../../src/base/clock.ts";
import { crc32 } from "../../../src/base/crc32.ts";
import { clip, errorText, OctError, UsageError } from "../../../src/base/errors.ts";
import { isShallow } from "../../../src/base/json.ts";
import { formatLogEvent } from "../../../src/base/log.ts";
import { hash32, hashUnit, Random } from "../../../src/base/random.ts";
import { Ring } from "../../../src/base/ring.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  parseDurationUs,
} from "../../../src/base/units.ts";

describe("ByteReader and ByteWriter", () => {
  test("read back what was written", () => {
    const whole = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat(200));
    fc.assert(
      fc.property(fc.array(fc.tuple(whole, fc.string(), fc.double())), (items) => {
        const writer = new ByteWriter(1);
        for (const [number, text, double] of items) {
          writer.varint(number);
          writer.text(text.toWellFormed());
          writer.f64(double);
        }
        const reader = new ByteReader(writer.finish());
        for (const [number, text, double] of items) {
          expect(reader.varint()).toBe(number);
          expect(reader.text(10_000)).toBe(text.toWellFormed());
          expect(reader.f64()).toBe(double);
        }
        reader.end();
      }),
    );
  });

  test("random bytes end in a value or in MalformedBytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new ByteReader(bytes);
        try {
          while (reader.remaining > 0) {
            reader.varint();
            reader.text(8);
          }
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(MalformedBytes);
        }
      }),
    );
  });

  test.each([
    ["past the end", (reader: ByteReader) => reader.raw(5)],
    ["a text over its limit", (reader: ByteReader) => reader.text(1)],
    ["leftovers", (reader: ByteReader) => reader.end()],
  ])("refuses %s", (_, read) => {
    expect(() => read(new ByteReader(new Uint8Array([3, 65, 66, 67])))).toThrow(MalformedBytes);
  });

  test("patchU32 overwrites in place", () => {
    const writer = new ByteWriter();
    writer.u32(0);
    writer.u8(7);
    writer.patchU32(0, 0xfffffffe);
    expect([...writer.view()]).toEqual([254, 255, 255, 255, 7]);
  });
});

describe("ManualClock", () => {
  test("fires what falls due, in order, at its own time", async () => {
    const clock = new ManualClock(1000);
    const seen: string[] = [];
    const stop = clock.every(400, () => seen.push(`tick ${clock.nowUs()}`));
    const slept = clock.sleep(1000).then(() => seen.push("slept"));
    clock.advance(999);
    stop();
    clock.advance(5000);
    await slept;
    expect(seen).toEqual(["tick 1400", "tick 1800", "slept"]);
    expect(clock.wallMs()).toBe(1_700_000_000_000 + 5.999);
  });

  test("an aborted sleep rejects with the reason", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = clock.sleep(10, controller.signal);
    controller.abort(new Error("stop"));
    await expect(slept).rejects.toThrow("stop");
  });
});

describe("systemClock", () => {
  test("a sleep is never short", async () => {
    const clock = systemClock();
    const startUs = clock.nowUs();
    await clock.sleep(3_300);
    expect(clock.nowUs() - startUs).toBeGreaterThanOrEqual(3_300);
  });

  test("an offset moves the zero", () => {
    expect(systemClock(1e12).nowUs()).toBeGreaterThan(1e12);
  });
});

describe("Ring", () => {
  test("is a queue with a limit, whatever is pushed and shifted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.boolean(), { maxLength: 200 }),
        (size, moves) => {
          const ring = new Ring<number>(size);
          const oracle: number[] = [];
          moves.forEach((isPush, i) => {
            if (isPush) {
              expect(ring.push(i)).toBe(oracle.length < size);
              if (oracle.length < size) oracle.push(i);
            } else {
              expect(ring.shift()).toBe(oracle.shift());
            }
            expect([...ring]).toEqual(oracle);
            expect(ring.peek()).toBe(oracle[0]);
            expect(ring.at(2)).toBe(oracle[2]);
            expect(ring.isFull).toBe(oracle.length === size);
          });
        },
      ),
    );
  });
});

describe("random", () => {
  test("hash32 is a function of seed, k and stream", () => {
    expect(hash32(1, 2, 3)).toBe(hash32(1, 2, 3));
    const seen = new Set<number>();
    for (let k = 0; k < 10_000; k++) seen.add(hash32(7, k));
    for (let k = 0; k < 10_000; k++) seen.add(hash32(7, k * 2 ** 32 + 5));
    expect(seen.size).toBeGreaterThan(19_900);
  });

  test("hashUnit and Random.unit are uniform: chi-squared over 100 bins", () => {
    const random = new Random(42);
    for (const draw of [(k: number) => hashUnit(9, k), () => random.unit()]) {
      const bins = new Array<number>(100).fill(0);
      for (let k = 0; k < 100_000; k++) bins[Math.floor(draw(k) * 100)]!++;
      const chi = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
      expect(chi).toBeLessThan(149); // 99 degrees of freedom, p = 0.001
    }
  });

  test("exponential and normal have their mean and deviation", () => {
    const random = new Random(5);
    const n = 100_000;
    let exponential = 0;
    let normal = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      exponential += random.exponential(3);
      const value = random.normal(10, 2);
      normal += value;
      squares += (value - 10) ** 2;
    }
    expect(exponential / n).toBeCloseTo(3, 1);
    expect(normal / n).toBeCloseTo(10, 1);
    expect(Math.sqrt(squares / n)).toBeCloseTo(2, 1);
  });

  test("shuffle keeps all items, integer keeps its bounds", () => {
    const random = new Random(1);
    const items = [1, 2, 3, 4, 5];
    expect(random.shuffle(items).sort()).toEqual(items);
    const drawn = Array.from({ length: 200 }, () => random.integer(2, 4));
    expect([...new Set(drawn)].sort()).toEqual([2, 3, 4]);
    expect(items).toContain(random.pick(items));
    expect(random.uniform(5, 6)).toBeGreaterThanOrEqual(5);
  });
});

describe("units", () => {
  test.each([
    ["30", 30_000_000],
    ["0.5", 500_000],
    ["30s", 30_000_000],
    ["250ms", 250_000],
    ["1m30s", 90_000_000],
    ["1.5h", 5_400_000_000],
    ["2 min", 120_000_000],
    ["10us", 10],
    ["", undefined],
    ["5 parsecs", undefined],
    ["s", undefined],
    ["-3s", undefined],
    ["3s later", undefined],
  ])("parseDurationUs(%p) is %p", (text, expected) => {
    expect(parseDurationUs(text)).toBe(expected as number);
  });

  test.each([
    [0, "0 us"],
    [850.4, "850 us"],
    [1_240, "1.24 ms"],
    [99_940, "99.9 ms"],
    [850_000, "850 ms"],
    [999_600, "1.00 s"],
    [2_500_000, "2.50 s"],
    [90_000_000, "1m 30s"],
    [7_500_000_000, "2h 05m"],
    [-1500, "-1.50 ms"],
    [Number.NaN, "–"],
  ])("formatDuration(%p) is %p", (us, expected) => {
    expect(formatDuration(us)).toBe(expected);
  });

  test("sizes, counts and rates", () => {
    expect([512, 1200, 64e6, 999_960].map(formatBytes)).toEqual([
      "512 B",
      "1.2 kB",
      "64.0 MB",
      "1.0 MB",
    ]);
    expect([0, 999, 1234567].map(formatCount)).toEqual(["0", "999", "1,234,567"]);
    expect([0.25, 12.34, 4906.2].map(formatRate)).toEqual(["0.25/s", "12.3/s", "4,906/s"]);
  });
});

describe("errors", () => {
  test.each([
    [new Error("boom"), "boom"],
    [new TypeError(""), "TypeError"],
    ["text", "text"],
    ["", "empty error"],
    [null, "null"],
    [{ code: 5 }, '{"code":5}'],
  ])("errorText of thrown thing %#", (thrown, expected) => {
    expect(errorText(thrown)).toBe(expected);
  });

  test("operators' errors carry where, hint and exit code", () => {
    const error = new OctError("no", { where: "here", hint: "do", cause: new Error("deep") });
    expect([error.exitCode, error.where, error.hint]).toEqual([1, "here", "do"]);
    expect(new UsageError("no").exitCode).toBe(2);
  });

  test("assert throws its own kind, clip marks the cut", () => {
    expect(() => assert(false, "never")).toThrow(AssertionFailed);
    expect(clip("abcdef", 4)).toBe("abc…");
    expect(clip("abc", 4)).toBe("abc");
  });
});

describe("small things", () => {
  test("crc32 is the IEEE one", () => {
    expect(crc32(new TextEncoder().encode("123456789")).toString(16)).toBe("cbf43926");
  });

  test("isShallow bounds depth", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = [deep];
    expect([isShallow(deep), isShallow({ a: [1, { b: null }] })]).toEqual([false, true]);
  });

  test("log fields with blanks are quoted", () => {
    const event = {
      level: "info" as const,
      text: "joined",
      fields: { name: "a b", n: 3, no: undefined },
    };
    expect(formatLogEvent(event)).toBe('joined name="a b" n=3');
  });
});
