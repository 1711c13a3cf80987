// The live page's server over real connections: who gets what, what it sends, what it survives.

import { describe, expect, test } from "bun:test";
import { FEED_LIMIT } from "../../src/dashboard/feed.ts";
import { LiveState } from "../../src/live/state.ts";
import type { LiveHistory, LiveView } from "../../src/live/types.ts";
import { fireSeconds } from "../sim/support/live-gun.ts";
import { dashboardWorld, openServer, readEvents, TOKEN } from "../support/dashboard.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

const PATHS = [
  "/metrics",
  "/api/v1/status",
  "/api/v1/history",
  "/api/v1/log",
  "/api/v1/events",
] as const;

describe("the live page's server", () => {
  test("shows nothing without the token, and says only that it answers", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    expect(await (await fetch(`${page.address}/health`)).text()).toBe('{"ok":true}\n');
    for (const path of PATHS) {
      for (const asked of [path, `${path}?token=wrong`]) {
        const response = await fetch(`${page.address}${asked}`);
        expect(response.status).toBe(401);
        expect(await response.json()).toEqual({ error: "the token is missing or another" });
      }
    }
    const door = await fetch(`${page.address}/`);
    expect(door.status).toBe(401);
    expect(await door.text()).not.toContain("figures");
    const action = { method: "POST", body: '{"kind":"stop"}' };
    expect((await fetch(`${page.address}/api/v1/control`, action)).status).toBe(401);
    expect(page.world.hq.phase).toBe("firing");
  });

  test("turns the token of the address into a cookie, with which everything is shown", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const first = await fetch(page.url);
    const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(first.headers.get("set-cookie")).toContain("HttpOnly; SameSite=Strict");
    expect(await first.text()).not.toContain(TOKEN);
    for (const path of ["/", "/page.js", "/page.css", "/api/v1/status"]) {
      const { status, headers } = await fetch(`${page.address}${path}`, { headers: { cookie } });
      expect(status).toBe(200);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("is not there under a name that is not its own, and takes changes from its own page only", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const elsewhere = await page.ask("/api/v1/status", { headers: { host: "evil.example" } });
    expect(elsewhere.status).toBe(421);
    const foreign = { origin: "http://evil.example" };
    expect((await page.control({ kind: "note", text: "x" }, foreign)).status).toBe(403);
    const cookie = { cookie: `oct_${page.server.port}=${TOKEN}`, authorization: "" };
    const body = '{"kind":"note","text":"from a form"}';
    const form = { method: "POST", body, headers: cookie };
    expect((await page.ask("/api/v1/control", form)).status).toBe(403);
    const own = { ...form, headers: { ...cookie, origin: page.address } };
    const done = await page.ask("/api/v1/control", own);
    expect(done.status).toBe(200);
    expect(page.live.marks().map(({ text }) => text)).toEqual(["from a form"]);
  });

  test("gives the view and the history that everybody else reads", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const { world, peer, gun, live } = page;
    await fireSeconds(
      world,
      peer,
      (second) => {
        for (let i = 0; i <= second; i++) gun.fire(second, 2_000 + i, "home", i === 3 ? "no" : "");
        gun.send();
      },
      () => world.hq.atUs() > 8_100_000,
    );
    const view = (await (await page.ask("/api/v1/status")).json()) as LiveView;
    expect(view).toEqual(JSON.parse(JSON.stringify(live.view())));
    expect(view).toMatchObject({ phase: "firing", nowPerSec: 7, transactions: 36, errors: 5 });
    const history = (await (await page.ask("/api/v1/history")).json()) as LiveHistory;
    expect(history.ratePerSec).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const log = (await (await page.ask("/api/v1/log")).json()) as { events: { number: number }[] };
    expect(log.events.length).toBeGreaterThan(0);
    const later = await page.ask(`/api/v1/log?from=${log.events.length}`);
    expect(await later.json()).toEqual({ events: [], marks: [] });
    expect((await page.ask("/api/v1/log?from=x")).status).toBe(400);
    expect(await (await page.ask("/metrics")).text()).toBe("oct_test 0 0\n");
  });

  test("sends the whole first, then what is new, and at the end that it is over", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const { world, peer, gun, server } = page;
    server.beat();
    const next = readEvents(await page.ask("/api/v1/events"));
    const whole = await next();
    expect(whole).toMatchObject({ name: "whole", data: { points: { from: 0 } } });
    let points: (number | null)[] = [];
    const events: string[] = [];
    await fireSeconds(
      world,
      peer,
      (second) => {
        for (let i = 0; i <= second; i++) gun.fire(second, 2_000);
        gun.send();
      },
      () => world.hq.atUs() > 6_100_000,
    );
    await page.control({ kind: "note", text: "half" });
    server.beat();
    for (let i = 0; i < 2; i++) {
      const event = await next();
      expect(event?.name).toBe("tick");
      const data = event?.data as { points: LiveHistory; events: { text: string }[] };
      const fresh = data.points;
      points = [...points.slice(0, fresh.from), ...fresh.ratePerSec];
      events.push(...data.events.map(({ text }) => text));
    }
    expect(points).toEqual([1, 2, 3, 4, 5]);
    expect(events.at(-1)).toBe("half");
    await server.close();
    const last = await next();
    expect(last).toMatchObject({ name: "over", data: { view: { phase: "firing" } } });
    expect(await next()).toBeUndefined();
  });

  test("takes actions, says what came of them, and who asked", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const done = await page.control({ kind: "stop" }, { "x-oct-agent": "oct ctl" });
    expect(await done.json()).toMatchObject({ isDone: true, atS: expect.any(Number) });
    expect(page.live.marks().at(-1)?.text).toBe("stop asked for by oct ctl");
    const again = await page.control({ kind: "stop" });
    expect(await again.json()).toMatchObject({ isDone: false, text: "the run is ending already" });
  });

  test.each([
    ["no JSON", "nonsense", 400],
    ["nothing", "", 400],
    ["no object", "[]", 400],
    ["no action", '{"kind":"explode"}', 400],
    ["a note without text", '{"kind":"note"}', 400],
    ["more than 16 KB", `{"kind":"note","text":"${"x".repeat(20_000)}"}`, 413],
  ])("refuses %s", async (_, body, status) => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const response = await page.ask("/api/v1/control", { method: "POST", body });
    expect(response.status).toBe(status);
    if (status === 400) expect(await response.json()).toEqual({ error: expect.any(String) });
    expect(page.live.marks()).toEqual([]);
  });

  test("has nothing elsewhere, and says what a path takes", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    expect((await page.ask("/etc/passwd")).status).toBe(404);
    expect((await page.ask("/..%2f..%2fetc/passwd")).status).toBe(404);
    const put = await page.ask("/api/v1/status", { method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET"]);
    const get = await page.ask("/api/v1/control");
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("has its port for itself", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const { port } = page.server;
    expect(() => openServer(page.live, () => undefined, port)).toThrow("in use");
  });

  test("an action before there is a run is told so", async () => {
    const server = openServer(new LiveState(), () => undefined);
    try {
      const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/control`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: '{"kind":"stop"}',
      });
      expect(response.status).toBe(409);
    } finally {
      await server.close();
    }
  });

  test("has places for so many, and a client that does not read loses its own", async () => {
    using folder = tempFolder();
    await using page = await dashboardWorld(folder.path);
    const { server, gun, world } = page;
    for (let i = 0; i < 900; i++) gun.fire(0, 1_000, `timer ${"n".repeat(190)} ${i}`);
    gun.send();
    await world.pass(2_500_000);
    server.beat();
    const silent = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data() {} },
    });
    silent.pause();
    silent.write(
      `GET /api/v1/events?token=${TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    const reading = await page.ask("/api/v1/events");
    let events = 0;
    const next = readEvents(reading);
    const counted = (async () => {
      while ((await next()) !== undefined) events++;
    })();
    const metrics = async () => await (await page.ask("/metrics")).text();
    await until(async () => (await metrics()) === "oct_test 2 0\n", { what: "two clients" });
    await until(
      async () => {
        server.beat();
        return (await metrics()) === "oct_test 1 1\n";
      },
      { what: "the silent one to be let go", timeoutMs: 20_000 },
    );
    expect(events).toBeGreaterThan(FEED_LIMIT.waiting);
    const more = await Promise.all(
      Array.from({ length: FEED_LIMIT.clients }, () => page.ask("/api/v1/events")),
    );
    expect(more.filter(({ status }) => status === 503)).toHaveLength(1);
    await server.close();
    await counted;
    silent.terminate();
  });
});
