// Every example that comes with oct, fired by the binary at a real server.

import { describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, readdirSync } from "node:fs";
import path from "node:path";
import { type Finished, freePorts, oct } from "../support/binary.ts";
import {
  cacheServer,
  chatServer,
  mailServer,
  shopServer,
  startPostgres,
} from "../support/example-servers.ts";
import { serveRegistry } from "../support/npm-registry.ts";
import { query, resultsFolder } from "../support/project.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const EXAMPLES = path.resolve(import.meta.dir, "../../assets/examples");

/** Fires an example from a folder of its own, as someone would who copied it. */
async function fired(
  name: string,
  args: readonly string[],
  code = 0,
): Promise<Finished & { db: Query }> {
  using folder = tempFolder();
  for (const file of [name, "users.csv"]) {
    copyFileSync(path.join(EXAMPLES, file), folder.file(file));
  }
  const run = await oct(["fire", name, ...args, "-o", "out"], { cwd: folder.path });
  expect(run.stderr).toBe("");
  expect(run.code).toBe(code);
  expect(run.stdout).toMatch(/^Errors: 0$/m);
  expect(run.stdout).toMatch(/sent = received = journaled = counted/);
  return { ...run, db: readAll(folder) };
}

interface Query {
  /** What was added to a counter, evaluations of a check, or samples of a timer. */
  counted(name: string): number;
  failed(name: string): number;
}

function readAll(folder: TempFolder): Query {
  const rows = query<{ name: string; count: number; errors: number }>(
    folder.file("out", "results.sqlite"),
    `select n.name as name, t.count as count, t.error_count as errors
     from oct_total t join oct_name n on n.id = t.name_id`,
  );
  const row = (name: string) => rows.find((one) => one.name === name);
  return { counted: (name) => row(name)?.count ?? 0, failed: (name) => row(name)?.errors ?? 0 };
}

