// Scripts over two turrets: rows that nobody else gets, work done once, mixes and divided loads.

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct } from "../support/binary.ts";
import { query, resultsFolder, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

/** A server that notes the paths it was asked for. */
function pathServer(): { url: string; paths: string[]; [Symbol.dispose](): void } {
  const paths: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      paths.push(new URL(request.url).pathname);
      return Response.json({ ok: true });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    paths,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

const SCRIPT = `import { feed, once, Transaction } from "oct";
const users = feed<{ name: string }>("users.csv", { order: "unique", atEnd: "stop" });
export class Shopper extends Transaction {
  async run() {
    const token = await once("token", async () => {
      await this.http.post(this.config.target + "/login");
      return "t-1";
    }, { per: "run" });
    const user = await users.row(this);
    await this.http.get(this.config.target + "/" + token + "/" + user.name);
  }
}
`;

describe("two turrets, one run", () => {
  test("unique rows are taken once over all, once per run is done once", async () => {
    using folder = tempFolder();
    using server = pathServer();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 20,
      minTurrets: 2,
      script: SCRIPT,
      turrets: [
        {
          name: "a",
          cannons: 3,
          rampup: 0,
          threads: 2,
          script: "test_scripts/v_user.ts",
          extra_files: ["test_scripts/users.csv"],
          target: server.url,
        },
      ],
    });
    const names = Array.from({ length: 60 }, (_, i) => `u${i}`);
    const csv = `name\n${names.join("\n")}\n`;
    writeFileSync(path.join(project.directory, "test_scripts/users.csv"), csv);
    const hosts = ["one", "two"].map((name) => {
      const cwd = path.join(folder.path, name);
      mkdirSync(cwd);
      return startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], { cwd });
    });
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    for (const host of hosts) await host[Symbol.asyncDispose]();
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(server.paths.filter((one) => one === "/login")).toEqual(["/login"]);
    const seen = server.paths.filter((one) => one.startsWith("/t-1/")).map((one) => one.slice(5));
    expect(seen.toSorted()).toEqual(names.toSorted());
    const results = path.join(resultsFolder(project), "results.sqlite");
    expect(query(results, "select count(*) as n from result where error <> ''")).toEqual([
      { n: 0 },
    ]);
  });

  test("a divided rate is exact, a mix keeps its scripts apart", async () => {
    using folder = tempFolder();
    using server = pathServer();
    const script = (name: string) => `import { Transaction } from "oct";
export class T extends Transaction {
  async run() {
    await this.http.get(this.config.target + "/${name}");
  }
}
`;
    const project = writeProject(folder.path, "shop", {
      runTimeS: 2,
      minTurrets: 2,
      turrets: [
        {
          name: "a",
          cannons: 20,
          rate: 101,
          split: true,
          script: "test_scripts/v_user.ts",
          mix: [
            { script: "test_scripts/buy.ts", weight: 1 },
            { script: "test_scripts/look.ts", weight: 3 },
          ],
          target: server.url,
        },
      ],
    });
    for (const name of ["buy", "look"]) {
      writeFileSync(path.join(project.directory, `test_scripts/${name}.ts`), script(name));
    }
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(server.paths.length).toBe(202);
    const bought = server.paths.filter((one) => one === "/buy").length;
    expect(bought).toBeGreaterThan(25);
    expect(bought).toBeLessThan(80);
    expect(run.stdout).toContain("planned 202 = started 202 + dropped 0");
    expect(run.stdout).toContain("test_scripts/buy.ts");
    expect(run.stdout).toContain("GET /buy");
  });
});

describe("TestCase", () => {
  const CASES = `import { TestCase } from "oct";
export class Shop extends TestCase {
  async test_home() {
    const answer = await this.session.get(process.env.TARGET + "/home");
    this.assertEqual(answer.status, 200);
  }
  async test_broken() {
    this.assertEqual(1, 2);
  }
}
`;

  test("methods are tests; failures stand apart from errors", async () => {
    using folder = tempFolder();
    using server = pathServer();
    writeFileSync(path.join(folder.path, "cases.ts"), CASES);
    const target = ["-e", `TARGET=${server.url}`];
    const one = await oct(
      ["fire", "cases.ts:Shop.test_home", "-u", "2", "--hits", "3", ...target],
      {
        cwd: folder.path,
      },
    );
    expect(one.stderr).toBe("");
    expect(one.stdout).toContain("Success: 6");
    expect(server.paths).toEqual(Array.from({ length: 6 }, () => "/home"));
    const all = await oct(["fire", "cases.ts", "-u", "1", "--hits", "2", ...target], {
      cwd: folder.path,
    });
    expect(all.stdout).toMatch(/^Failures: [1-9]/m);
    expect(all.stdout).toContain("Errors: 0");
  });
});
