import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct, startProgram } from "../support/binary.ts";
import {
  HTTP_SCRIPT,
  query,
  resultsFolder,
  targetServer,
  writeProject,
} from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const PYTHON_TURRET = path.resolve(import.meta.dir, "../../assets/examples/turret.py");

interface Row {
  turret_name: string;
  n: number;
}

function emptyFolder(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder);
  return folder;
}

describe("oct run over the network", () => {
  test("two oct turrets and a Python turret serve one run, and every count agrees", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const project = writeProject(folder.path, "shop", {
      script: HTTP_SCRIPT,
      minTurrets: 3,
      runTimeS: 3,
      turrets: [
        {
          name: "web",
          cannons: 4,
          rampup: 0,
          script: "test_scripts/v_user.ts",
          target: server.url,
        },
      ],
    });
    const pythonConfig = folder.file("python.json");
    writeFileSync(
      pythonConfig,
      JSON.stringify({
        name: "snake",
        cannons: 2,
        rampup: 0,
        script: "turret.py",
        hq_address: "127.0.0.1",
        hq_publisher: project.publishPort,
        hq_rc: project.rcPort,
      }),
    );
    const hqOption = `127.0.0.1:${project.linkPort}`;
    await using one = startOct(["turret", "--hq", hqOption], {
      cwd: emptyFolder(folder.path, "one"),
    });
    await one.sees("waiting");
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await using two = startOct(["turret", "--hq", hqOption, "--name", "web"], {
      cwd: emptyFolder(folder.path, "two"),
    });
    await using snake = startProgram(["/usr/bin/python3", PYTHON_TURRET, pythonConfig], {
      cwd: emptyFolder(folder.path, "three"),
    });
    const ended = await run.finished(60_000);
    expect(ended.stdout).toContain("Warmup");
    expect(ended.stdout).toContain("waiting for 3 turrets to connect");
    expect(ended.code).toBe(0);

    const database = path.join(resultsFolder(project), "results.sqlite");
    const rows = query<Row>(
      database,
      "select turret_name, count(*) as n from result group by 1 order by 1",
    );
    expect(rows.map((row) => row.turret_name)).toEqual(["snake", "web"]);
    expect(rows[1]?.n).toBe(server.hits());
    expect(
      query<Row>(
        database,
        "select name as turret_name, count(*) as n from turret group by 1 order by 1",
      ),
    ).toEqual([
      { turret_name: "snake", n: 1 },
      { turret_name: "web", n: 2 },
    ]);

    // All are ready for the next run; Ctrl-C ends them.
    for (const turret of [one, two, snake]) turret.signal("SIGINT");
    expect((await one.finished()).code).toBe(0);
    expect((await two.finished()).code).toBe(0);
    await snake.finished();
  });

  test("a turret serves two runs in a row", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { runTimeS: 1 });
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], {
      cwd: emptyFolder(folder.path, "turret"),
    });
    for (const output of ["first", "second"]) {
      const run = await oct(["run", "shop", "--listen", "127.0.0.1", "-o", output], {
        cwd: folder.path,
      });
      expect(run.code).toBe(0);
      const rows = query<{ n: number }>(
        folder.file(output, "results.sqlite"),
        "select count(*) as n from result",
      );
      expect(rows[0]?.n).toBeGreaterThan(0);
    }
    turret.signal("SIGINT");
    expect((await turret.finished()).code).toBe(0);
  });

  test("turrets that never come: exit code 3, saying what was waited for", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop");
    const run = await oct(["run", "shop", "--listen", "127.0.0.1", "--wait", "1s"], {
      cwd: folder.path,
    });
    expect(run.stderr).toContain("turret");
    expect(run.code).toBe(3);
  });

  test("a second HQ on the same ports says which port is in use", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop");
    await using first = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await first.sees("waiting for 1 turrets to connect");
    const second = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(project.linkPort));
    first.signal("SIGINT");
    await first.finished();
  });

  test("a turret killed with -9 is shown as lost and the run goes on", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      minTurrets: 2,
      runTimeS: 5,
      more: { turret_silence: 1 },
    });
    const hqOption = `127.0.0.1:${project.linkPort}`;
    await using one = startOct(["turret", "--hq", hqOption], {
      cwd: emptyFolder(folder.path, "one"),
    });
    await using two = startOct(["turret", "--hq", hqOption], {
      cwd: emptyFolder(folder.path, "two"),
    });
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await run.sees(/transactions: [1-9]/);
    two.signal("SIGKILL");
    const ended = await run.finished();
    expect(ended.stdout).toMatch(/lost/);
    expect(ended.code).toBe(4);
    one.signal("SIGINT");
    expect((await one.finished()).code).toBe(0);
  });

  test("an HQ killed with -9 loses nothing it had read: oct report brings the run back", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { runTimeS: 600, more: { hq_loss: 1 } });
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], {
      cwd: emptyFolder(folder.path, "turret"),
    });
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await run.sees(/transactions: [1-9]\d\d/);
    run.signal("SIGKILL");
    await run.finished();
    const printed = [...run.stdout().matchAll(/transactions: (\d+)/g)].at(-1)?.[1];
    const results = resultsFolder(project);
    const report = await oct(["report", results], { cwd: folder.path });
    expect(report.code).toBe(0);
    expect(report.stdout).toContain("broken off");
    const rows = query<{ n: number }>(
      path.join(results, "results.sqlite"),
      "select count(*) as n from result",
    );
    expect(rows[0]?.n).toBeGreaterThanOrEqual(Number(printed));
    // The turret stops firing by itself and is there for the next HQ.
    await turret.sees(/lost|stopp/i);
    const next = await oct(
      ["run", "shop", "--listen", "127.0.0.1", "-o", "next", "--set", "run_time=1"],
      {
        cwd: folder.path,
      },
    );
    expect(next.code).toBe(0);
    turret.signal("SIGINT");
    await turret.finished();
  });

  test("Ctrl-C while waiting ends cleanly", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop");
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await run.sees("waiting for 1 turrets to connect");
    run.signal("SIGINT");
    const ended = await run.finished();
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
  });
});
