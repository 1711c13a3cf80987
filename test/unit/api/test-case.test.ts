// Unit tests of TestCase: which methods are tests, what is a failure, every assertion both ways.

import { describe, expect, test } from "bun:test";
import { equal } from "node:assert/strict";
import { TestCase, TestFailure } from "../../../src/api/index.ts";
import { chosenTest, testMethodsOf } from "../../../src/api/test-case.ts";
import { COUNTER } from "../../../src/stats/cell.ts";
import { scriptOf } from "../../../src/turret/script.ts";
import { apiBench, type BenchOptions } from "../../support/api-host.ts";
import { closedPort } from "../../support/http-servers.ts";

class Shop extends TestCase {
  readonly seen: string[] = [];
  test_home() {
    this.seen.push("home");
  }
  helper() {}
  async test_cart() {
    this.seen.push("cart");
    this.assertEqual(1, 2);
  }
  test_error() {
    throw new TypeError("no such page");
  }
}
class More extends Shop {
  override test_home() {
    this.seen.push("other home");
  }
  test_last() {}
}
class None extends TestCase {}

function made<T extends TestCase>(type: new () => T, options: BenchOptions = {}) {
  const bench = apiBench(options);
  return { bench, one: bench.make(() => new type()) };
}

describe("testMethodsOf", () => {
  test("are those that begin with test, as they are written, inherited ones first", () => {
    expect(testMethodsOf(Shop)).toEqual(["test_home", "test_cart", "test_error"]);
    expect(testMethodsOf(More)).toEqual(["test_home", "test_cart", "test_error", "test_last"]);
    expect(testMethodsOf(None)).toEqual([]);
  });
});

describe("chosenTest", () => {
  test.each([
    ["Shop.test_home", "Shop", "test_home"],
    ["test_home", "", "test_home"],
    ["Shop", "Shop", ""],
    ["", "", ""],
    [undefined, "", ""],
    [7, "", ""],
  ])("%p", (choice, className, method) => {
    expect(chosenTest(choice)).toEqual({ className, method });
  });
});

describe("TestCase.run", () => {
  test("goes through the tests in turn, each under a timer of its name", async () => {
    const { bench, one } = made(Shop);
    for (let i = 0; i < 4; i++) await one.run().catch(() => {});
    expect(one.seen).toEqual(["home", "cart", "home"]);
    expect(bench.measured.timers.map(({ name, isError }) => [name, isError])).toEqual([
      ["test_home", false],
      ["test_cart", true],
      ["test_error", true],
      ["test_home", false],
    ]);
  });

  test("counts failures apart from errors", async () => {
    const { bench, one } = made(Shop);
    await one.run();
    await expect(one.run()).rejects.toThrow("1 is not equal to 2");
    await expect(one.run()).rejects.toThrow("no such page");
    expect(bench.measured.counts).toEqual(new Map([[COUNTER.testFailures, 1]]));
  });

  test("takes another library's assertions as failures too", async () => {
    class Foreign extends TestCase {
      test_it() {
        equal(1, 2);
      }
    }
    const { bench, one } = made(Foreign);
    await expect(one.run()).rejects.toThrow();
    expect(bench.measured.counts.get(COUNTER.testFailures)).toBe(1);
  });

  test.each(["test_cart", "Shop.test_cart"])(
    "repeats the one that is chosen: %s",
    async (choice) => {
      const { bench, one } = made(Shop, { config: { test: choice } });
      for (let i = 0; i < 3; i++) await one.run().catch(() => {});
      expect(one.seen).toEqual(["cart", "cart", "cart"]);
      expect(bench.measured.timers.length).toBe(3);
    },
  );

  test("says that there is no such test", async () => {
    await expect(made(None).one.run()).rejects.toThrow("class None has no method that begins");
    const { one } = made(Shop, { config: { test: "test_gone" } });
    await expect(one.run()).rejects.toThrow("class Shop has no test test_gone");
  });
});