describe("examples", () => {
  test("http-login.ts", async () => {
    using shop = shopServer();
    const { db } = await fired("http-login.ts", [
      "-u",
      "2",
      "--hits",
      "5",
      "-e",
      `TARGET=${shop.url}`,
    ]);
    expect(shop.names.sort()).toEqual(["user0", "user1"]);
    expect(shop.asked.get("POST /api/order")).toBe(10);
    expect([db.counted("buy"), db.counted("order is made")]).toEqual([10, 10]);
    expect([db.failed("item is there"), db.counted("GET /api/items/:id")]).toEqual([0, 10]);
  });

  test("websocket-chat.ts", async () => {
    using chat = chatServer();
    const { stdout, db } = await fired("websocket-chat.ts", [
      ...["-u", "3", "--hits", "4", "-e", `TARGET=${chat.url}`],
    ]);
    expect(chat.heard()).toBe(12);
    expect([db.counted("chat connect"), db.counted("chat round trip")]).toEqual([3, 12]);
    expect(stdout).toMatch(/^Opened web sockets: 3$/m);
  });

  test("postgres-redis.ts", async () => {
    await using postgres = await startPostgres();
    using cache = await cacheServer();
    const { db } = await fired("postgres-redis.ts", [
      ...["-u", "2", "--hits", "20", "--threads", "1"],
      ...["-e", `POSTGRES=${postgres.url}`, "-e", `REDIS=redis://127.0.0.1:${cache.port}`],
    ]);
    expect(db.counted("redis get")).toBe(40);
    expect(db.counted("select item")).toBe(db.counted("cache misses"));
    expect([db.failed("row is there"), db.counted("row is there") > 0]).toEqual([0, true]);
  }, 30_000);

  test("raw-tcp.ts", async () => {
    using mail = await mailServer();
    const { db } = await fired("raw-tcp.ts", [
      ...["-u", "2", "--hits", "3", "-e", "HOST=127.0.0.1", "-e", `PORT=${mail.port}`],
    ]);
    expect([db.counted("smtp connect"), db.counted("EHLO")]).toEqual([6, 6]);
    expect(db.failed("greets") + db.failed("says goodbye")).toBe(0);
  });

  test("file-upload.ts", async () => {
    using shop = shopServer();
    const { db } = await fired("file-upload.ts", [
      ...["-u", "2", "--hits", "15", "--seed", "4", "-e", `TARGET=${shop.url}/upload`],
    ]);
    expect(shop.uploads.length).toBe(30);
    const large = shop.uploads.filter((size) => size === 1_000_000).length;
    expect(shop.uploads.filter((size) => size === 10_000).length).toBe(30 - large);
    expect(db.counted("upload{size:large}")).toBe(large);
    expect(db.counted("upload")).toBe(30);
  });

  test("csv-feed.ts", async () => {
    using shop = shopServer();
    const { db } = await fired("csv-feed.ts", [
      "-u",
      "2",
      "-d",
      "20s",
      "-e",
      `TARGET=${shop.url}/login`,
    ]);
    expect(shop.names.sort()).toEqual(["ann", "bob", "cyd", "dee", "eve"]);
    expect([db.counted("signed in"), db.counted("logins from Oslo")]).toEqual([5, 1]);
  });

  test("thresholds.ts", async () => {
    using shop = shopServer();
    const asked = [
      "check answers in time > 99%",
      "check is no error page = 100%",
      "page: p95 < 30s",
      "errors < 5%, abort after 5s",
    ].flatMap((text) => ["--threshold", text]);
    const args = ["-u", "2", "--hits", "5", "-e", `TARGET=${shop.url}/`, ...asked];
    const kept = await fired("thresholds.ts", [...args, "-e", "LIMIT_MS=30000"]);
    expect(kept.stdout).toMatch(/^all 4 thresholds hold$/m);
    const missed = await fired("thresholds.ts", [...args, "-e", "LIMIT_MS=0.000001"], 99);
    expect(missed.stdout).toMatch(/^1 of 4 thresholds failed: check answers in time > 99%: 0 %$/m);
    expect(missed.db.failed("answers in time")).toBe(10);
    expect(missed.db.failed("is no error page")).toBe(0);
  });

  test("test-case.ts, whole and one test of it", async () => {
    using shop = shopServer();
    const given = ["-u", "2", "--hits", "4", "-e", `TARGET=${shop.url}`];
    const { db, stdout } = await fired("test-case.ts", given);
    expect([db.counted("test_home"), db.counted("test_search")]).toEqual([4, 4]);
    expect(stdout).toMatch(/^Failures: 0$/m);
    using folder = tempFolder();
    const args = ["fire", path.join(EXAMPLES, "test-case.ts:TestSite.test_search"), ...given];
    const one = await oct(args, { cwd: folder.path });
    expect(one.code).toBe(0);
    expect([shop.asked.get("GET /"), shop.asked.get("GET /search")]).toEqual([4, 12]);
  });

  test("poisson", async () => {
    using folder = tempFolder();
    using shop = shopServer();
    cpSync(path.join(EXAMPLES, "poisson"), folder.file("poisson"), { recursive: true });
    const run = await oct(["run", "poisson", "--local", "-e", `TARGET=${shop.url}/`, ...free()], {
      cwd: folder.path,
    });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    const results = resultsFolder({ directory: folder.file("poisson") } as never);
    const [row] = query<{ n: number }>(
      path.join(results, "results.sqlite"),
      "select count(*) as n from result where error = ''",
    );
    expect(row?.n).toBe(shop.asked.get("GET /") as number);
    // 140 are expected; a seed far off would be no Poisson process.
    expect(Math.abs((row?.n ?? 0) - 140)).toBeLessThan(50);
  }, 30_000);

  test("npm-package", async () => {
    using folder = tempFolder();
    using shop = shopServer();
    await using registry = await serveRegistry([
      {
        name: "nanoid",
        version: "5.0.0",
        manifest: { type: "module", exports: "./index.js" },
        files: { "index.js": "export const nanoid = () => 'id ' + Math.random();\n" },
      },
    ]);
    cpSync(path.join(EXAMPLES, "npm-package"), folder.file("shop"), { recursive: true });
    const run = await oct(
      ["run", "shop", "--local", "-e", `TARGET=${shop.url}/orders`, ...free()],
      { cwd: folder.path, env: { npm_config_registry: registry.url, HOME: folder.path } },
    );
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(shop.asked.get("POST /orders") ?? 0).toBeGreaterThan(0);
    expect(run.stdout).toMatch(/errors: 0/);
  }, 30_000);

  test("there are no others that no test fires", () => {
    const fired = [
      ..."csv-feed.ts file-upload.ts http-login.ts npm-package poisson postgres-redis.ts".split(
        " ",
      ),
      ..."raw-tcp.ts test-case.ts thresholds.ts turret.py users.csv websocket-chat.ts".split(" "),
    ];
    expect(readdirSync(EXAMPLES).sort()).toEqual(fired);
  });
});

/** Ports of its own for each run. */
function free(): string[] {
  const [link = 0, publish = 0, rc = 0] = freePorts(3);
  const keys = { link_port: link, publish_port: publish, rc_port: rc };
  return Object.entries(keys).flatMap(([key, port]) => ["--set", `${key}=${port}`]);
}
