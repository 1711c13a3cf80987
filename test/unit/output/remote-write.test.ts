import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUCKETS_S, metricsOf } from "../../../src/output/metrics.ts";
import { renderPrometheusText } from "../../../src/output/prometheus-text.ts";
import { remoteWriteBody } from "../../../src/output/remote-write.ts";
import { snappyBlock } from "../../../src/output/snappy.ts";
import { Aggregate } from "../../../src/stats/aggregate.ts";
import { outputBatch } from "../../support/output-samples.ts";
import { snappyText, writtenSeries } from "../../support/remote-write.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";

describe("snappy", () => {
  test("any bytes come back", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 }))
        .map(
          ([part, times]) =>
            new Uint8Array(
              Array(times)
                .fill([...part])
                .flat(),
            ),
        ),
    );
    fc.assert(
      fc.property(bytes, (plain) => {
        expect(snappyText(snappyBlock(plain))).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  test.each([0, 1, 59, 60, 61, 256, 257, 65_535, 65_536, 65_537, 200_000])(
    "%d bytes that repeat nothing come back",
    (size) => {
      let seed = 1;
      const plain = Uint8Array.from({ length: size }, () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return seed >>> 16;
      });
      expect(Buffer.compare(snappyText(snappyBlock(plain)), plain)).toBe(0);
    },
  );

  test("what repeats becomes small, also from far before", () => {
    const line = '__name__="oct_timer_duration_seconds_bucket",project="shop",timer="Login"\n';
    const plain = new TextEncoder().encode(line.repeat(3_000));
    const block = snappyBlock(plain);
    expect(block.length).toBeLessThan(plain.length / 10);
    expect(Buffer.compare(snappyText(block), plain)).toBe(0);
  });
});

function families() {
  const aggregate = new Aggregate();
  aggregate.add(
    outputBatch([
      { second: 0, us: 1_000, timers: ["home", 500], check: ["is ok", true], status: "GET 200" },
      { second: 1, us: 90_000_000, error: "no", timers: ["home", 800], check: ["is ok", false] },
      ...HOSTILE_NAMES.map((name) => ({ second: 1, us: 2_000, timers: [name, 700] })),
    ]),
    0,
  );
  const source = { measuredS: 4, turrets: 2, lostTurrets: 1 };
  return metricsOf({ totals: (kind) => aggregate.totals(kind), ...source }).families;
}

describe("remote write", () => {
  const common = { project: "shop", run: "r-1", empty: "" };
  const series = writtenSeries(remoteWriteBody(families(), common, 1_795_243_200_123));
  const find = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    series.filter((one) => {
      const own = Object.fromEntries(one.labels);
      return (
        own["__name__"] === name &&
        Object.entries(labels).every(([key, value]) => own[key] === value)
      );
    });
  const count = 2 + HOSTILE_NAMES.length;

  test("has values and times", () => {
    expect(find("oct_transactions_total").map((one) => one.value)).toEqual([count]);
    expect(find("oct_transaction_errors_total").map((one) => one.value)).toEqual([1]);
    expect(find("oct_transaction_rate").map((one) => one.value)).toEqual([count / 4]);
    expect(find("oct_turrets_lost").map((one) => one.value)).toEqual([1]);
    expect(find("oct_checks_total", { result: "failed" }).map((one) => one.value)).toEqual([1]);
    expect(find("oct_responses_total", { method: "GET", status: "200" })).toHaveLength(1);
    expect(new Set(series.map((one) => one.timeMs))).toEqual(new Set([1_795_243_200_123]));
  });

  test("labels are in order, once each, none empty", () => {
    for (const { labels } of series) {
      const names = labels.map(([name]) => name);
      expect(names).toEqual([...new Set(names)].sort());
      expect(labels.every(([name, value]) => name !== "" && value !== "")).toBe(true);
    }
    const keys = series.map((one) => JSON.stringify(one.labels));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("buckets add up to all values, beyond the last one too", () => {
    const buckets = find("oct_transaction_duration_seconds_bucket", { clock: "service" });
    expect(buckets).toHaveLength(BUCKETS_S.length + 1);
    const values = buckets.map((one) => one.value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.at(-1)).toBe(count);
    expect(values.at(-2)).toBe(count - 1);
    const [total] = find("oct_transaction_duration_seconds_count", { clock: "service" });
    expect(total?.value).toBe(count);
  });

  test("names of any kind arrive as they are", () => {
    const timers = find("oct_timer_values_total").map(
      (one) => Object.fromEntries(one.labels)["timer"],
    );
    const kept = HOSTILE_NAMES.filter((name) => name.length < 200 && name.isWellFormed());
    expect(kept.filter((name) => name !== "" && !timers.includes(name))).toEqual([]);
  });
});

describe("Prometheus text", () => {
  const text = renderPrometheusText(families(), { project: 'a"b\\c\nd' });

  test("is lines of the format, one type for each family", () => {
    const sample = /^[a-z_]+(\{([a-z_]+="(\\[\\"n]|[^\\"\n])*",?)*\})? [-+0-9.e]+$/;
    const comment = /^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))$/;
    const lines = text.trimEnd().split("\n");
    expect(lines.filter((line) => !sample.test(line) && !comment.test(line))).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
    expect(text).toContain('project="a\\"b\\\\c\\nd"');
  });
});

describe("metrics", () => {
  test("names past the limit are counted", () => {
    const aggregate = new Aggregate();
    const timers = Array.from({ length: 900 }, (_, i) => [`timer ${i}`, 10]).flat();
    aggregate.add(outputBatch([{ second: 0, us: 10, timers }]), 0);
    const metrics = metricsOf({
      totals: (kind) => aggregate.totals(kind),
      measuredS: 0,
      turrets: 1,
      lostTurrets: 0,
    });
    expect(metrics.leftOut).toBe(700);
    const values = metrics.families.find((family) => family.name === "oct.timer.values");
    expect(values?.points).toHaveLength(200);
  });

  test("nothing measured is told as counters of 0, and no durations", () => {
    const { families: made } = metricsOf({
      totals: () => [],
      measuredS: 0,
      turrets: 0,
      lostTurrets: 0,
    });
    expect(made.map((family) => family.name)).toEqual([
      "oct.transactions",
      "oct.transaction.errors",
      "oct.transaction.rate",
      "oct.turrets",
      "oct.turrets.lost",
    ]);
  });
});