describe("scriptOf a TestCase", () => {
  test("knows only the hooks that are written", () => {
    class Hooked extends Shop {
      override setUp() {}
      override tearDown() {
        return super.tearDown();
      }
    }
    const plain = scriptOf({ Shop }, "v.ts", "");
    expect([plain.setup, plain.tearDown]).toEqual([undefined, undefined]);
    const hooked = scriptOf({ Hooked }, "v.ts", "");
    expect([typeof hooked.setup, typeof hooked.tearDown]).toEqual(["function", "function"]);
  });

  test("takes the class that is chosen among several, and shows the place of its test", () => {
    const source = "export class Shop extends TestCase {\n  test_home() {}\n  test_cart() {}\n}\n";
    const exported = { Shop, More, None, TestCase };
    expect(scriptOf(exported, "v.ts", source, "Shop.test_cart").places.run).toBe("v.ts:3");
    expect(scriptOf(exported, "v.ts", source, "Shop").places.run).toBe("v.ts:2");
    expect(scriptOf({ Shop, TestCase }, "v.ts", source).places.run).toBe("v.ts:2");
  });

  test.each([
    [undefined, "3 transactions are exported: Shop, More, None"],
    ["Gone.test_home", "no class Gone is exported"],
    ["Shop.test_gone", "class Shop has no test test_gone"],
    ["None", "class None has no method that begins with test"],
  ])("refuses the choice %p", (choice, message) => {
    expect(() => scriptOf({ Shop, More, None }, "v.ts", "", choice)).toThrow(`v.ts: ${message}`);
  });
});

describe("assertions of a TestCase", () => {
  const { one } = made(Shop);
  const date = new Date(0);
  test.each<[string, () => unknown, () => unknown]>([
    ["assertEqual", () => one.assertEqual({ a: [1] }, { a: [1] }), () => one.assertEqual(1, "1")],
    ["assertNotEqual", () => one.assertNotEqual([1], [2]), () => one.assertNotEqual([1], [1])],
    ["assertTrue", () => one.assertTrue("x"), () => one.assertTrue(0)],
    ["assertFalse", () => one.assertFalse(null), () => one.assertFalse([])],
    ["assertIs", () => one.assertIs(date, date), () => one.assertIs([], [])],
    ["assertIsNot", () => one.assertIsNot([], []), () => one.assertIsNot(date, date)],
    ["assertIsNone", () => one.assertIsNone(undefined), () => one.assertIsNone(0)],
    ["assertIsNotNone", () => one.assertIsNotNone(""), () => one.assertIsNotNone(null)],
    ["assertIn text", () => one.assertIn("b", "abc"), () => one.assertIn("z", "abc")],
    ["assertIn list", () => one.assertIn([1], [[1]]), () => one.assertIn(1, [2])],
    ["assertIn set", () => one.assertIn(1, new Set([1])), () => one.assertIn(1, new Set())],
    ["assertIn keys", () => one.assertIn("a", { a: 1 }), () => one.assertIn("toString", {})],
    ["assertNotIn", () => one.assertNotIn(1, [2]), () => one.assertNotIn(1, [1])],
    ["assertGreater", () => one.assertGreater(2, 1), () => one.assertGreater(1, 1)],
    ["assertGreaterEqual", () => one.assertGreaterEqual(1, 1), () => one.assertGreaterEqual(0, 1)],
    ["assertLess", () => one.assertLess("a", "b"), () => one.assertLess("b", "b")],
    ["assertLessEqual", () => one.assertLessEqual(1, 1), () => one.assertLessEqual(2, 1)],
    ["NaN is not less", () => one.assertLess(1, 2), () => one.assertLess(Number.NaN, 2)],
    [
      "assertAlmostEqual",
      () => one.assertAlmostEqual(0.1 + 0.2, 0.3),
      () => one.assertAlmostEqual(1.01, 1, 2),
    ],
    [
      "assertNotAlmostEqual",
      () => one.assertNotAlmostEqual(1.01, 1, 2),
      () => one.assertNotAlmostEqual(1.001, 1, 2),
    ],
    ["assertRegex", () => one.assertRegex("cart-1", /\d/), () => one.assertRegex("cart", "\\d")],
    ["assertNotRegex", () => one.assertNotRegex("a", /\d/), () => one.assertNotRegex("1", /\d/)],
    [
      "assertIsInstance",
      () => one.assertIsInstance(date, Date),
      () => one.assertIsInstance(1, Date),
    ],
    [
      "assertCountEqual",
      () => one.assertCountEqual([1, 2, 2], [2, 1, 2]),
      () => one.assertCountEqual([1, 2, 2], [1, 1, 2]),
    ],
    ["fail", () => undefined, () => one.fail("no")],
  ])("%s", (_, holding, failing) => {
    expect(holding()).toBeUndefined();
    expect(failing).toThrow(TestFailure);
  });

  test("assertRaises returns what was thrown, lets others through, fails without", async () => {
    const range = () => Promise.reject(new RangeError("far"));
    expect(await one.assertRaises(RangeError, range)).toBeInstanceOf(RangeError);
    await expect(one.assertRaises(TypeError, range)).rejects.toBeInstanceOf(RangeError);
    await expect(one.assertRaises(TypeError, () => 1)).rejects.toBeInstanceOf(TestFailure);
  });

  test("say what the script says, and are short otherwise", () => {
    expect(() => one.assertEqual(1, 2, "the price is wrong")).toThrow("the price is wrong");
    const long = "x".repeat(100_000);
    const failed = expect(() => one.assertEqual(long, ""));
    failed.toThrow(/^.{1,500}$/s);
    expect(() => one.assertIn(1, 5)).toThrow(TypeError);
  });
});

