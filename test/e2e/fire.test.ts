// oct fire from the compiled binary: a URL and scripts, every way to say how much.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct } from "../support/binary.ts";
import { query, targetServer } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const SCRIPT = `import { Transaction } from "oct";
export class Home extends Transaction {
  async run() {
    const answer = await this.timer("home", () => this.http.get(process.env.TARGET as string));
    this.check("is ok", answer.status === 200);
  }
}
`;

const number = (text: string, label: string) =>
  Number(
    new RegExp(`^${label}: ([\\d,]+)$`, "m").exec(text)?.[1]?.replaceAll(",", "") ?? Number.NaN,
  );

describe("oct fire URL", () => {
  test("fires at once, and server and summary count the same", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const run = await oct(["fire", `${server.url}/`, "-u", "5", "-d", "1s"], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("5 cannons at once, for 1.00 s");
    expect(number(run.stdout, "Hits")).toBe(server.hits());
    expect(number(run.stdout, "Success")).toBe(server.hits());
    expect(run.stdout).toMatch(/sent = received = journaled = counted/);
    expect(server.hits()).toBeGreaterThan(5);
  });

  test("oct URL alone is oct fire URL", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const run = await oct([`${server.url}/`, "-n", "20"], { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(server.hits()).toBe(20);
  });

  test.each([
    [["-u", "2:3:5", "-c", "4"], 40, "-c 4 beside -u is read as hits per user"],
    [["-u", "3", "--hits", "7"], 21, "7 transactions each: 21 in all"],
    [["-u", "1", "--hits", "20:5"], 25, "25 transactions each"],
    [["-c", "3", "-n", "10"], 10, "-c 3 is read as the number of users"],
    [["-u", "4", "-n", "10", "--threads", "2"], 10, "10 transactions together"],
    [["--rate", "50", "-d", "1s"], 50, "transactions arrive at 50.0/s"],
  ])("%p makes exactly %d requests", async (args, hits, words) => {
    using folder = tempFolder();
    using server = targetServer();
    const run = await oct(["fire", `${server.url}/`, ...args], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(words);
    expect(server.hits()).toBe(hits);
    expect(number(run.stdout, "Hits")).toBe(hits);
  });

  test("method, headers and body are sent as given", async () => {
    using folder = tempFolder();
    const seen: unknown[] = [];
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const { method, headers } = request;
        seen.push([
          method,
          headers.get("x-one"),
          headers.get("content-type"),
          await request.text(),
        ]);
        return new Response("no", { status: 404 });
      },
    });
    writeFileSync(path.join(folder.path, "body.json"), '{"a":1}');
    const args = ["fire", `http://127.0.0.1:${server.port}/x`, "-n", "2", "-u", "1", "-m", "PUT"];
    args.push("-H", "X-One: 1", "-H", "Content-Type: application/json", "-b", "@body.json");
    const run = await oct(args, { cwd: folder.path });
    expect(seen).toEqual([
      ["PUT", "1", "application/json", '{"a":1}'],
      ["PUT", "1", "application/json", '{"a":1}'],
    ]);
    expect(number(run.stdout, "Errors")).toBe(2);
    expect(run.stdout).toContain("answered 404");
    expect(run.code).toBe(0);
  });

  test("a server that is not there is data, not a failure of oct", async () => {
    using folder = tempFolder();
    const args = ["fire", "http://127.0.0.1:1/", "-n", "3", "-u", "1"];
    const run = await oct(args, { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("connection refused by 127.0.0.1:1");
    expect(number(run.stdout, "Errors")).toBe(3);
  });

  test("Ctrl-C ends it with the summary", async () => {
    using folder = tempFolder();
    using server = targetServer();
    await using run = startOct(["fire", `${server.url}/`, "-d", "10m"], { cwd: folder.path });
    await run.sees("transactions:");
    run.signal("SIGINT");
    const ended = await run.finished();
    expect(ended.code).toBe(0);
    expect(number(ended.stdout, "Hits")).toBeGreaterThan(0);
    expect(number(ended.stdout, "Hits")).toBeLessThanOrEqual(server.hits());
  });

  test("more arrivals than cannons can serve are late, then dropped, and the run says so", async () => {
    using folder = tempFolder();
    const never = Promise.withResolvers<Response>();
    using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => never.promise });
    const args = ["fire", `http://127.0.0.1:${server.port}/`, "--rate", "100", "-d", "1s"];
    await using run = startOct([...args, "-u", "2"], { cwd: folder.path });
    const ended = await run.finished(30_000);
    expect(ended.stdout).toContain("planned 100 = started 2 + dropped 98");
    expect(ended.stdout).toContain("started 2 = finished 0 + unfinished 2");
    // The summary breaks long sentences into lines.
    const unbroken = ended.stdout.replaceAll(/\s+/g, " ");
    expect(unbroken).toContain("98 of 100 planned transactions were dropped");
    expect(unbroken.split("planned transactions were dropped")).toHaveLength(2);
  });
});

describe("oct fire SCRIPT", () => {
  test("fires a script, keeps its results where -o says", async () => {
    using folder = tempFolder();
    using server = targetServer();
    writeFileSync(path.join(folder.path, "home.ts"), SCRIPT);
    const args = ["fire", "home.ts", "-u", "2", "--hits", "5", "-e", `TARGET=${server.url}/`];
    const run = await oct([...args, "-o", "out"], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(server.hits()).toBe(10);
    const database = path.join(folder.path, "out/results.sqlite");
    const rows = query<{ kind: number; name: string; count: number }>(
      database,
      "select kind, name, count from oct_total t join oct_name n on n.id = t.name_id " +
        "where (kind = 0 and name = 'home') or kind = 6",
    );
    expect(rows).toEqual([
      { kind: 0, name: "home", count: 10 },
      { kind: 6, name: "is ok", count: 10 },
    ]);
    expect(readFileSync(path.join(folder.path, "out/results.html"), "utf8")).toContain("home");
    expect(existsSync(path.join(folder.path, "out/journal"))).toBe(false);
  });

  test.each([
    [["nosuch.ts"], "neither a URL nor a script that exists"],
    [["http://h/", "--rate", "0"], "--rate takes a number a second"],
    [["http://h/", "--hits", "1", "-n", "1"], "exclude each other"],
    [["http://h/", "--hits", "1", "-d", "1s"], "exclude each other"],
    [["http://h/", "-u", "0"], "--users takes whole numbers"],
    [["http://h/", "-H", "nonsense"], "-H takes"],
    [["http://h/", "-b", "@nosuch"], "can not read the body"],
    [["http://h/", "--stages", "x:1"], "has no duration"],
  ])("%p is refused with the reason, and nothing is fired", async (args, reason) => {
    using folder = tempFolder();
    const run = await oct(["fire", ...args], { cwd: folder.path });
    expect(run.code).toBe(reason.startsWith("can not") ? 1 : 2);
    expect(run.stderr).toContain(reason);
  });
});

describe("oct run --plan", () => {
  test("says and draws what would be fired, and fires nothing", async () => {
    using folder = tempFolder();
    expect((await oct(["new", "shop"], { cwd: folder.path })).code).toBe(0);
    const rates = "turrets.0.stages=30s:10,30s:10";
    const run = await oct(["run", "shop", "--plan", "--set", rates, "--set", "run_time=60"], {
      cwd: folder.path,
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("10 cannons, started over 30.00 s");
    expect(run.stdout).toContain("█");
    expect(existsSync(path.join(folder.path, "shop/results"))).toBe(false);
  });
});
