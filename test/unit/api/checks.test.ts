// Unit tests of checks, counters, gauges, tags and failures.

import { describe, expect, test } from "bun:test";
import { check, counter, gauge } from "../../../src/api/index.ts";
import { apiBench } from "../../support/api-host.ts";

describe("Transaction.check", () => {
  test("counts what holds and what does not, and says which", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    expect(transaction.check("warm", 1 > 0)).toBe(true);
    expect(transaction.check("warm", "")).toBe(false);
    expect(measured.checks.get("warm")).toEqual({ passed: 1, failed: 1 });
    expect(measured.failures).toEqual([]);
  });

  test("makes the transaction an error only where asked", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    transaction.check("cold", true, { fail: true });
    expect(measured.failures).toEqual([]);
    transaction.check("cold", false, { fail: true });
    transaction.check(3, { odd: (n) => n % 2 === 1, big: (n) => n > 5 }, { fail: true });
    expect(measured.failures).toEqual(["check failed: cold", "check failed: big"]);
  });

  test("takes several predicates of one value, also of a text", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    const all = transaction.check("page", { "is text": (t) => t === "page", long: (t) => t > "z" });
    expect(all).toBe(false);
    expect(measured.checks.get("is text")).toEqual({ passed: 1, failed: 0 });
    expect(measured.checks.get("long")).toEqual({ passed: 0, failed: 1 });
  });

  test("counts a predicate that throws as failed, and lets the error through", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    const broken = () => {
      throw new Error("no body");
    };
    expect(() => transaction.check(1, { broken })).toThrow("no body");
    expect(measured.checks.get("broken")).toEqual({ passed: 0, failed: 1 });
  });

  test.each([
    ["check", undefined],
    ["count", ""],
    ["gauge", 7],
  ] as const)("%s refuses the name %p", (method, name) => {
    using bench = apiBench();
    const { transaction } = bench;
    expect(() => transaction[method](name as unknown as string, 1)).toThrow("needs a name");
  });
});

describe("Transaction.count and gauge", () => {
  test("add up and sample", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    transaction.count("sold");
    transaction.count("sold", 2.5);
    transaction.counter("sold").add();
    transaction.gauge("queue", -3);
    expect(measured.counts.get("sold")).toBe(4.5);
    expect(measured.gauges.get("queue")).toEqual([-3]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, "3"])("refuse %p", (value) => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    expect(() => transaction.count("a", value as number)).toThrow("takes numbers");
    expect(() => transaction.gauge("a", value as number)).toThrow("takes numbers");
    expect(measured.counts.size + measured.gauges.size).toBe(0);
  });
});

describe("Transaction.fail", () => {
  test("tells the cannon, with a text always", () => {
    using bench = apiBench();
    bench.transaction.fail("empty cart");
    bench.transaction.fail("");
    expect(bench.measured.failures).toEqual(["empty cart", "failed"]);
  });
});

describe("Transaction.tags", () => {
  test("count everything once more by tag, until they are changed", async () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    transaction.tags = { plan: "gold", zone: 2 };
    transaction.check("ok", false);
    transaction.count("sold", 2);
    transaction.gauge("queue", 5);
    await transaction.timer("cart", async () => 1);
    expect(() => transaction.timer("cart", () => void JSON.parse("{"))).toThrow();
    {
      using timer = transaction.timer("block");
      expect(timer).toBeDefined();
    }
    transaction.tags = {};
    transaction.count("sold", 1);
    expect(measured.checks.get("ok{plan:gold}")).toEqual({ passed: 0, failed: 1 });
    expect(measured.checks.get("ok{zone:2}")).toEqual({ passed: 0, failed: 1 });
    expect([...measured.counts]).toEqual([
      ["sold", 3],
      ["sold{plan:gold}", 2],
      ["sold{zone:2}", 2],
    ]);
    expect(measured.gauges.get("queue{zone:2}")).toEqual([5]);
    const names = measured.timers.map(({ name, isError }) => (isError ? `!${name}` : name));
    expect(names.sort()).toEqual([
      "!cart",
      "!cart{plan:gold}",
      "!cart{zone:2}",
      "block",
      "block{plan:gold}",
      "block{zone:2}",
      "cart",
      "cart{plan:gold}",
      "cart{zone:2}",
    ]);
  });

  test("are at most eight, and their texts are bounded", () => {
    using bench = apiBench();
    const { transaction, measured } = bench;
    transaction.tags = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`key${i}`, "v".repeat(1_000)]),
    );
    transaction.count("a");
    expect(measured.counts.size).toBe(9);
    expect(Math.max(...[...measured.counts.keys()].map((name) => name.length))).toBeLessThan(120);
  });
});

describe("check, counter and gauge of the module", () => {
  test("measure without a cannon", () => {
    using bench = apiBench();
    const { measured } = bench;
    expect(check("alive", true)).toBe(true);
    expect(check({ status: 500 }, { "is 200": (one) => one.status === 200 })).toBe(false);
    counter("hits").add(2);
    gauge("level").set(1.5);
    expect(measured.checks.get("alive")).toEqual({ passed: 1, failed: 0 });
    expect(measured.checks.get("is 200")).toEqual({ passed: 0, failed: 1 });
    expect(measured.counts.get("hits")).toBe(2);
    expect(measured.gauges.get("level")).toEqual([1.5]);
  });

  test("say so where a turret does not measure them", () => {
    using bench = apiBench({ thread: { count: undefined } as object });
    expect(() => counter("hits").add()).toThrow("use this.check");
    expect(bench.measured.counts.size).toBe(0);
  });
});