describe("members of a TestCase", () => {
  test("app asks the server of server_url, and takes 400 and more as errors", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: (request) => {
        const { pathname, search } = new URL(request.url);
        const status = Number(search.slice(1)) || 200;
        return new Response(`${request.method} ${pathname}`, { status });
      },
    });
    class Asking extends TestCase {
      override server_url = `http://127.0.0.1:${server.port}/base`;
    }
    const asked: string[] = [];
    const http = {
      request: async (method: string, url: string) => {
        asked.push(`${method} ${new URL(url).pathname}`);
        return fetch(url, { method });
      },
    };
    const { one } = made(Asking, { cannon: { http: http as never } });
    expect((await one.app.get("/cart")).status).toBe(200);
    for (const call of ["post", "put", "patch", "delete", "head"] as const)
      await one.app[call]("x");
    await expect(one.app.get("?404")).rejects.toThrow("GET answered 404");
    expect(asked.slice(0, 3)).toEqual(["GET /base/cart", "POST /base/x", "PUT /base/x"]);
    expect(asked.length).toBe(7);
    const { one: bare } = made(Shop);
    await expect(bare.app.get("/")).rejects.toThrow("app needs the address");
    const config = { server_url: `http://127.0.0.1:${server.port}/other/` };
    const { one: configured } = made(Asking, { config, cannon: { http: http as never } });
    await configured.app.get("/cart");
    expect(asked.at(-1)).toBe("GET /other/cart");
  });

  test("counts also where a field of its own is called count", async () => {
    class Counting extends None {}
    const { bench, one } = made(Counting);
    Object.defineProperty(one, "count", { value: 3 });
    one.incr_counter("carts");
    expect(bench.measured.counts).toEqual(new Map([["carts", 1]]));
  });

  test("incr_counter adds one", () => {
    const { bench, one } = made(Shop);
    one.incr_counter("carts");
    one.incr_counter("carts");
    expect(bench.measured.counts.get("carts")).toBe(2);
  });

  test("create_ws calls back with each message, and fails the transaction with what that throws", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: (request, own) =>
        own.upgrade(request, { data: undefined }) ? undefined : new Response(),
      websocket: { message: (ws, text) => void ws.send(text) },
    });
    const { bench, one } = made(Shop);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const url = `ws://127.0.0.1:${server.port}/`;
    const ws = await one.create_ws(url, resolve);
    ws.send("hello");
    expect(await promise).toBe("hello");
    const failing = Promise.withResolvers<void>();
    const other = await one.create_ws(url, () => {
      failing.resolve();
      throw new Error("bad news");
    });
    other.send("x");
    await failing.promise;
    await other.close();
    expect(bench.measured.failures).toEqual(["bad news"]);
    await ws.close();
    await expect(one.create_ws(`ws://127.0.0.1:${await closedPort()}/`)).rejects.toThrow(
      "no WebSocket",
    );
  });
});
