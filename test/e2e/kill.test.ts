// What is killed in the middle of a run, and scripts that try to take their turret with them: driven
// through the binary, held to the files that are left.

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { decodeBatch } from "../../src/stats/batch.ts";
import { decodeBatchRecord, RECORD_KIND } from "../../src/store/records.ts";
import { readJournal } from "../../src/store/segments.ts";
import { oct, startOct } from "../support/binary.ts";
import {
  HTTP_SCRIPT,
  query,
  resultsFolder,
  type TestProject,
  targetServer,
  writeProject,
} from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

interface Counts {
  turret_index: number;
  sent_transactions: number | null;
  received_transactions: number;
  journaled_transactions: number;
  counted_transactions: number;
  lost_transactions: number;
  unfinished_transactions: number;
  started_transactions: number | null;
}

function emptyFolder(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder);
  return folder;
}

function databaseOf(project: TestProject): string {
  return path.join(resultsFolder(project), "results.sqlite");
}

function countsOf(project: TestProject): Counts[] {
  return query<Counts>(databaseOf(project), "select * from oct_count order by turret_index");
}

function rowsOf(project: TestProject, where = "1"): number {
  const sql = `select count(*) as n from result where ${where}`;
  return query<{ n: number }>(databaseOf(project), sql)[0]?.n as number;
}

/** How often something was counted that has no sample. */
function counterOf(project: TestProject, name: string): number {
  const sql = `select t.sum as n from oct_total t join oct_name n on n.id = t.name_id where n.name = '${name}'`;
  return query<{ n: number }>(databaseOf(project), sql)[0]?.n ?? 0;
}

/** Transactions in the journal of a run that was killed. */
function journaledTransactions(project: TestProject): number {
  let transactions = 0;
  readJournal(resultsFolder(project), (kind, payload) => {
    if (kind !== RECORD_KIND.batch) return;
    transactions += decodeBatch(decodeBatchRecord(payload).batch).transactions;
  });
  return transactions;
}

