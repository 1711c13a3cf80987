// TestCase as in Loads: a class with test_* methods, each of them one transaction under a timer of its
// name. An assertion that does not hold is a failure; whatever else is thrown is an error.

import { errorText, UsageError } from "../base/errors.ts";
import { COUNTER } from "../stats/cell.ts";
import {
  assertThat,
  hasSameItems,
  holds,
  isEqual,
  isFailure,
  type Ordered,
  shown,
  TestFailure,
} from "./assertions.ts";
import { ServerApp } from "./server-app.ts";
import { Transaction } from "./transaction.ts";
import type { WebSocketConnection, WebSocketMessage } from "./websocket.ts";

const PLACES = 7;

// A class may have a field called `count`, which hides the method.
function countOf(test: Transaction, name: string): void {
  Transaction.prototype.count.call(test, name);
}

/** The test methods of a class, in the order in which they are written, inherited ones first. */
export function testMethodsOf(found: { readonly prototype: object }): string[] {
  const chain: object[] = [];
  for (
    let one: unknown = found.prototype;
    typeof one === "object" && one !== null && one !== TestCase.prototype;
    one = Object.getPrototypeOf(one)
  ) {
    chain.unshift(one);
  }
  const names = chain.flatMap((one) =>
    Object.entries(Object.getOwnPropertyDescriptors(one))
      .filter(([name, { value }]) => /^test/.test(name) && typeof value === "function")
      .map(([name]) => name),
  );
  return [...new Set(names)];
}

/** Class and method of a choice such as `Shop.test_cart`, `test_cart` or `Shop`. */
export function chosenTest(choice: unknown): { className: string; method: string } {
  const text = typeof choice === "string" ? choice : "";
  const dot = text.lastIndexOf(".");
  if (dot >= 0) return { className: text.slice(0, dot), method: text.slice(dot + 1) };
  return /^test/.test(text) ? { className: "", method: text } : { className: text, method: "" };
}

/**
 * A class of tests, as in Loads. Each `test_*` method is one transaction, under a timer of its name;
 * a cannon goes through them in turn, or repeats the one that was chosen. `setUp` runs before and
 * `tearDown` after each; neither is timed. What you keep in fields stays.
 *
 * @example
 * export class TestShop extends TestCase {
 *   async test_home() {
 *     const page = await this.session.get("http://localhost:8080/");
 *     this.assertEqual(page.status, 200);
 *     this.assertIn("Welcome", page.text());
 *   }
 * }
 */
export class TestCase extends Transaction {
  /**
   * The server that `this.app` asks; the key `server_url` of the configuration replaces it.
   *
   * @example override server_url = "http://localhost:8080";
   */
  server_url = "";
  #methods: readonly string[] | undefined;
  #turn = 0;
  #app: ServerApp | undefined;

  /**
   * Before each test; not timed. What it throws is an error.
   *
   * @example override setUp() { this.basket = []; }
   */
  setUp(): unknown {
    return undefined;
  }

  /**
   * After each test, also one that failed; not timed.
   *
   * @example override async tearDown() { await this.session.post(logoutUrl); }
   */
  override tearDown(): unknown {
    return undefined;
  }

  /** One test, the next in turn; oct calls it. */
  async run(): Promise<void> {
    this.#methods ??= this.#chosenMethods();
    const name = this.#methods[this.#turn++ % this.#methods.length] as string;
    const test = (this as unknown as Record<string, () => unknown>)[name];
    try {
      await this.timer(name, async () => test?.call(this));
    } catch (thrown) {
      if (isFailure(thrown)) countOf(this, COUNTER.testFailures);
      throw thrown;
    }
  }

  /**
   * The session on the server of `server_url`: it takes paths, and an answer of 400 and more is an
   * error.
   *
   * @example const page = await this.app.get("/cart");
   */
  get app(): ServerApp {
    const url: unknown = this.config["server_url"] || this.server_url;
    this.#app ??= new ServerApp(this.http, String(url || ""));
    return this.#app;
  }

  /**
   * Adds one to a counter of your own.
   *
   * @example this.incr_counter("carts");
   */
  incr_counter(name: string): void {
    countOf(this, name);
  }

  /**
   * Connects a WebSocket; `callback` gets its messages as they come.
   *
   * @example const ws = await this.create_ws("ws://localhost:8080/", (message) => seen.push(message));
   */
  async create_ws(
    url: string,
    callback?: (message: WebSocketMessage) => void,
    protocols: readonly string[] = [],
  ): Promise<WebSocketConnection> {
    const ws = await this.webSocket(url, { protocols });
    if (callback !== undefined) {
      const host = Transaction.hostOf(this);
      void deliver(ws, callback).catch((thrown: unknown) => host.fail(errorText(thrown)));
    }
    return ws;
  }

  /**
   * Ends the test as a failure.
   *
   * @example if (stock < 0) this.fail("negative stock");
   */
  override fail(text = "failed"): never {
    throw new TestFailure(String(text));
  }

  /** @example this.assertEqual(page.status, 200); */
  assertEqual(actual: unknown, expected: unknown, message?: string): void {
    const text = () => `${shown(actual)} is not equal to ${shown(expected)}`;
    assertThat(isEqual(actual, expected), text, message);
  }

  /** @example this.assertNotEqual(page.text(), ""); */
  assertNotEqual(actual: unknown, unexpected: unknown, message?: string): void {
    assertThat(!isEqual(actual, unexpected), () => `${shown(actual)} is equal to both`, message);
  }

  /** @example this.assertTrue(page.ok); */
  assertTrue(value: unknown, message?: string): asserts value {
    assertThat(Boolean(value), () => `${shown(value)} is not true`, message);
  }

