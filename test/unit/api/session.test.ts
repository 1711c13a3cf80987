// Unit tests of the HTTP that scripts use, and of what "oct" exports.

import { describe, expect, test } from "bun:test";
import { installThread } from "../../../src/api/context.ts";
import * as oct from "../../../src/api/index.ts";
import { HttpSession } from "../../../src/api/session.ts";
import { ManualClock, systemClock } from "../../../src/base/clock.ts";
import { Random } from "../../../src/base/random.ts";
import { HttpError } from "../../../src/http/errors.ts";
import { Pool } from "../../../src/http/pool.ts";
import { Timeouts } from "../../../src/http/timeouts.ts";
import { sleeperOf } from "../../../src/turret/thread-sleep.ts";
import { answeringServer, TEST_TLS } from "../../support/http-servers.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function session(): { http: HttpSession } & Disposable {
  const observer = { onAnswer: () => {}, onFailure: () => {} };
  const pool = new Pool({ timeouts: new Timeouts(systemClock()), observer });
  return { http: new HttpSession(pool, new Map()), [Symbol.dispose]: () => pool.close() };
}

describe("HttpSession", () => {
  test("has a call for each method", async () => {
    using server = await answeringServer(OK);
    using one = session();
    const { http } = one;
    for (const call of ["get", "post", "put", "patch", "delete"] as const) {
      expect((await http[call](server.url)).status).toBe(200);
    }
    expect((await http.head(server.url)).text()).toBe("");
    expect((await http.request("options", server.url)).text()).toBe("ok");
    expect(server.received.map((text) => text.split(" ")[0])).toEqual([
      "GET",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "HEAD",
      "OPTIONS",
    ]);
  });

  test.each([
    ["json", { json: { a: [1, "é"] } }, "application/json", '{"a":[1,"Ã©"]}'],
    ["a text", { body: "é" }, "text/plain;charset=UTF-8", "Ã©"],
    ["bytes", { body: Uint8Array.of(65, 0, 255) }, undefined, "A\0\xff"],
    ["a buffer", { body: Uint8Array.of(65, 66).buffer }, undefined, "AB"],
    [
      "a form",
      { body: new URLSearchParams({ a: "1 2" }) },
      "application/x-www-form-urlencoded;charset=UTF-8",
      "a=1+2",
    ],
  ] as const)("sends %s", async (_, options, type, body) => {
    using server = await answeringServer(OK);
    using one = session();
    await one.http.post(server.url, options);
    const [head, sent] = (server.received[0] ?? "").split("\r\n\r\n");
    expect(sent).toBe(body);
    expect(/content-type: (.*)/i.exec(head ?? "")?.[1]).toBe(type);
  });

  test("sends headers", async () => {
    using server = await answeringServer(OK);
    using one = session();
    await one.http.get(server.url, { headers: { "X-Own": "1", "User-Agent": "me" } });
    expect(server.received[0]).toContain("X-Own: 1\r\n");
    expect(server.received[0]).not.toContain("oct");
  });

  test("rejects, and never throws, what can not be sent", async () => {
    using one = session();
    const calls = [
      () => one.http.get("/relative"),
      () => one.http.get("http://h/", { timeout: -1 }),
      () => one.http.post("http://h/", { body: 7 as unknown as string }),
      () => one.http.get("http://h/", { headers: { "a b": "c" } }),
    ];
    for (const call of calls) expect(call()).rejects.toBeInstanceOf(HttpError);
  });

  test("trusts any certificate only when told so", async () => {
    using server = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("secret") });
    using one = session();
    const url = `https://127.0.0.1:${server.port}/`;
    expect(one.http.get(url)).rejects.toMatchObject({ kind: "tls" });
    expect((await one.http.get(url, { insecure: true })).text()).toBe("secret");
    one.http.insecure = true;
    expect((await one.http.get(url)).text()).toBe("secret");
  });
});

describe('"oct"', () => {
  test("exports what the guide says, and nothing else", () => {
    expect(Object.keys(oct).sort()).toEqual([
      "BaseTransaction",
      "CustomTimer",
      "EndOfData",
      "HttpError",
      "SocketError",
      "TestCase",
      "TestFailure",
      "Transaction",
      "check",
      "config",
      "context",
      "counter",
      "feed",
      "gauge",
      "jsonPath",
      "once",
      "random",
      "regexp",
      "sleep",
      "think",
      "xPath",
    ]);
    expect(oct.BaseTransaction).toBe(oct.Transaction);
  });

  test("does not let scripts construct transactions themselves", () => {
    class Own extends oct.Transaction {
      run() {}
    }
    expect(() => new Own()).toThrow("oct makes the transactions");
  });

  test("sleeps never shorter, ends at once on abort, and refuses what is no time", async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const context: Record<string, number> = { a: 1 };
    const resumed: number[] = [];
    installThread({
      clock,
      signal: abort.signal,
      sleep: sleeperOf(clock, abort.signal),
      config: { own: 1 },
      context,
      random: new Random(1),
      suspend: () => 5,
      resume: (mark) => resumed.push(mark),
    });
    let isAwake = false;
    const nap = oct.sleep(0.5).then(() => {
      isAwake = true;
    });
    clock.advance(499_999);
    await Promise.resolve();
    expect(isAwake).toBe(false);
    clock.advance(1);
    await nap;
    expect(resumed).toEqual([5]);
    const long = oct.sleep(100);
    abort.abort(new Error("over"));
    expect(long).rejects.toThrow("over");
    expect(oct.sleep(Number.NaN)).rejects.toThrow("sleep takes seconds");
    expect(oct.sleep(-1)).rejects.toThrow("sleep takes seconds");
  });

  test("mirrors config and context as they are now, and lets nobody write them", () => {
    expect({ ...oct.config }).toEqual({ own: 1 });
    expect([oct.context["a"], "a" in oct.context, oct.context["b"]]).toEqual([1, true, undefined]);
    expect(() => {
      (oct.config as Record<string, unknown>)["own"] = 2;
    }).toThrow();
    expect(oct.config["own"]).toBe(1);
  });

  test("draws numbers of every distribution", () => {
    const { random } = oct;
    expect(random.unit()).toBeWithin(0, 1);
    expect(random.uniform(5, 6)).toBeWithin(5, 6);
    expect([1, 2, 3]).toContain(random.integer(1, 3));
    expect(random.exponential(1)).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(random.normal(0, 1))).toBe(true);
    expect(["a", "b"]).toContain(random.pick(["a", "b"]));
    expect(random.shuffle([1, 2, 3]).sort()).toEqual([1, 2, 3]);
  });
});