describe("kill -9", () => {
  test("of the HQ: oct rebuild gives database and report with every journaled result", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { runTimeS: 600, more: { hq_loss: 3 } });
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], {
      cwd: emptyFolder(folder.path, "turret"),
    });
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await run.sees(/transactions: [1-9]\d\d/);
    run.signal("SIGKILL");
    await run.finished();
    const results = resultsFolder(project);
    expect(existsSync(path.join(results, "results.sqlite"))).toBe(false);
    const shown = Number([...run.stdout().matchAll(/transactions: (\d+)/g)].at(-1)?.[1]);
    const journaled = journaledTransactions(project);
    expect(journaled).toBeGreaterThanOrEqual(shown);

    const rebuilt = await oct(["rebuild", results, "shop/config.json"], { cwd: folder.path });
    expect(rebuilt.stderr).toBe("");
    expect(rebuilt.code).toBe(0);
    expect(rebuilt.stdout).toContain("broken off");
    expect(rebuilt.stdout).toContain(`transactions: ${journaled}`);
    expect(rowsOf(project)).toBe(journaled);
    expect(countsOf(project)).toMatchObject([
      {
        received_transactions: journaled,
        journaled_transactions: journaled,
        counted_transactions: journaled,
      },
    ]);
    expect(rebuilt.stdout).toContain(`received = journaled = counted: ${journaled}`);
    expect(rebuilt.stdout).not.toContain("contradict");
    const html = await Bun.file(path.join(results, "results.html")).text();
    expect(html.slice(0, 15).toLowerCase()).toBe("<!doctype html>");

    // The turret ceases fire by itself, keeps what was not taken, and says what is lost when it goes.
    await turret.sees("stopping fire, results are kept");
    await turret.sees(/fired \d+ transactions/);
    turret.signal("SIGINT");
    const ended = await turret.finished();
    expect(ended.stdout).toMatch(/transactions of run \S+ were never taken by its HQ/);
    expect(ended.code).toBe(4);
  });

  test("of one of two turrets: PARTIAL, code 4, the other's data is whole", async () => {
    using folder = tempFolder();
    using here = targetServer();
    using there = targetServer();
    const turretOf = (name: string, target: string) => ({
      name,
      cannons: 3,
      rampup: 0,
      script: "test_scripts/v_user.ts",
      target,
    });
    const project = writeProject(folder.path, "shop", {
      script: HTTP_SCRIPT,
      minTurrets: 2,
      runTimeS: 5,
      turrets: [turretOf("survivor", here.url), turretOf("victim", there.url)],
      more: { turret_silence: 2 },
    });
    const start = (name: string) =>
      startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`, "--name", name], {
        cwd: emptyFolder(folder.path, name),
      });
    await using survivor = start("survivor");
    await using victim = start("victim");
    await using run = startOct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await run.sees(/turrets: 2, .*transactions: [1-9]/);
    victim.signal("SIGKILL");
    const ended = await run.finished();
    expect(ended.code).toBe(4);
    expect(ended.stdout).toMatch(/PARTIAL: .*turret victim was lost/);

    expect(rowsOf(project, "turret_name = 'survivor'")).toBe(here.hits());
    const killed = rowsOf(project, "turret_name = 'victim'");
    expect(killed).toBeGreaterThan(0);
    expect(killed).toBeLessThanOrEqual(there.hits());
    const byName = query<{ name: string; turret_index: number }>(
      databaseOf(project),
      "select t.name, o.turret_index from oct_turret o join turret t on t.id = o.turret_id",
    );
    const countsFor = (name: string) =>
      countsOf(project)[byName.find((turret) => turret.name === name)?.turret_index as number];
    const hits = here.hits();
    expect(countsFor("survivor")).toMatchObject({
      sent_transactions: hits,
      received_transactions: hits,
      journaled_transactions: hits,
      counted_transactions: hits,
    });
    expect(countsFor("victim")).toMatchObject({
      sent_transactions: null,
      received_transactions: killed,
      journaled_transactions: killed,
    });
    survivor.signal("SIGINT");
    expect((await survivor.finished()).code).toBe(0);
  });
});

describe("a script that would take its turret with it", () => {
  test("while(true): its thread is replaced, named with file and line, counted; the run ends", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 8,
      turrets: [
        {
          name: "navigation",
          cannons: 4,
          rampup: 0,
          threads: 2,
          script: "test_scripts/v_user.ts",
          flag: folder.file("has-hung"),
        },
      ],
      script: `import { closeSync, openSync } from "node:fs";
import { sleep, Transaction } from "oct";

let count = 0;

export class Visitor extends Transaction {
  async run() {
    await sleep(0.02);
    if (++count === 40 && isFirst(this.config.flag)) {
      while (true);
    }
  }
}

function isFirst(file) {
  try {
    closeSync(openSync(file, "wx"));
    return true;
  } catch {
    return false;
  }
}
`,
    });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    const said =
      /thread \d of 2 gave no sign of life for \S+ s, in run of test_scripts\/v_user\.ts:\d+; it was replaced; ([\d,]+) finished transactions lost, ([\d,]+) unfinished/.exec(
        run.stdout,
      );
    const [lost, unfinished] = [Number(said?.[1]), Number(said?.[2])];
    expect(unfinished).toBeGreaterThan(0);
    const [counts] = countsOf(project);
    expect(counts).toMatchObject({
      lost_transactions: lost,
      sent_transactions: rowsOf(project),
      counted_transactions: rowsOf(project),
    });
    expect(counts?.unfinished_transactions).toBeGreaterThanOrEqual(unfinished);
    expect(run.stdout).toMatch(/^started [\d,]+ = finished .* unfinished \d+$/m);
    expect(run.stdout).not.toContain("do not add up");
    expect(run.code).toBe(lost > 0 ? 4 : 0);
    const events = query<{ text: string }>(
      databaseOf(project),
      "select text from oct_event where level = 'error'",
    );
    expect(events[0]?.text).toContain("gave no sign of life");
  });

  test("process.exit(): an error of that transaction, named with file and line; the turret lives", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 1,
      script: `import { sleep, Transaction } from "oct";

export class Visitor extends Transaction {
  async run() {
    await sleep(0.02);
    process.exit(3);
  }
}
`,
    });
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], {
      cwd: emptyFolder(folder.path, "turret"),
    });
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    expect(run.code).toBe(0);
    const text = "process.exit(3) was called at test_scripts/v_user.ts:6:13";
    expect(run.stdout).toContain(text);
    const count = rowsOf(project);
    expect(count).toBeGreaterThan(0);
    expect(rowsOf(project, `error like '${text}%'`)).toBe(count);
    expect(countsOf(project)[0]).toMatchObject({ sent_transactions: count, lost_transactions: 0 });
    await turret.sees("ready for the next run");
    turret.signal("SIGINT");
    expect((await turret.finished()).code).toBe(0);
  });

  test.each([
    [
      "a stray rejection",
      "Promise.reject(new Error('nobody waits'));",
      "a promise was rejected that nobody awaits: test_scripts/v_user.ts:5:",
      "oct.stray_rejections",
    ],
    [
      "a stray exception",
      "queueMicrotask(() => { throw new Error('too late'); });",
      "an exception outside of any transaction: test_scripts/v_user.ts:5:",
      "oct.stray_exceptions",
    ],
  ])(
    "%s: named with file and line, counted; the run ends whole",
    async (_, line, text, counter) => {
      using folder = tempFolder();
      const project = writeProject(folder.path, "shop", {
        runTimeS: 1,
        script: `import { sleep, Transaction } from "oct";

export class Visitor extends Transaction {
  async run() {
    ${line}
    await sleep(0.02);
  }
}
`,
      });
      const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
      expect(run.code).toBe(0);
      expect(run.stdout).toContain(text);
      const count = rowsOf(project);
      expect(count).toBeGreaterThan(0);
      expect(rowsOf(project, "error <> ''")).toBe(0);
      expect(counterOf(project, counter)).toBe(count);
    },
  );
});