  /** @example this.assertFalse(cart.isEmpty); */
  assertFalse(value: unknown, message?: string): void {
    assertThat(!value, () => `${shown(value)} is not false`, message);
  }

  /** The very same object or value. @example this.assertIs(first, second); */
  assertIs(actual: unknown, expected: unknown, message?: string): void {
    assertThat(Object.is(actual, expected), () => `${shown(actual)} is not that one`, message);
  }

  /** @example this.assertIsNot(first, second); */
  assertIsNot(actual: unknown, unexpected: unknown, message?: string): void {
    assertThat(!Object.is(actual, unexpected), () => `${shown(actual)} is that one`, message);
  }

  /** Null or undefined. @example this.assertIsNone(page.headers.get("set-cookie")); */
  assertIsNone(value: unknown, message?: string): void {
    assertThat(value === null || value === undefined, () => `${shown(value)} is there`, message);
  }

  /** @example this.assertIsNotNone(page.headers.get("etag")); */
  assertIsNotNone<T>(value: T, message?: string): asserts value is NonNullable<T> {
    assertThat(value !== null && value !== undefined, () => `it is ${String(value)}`, message);
  }

  /** In a text, a list, a set, or a key of an object. @example this.assertIn("cart", page.text()); */
  assertIn(item: unknown, container: unknown, message?: string): void {
    assertThat(
      holds(container, item),
      () => `${shown(item)} is not in ${shown(container)}`,
      message,
    );
  }

  /** @example this.assertNotIn("error", page.text()); */
  assertNotIn(item: unknown, container: unknown, message?: string): void {
    assertThat(!holds(container, item), () => `${shown(item)} is in ${shown(container)}`, message);
  }

  /** @example this.assertGreater(items.length, 0); */
  assertGreater<T extends Ordered>(a: T, b: T, message?: string): void {
    assertThat(a > b, () => `${shown(a)} is not greater than ${shown(b)}`, message);
  }

  /** @example this.assertGreaterEqual(items.length, 1); */
  assertGreaterEqual<T extends Ordered>(a: T, b: T, message?: string): void {
    assertThat(a >= b, () => `${shown(a)} is less than ${shown(b)}`, message);
  }

  /** @example this.assertLess(page.status, 400); */
  assertLess<T extends Ordered>(a: T, b: T, message?: string): void {
    assertThat(a < b, () => `${shown(a)} is not less than ${shown(b)}`, message);
  }

  /** @example this.assertLessEqual(items.length, 20); */
  assertLessEqual<T extends Ordered>(a: T, b: T, message?: string): void {
    assertThat(a <= b, () => `${shown(a)} is greater than ${shown(b)}`, message);
  }

  /** Equal when rounded to `places` decimals. @example this.assertAlmostEqual(total, 9.99, 2); */
  assertAlmostEqual(a: number, b: number, places = PLACES, message?: string): void {
    const text = () => `${shown(a)} is not ${shown(b)} within ${places} places`;
    assertThat(isClose(a, b, places), text, message);
  }

  /** @example this.assertNotAlmostEqual(total, 0, 2); */
  assertNotAlmostEqual(a: number, b: number, places = PLACES, message?: string): void {
    const text = () => `${shown(a)} is ${shown(b)} within ${places} places`;
    assertThat(!isClose(a, b, places), text, message);
  }

  /** @example this.assertRegex(page.text(), /cart-\d+/); */
  assertRegex(text: string, pattern: RegExp | string, message?: string): void {
    const found = new RegExp(pattern).test(text);
    assertThat(found, () => `${shown(text)} does not match ${String(pattern)}`, message);
  }

  /** @example this.assertNotRegex(page.text(), /stack trace/i); */
  assertNotRegex(text: string, pattern: RegExp | string, message?: string): void {
    const found = new RegExp(pattern).test(text);
    assertThat(!found, () => `${shown(text)} matches ${String(pattern)}`, message);
  }

  /** @example this.assertIsInstance(error, HttpError); */
  assertIsInstance(
    value: unknown,
    type: abstract new (...given: never[]) => unknown,
    message?: string,
  ): void {
    assertThat(value instanceof type, () => `${shown(value)} is no ${type.name}`, message);
  }

  /** The same items in any order. @example this.assertCountEqual(names, ["b", "a"]); */
  assertCountEqual(a: Iterable<unknown>, b: Iterable<unknown>, message?: string): void {
    assertThat(hasSameItems(a, b), () => `${shown(a)} has other items than ${shown(b)}`, message);
  }

  /**
   * What `run` throws must be of this type; it is returned.
   *
   * @example await this.assertRaises(HttpError, () => this.session.get(deadUrl));
   */
  async assertRaises(
    type: abstract new (...given: never[]) => unknown,
    run: () => unknown,
  ): Promise<unknown> {
    try {
      await run();
    } catch (thrown) {
      if (thrown instanceof type) return thrown;
      throw thrown;
    }
    throw new TestFailure(`no ${type.name} was thrown`);
  }

  #chosenMethods(): readonly string[] {
    const all = testMethodsOf(this.constructor as { readonly prototype: object });
    const { method } = chosenTest(this.config["test"]);
    const found = method === "" ? all : all.filter((name) => name === method);
    if (found.length > 0) return found;
    const what = method === "" ? "no method that begins with test" : `no test ${method}`;
    throw new UsageError(`class ${this.constructor.name} has ${what}`);
  }
}

// Messages that come are the script's code: what it throws there fails the transaction that runs.
async function deliver(
  ws: WebSocketConnection,
  callback: (message: WebSocketMessage) => void,
): Promise<void> {
  for await (const message of ws) callback(message);
}

function isClose(a: number, b: number, places: number): boolean {
  return a === b || Math.round(Math.abs(a - b) * 10 ** places) === 0;
}
