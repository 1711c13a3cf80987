// The crew with real threads: what is fired and counted, and what no script may bring down.

import { describe, expect, test } from "bun:test";
import { OctError } from "../../../src/base/errors.ts";
import { CELL_KIND, COUNTER, GAUGE } from "../../../src/stats/cell.ts";
import {
  type CrewRun,
  type CrewRunOptions,
  loadCrewRun,
  startCrewRun,
  TEST_SCRIPT,
} from "../../support/crew-run.ts";
import { answeringServer } from "../../support/http-servers.ts";
import { until } from "../../support/wait.ts";

function script(body: string, head = ""): { readonly [TEST_SCRIPT]: string } {
  const text = `import { Transaction, sleep } from "oct";\n${head}export class Visitor extends Transaction {\n${body}\n}\n`;
  return { [TEST_SCRIPT]: text };
}

/** Fires until there is enough, and then stops as an HQ would. */
async function runToEnd(
  options: CrewRunOptions,
  isEnough: (run: CrewRun) => boolean = (run) => run.transactions > 5,
): Promise<CrewRun> {
  const run = await startCrewRun({ ...options, job: { runTimeUs: 60_000_000, ...options.job } });
  await until(() => run.isDone || isEnough(run), { what: "enough transactions" });
  run.crew?.stop(20_000_000);
  await until(() => run.isDone, { what: "the end of the run" });
  expectIdentities(run);
  return run;
}

function expectIdentities(run: CrewRun): void {
  const totals = run.totals;
  if (totals === undefined) throw new Error("the run has no totals");
  expect(totals.planned).toBe(totals.started + totals.dropped);
  expect(totals.started).toBe(totals.transactions + totals.unfinished);
  expect(run.transactions).toBe(totals.transactions - totals.lostTransactions);
  expect(run.count(CELL_KIND.timer, "")).toBe(run.transactions);
  expect(run.sum(CELL_KIND.counter, COUNTER.started)).toBe(totals.started);
  expect(run.sum(CELL_KIND.counter, COUNTER.finished)).toBe(totals.transactions);
  expect(run.sum(CELL_KIND.counter, COUNTER.unfinished)).toBe(totals.unfinished);
}

async function failureOf(options: CrewRunOptions): Promise<OctError> {
  const thrown = await loadCrewRun(options).then(
    (run) => run[Symbol.dispose](),
    (error: unknown) => error,
  );
  if (thrown instanceof OctError) return thrown;
  throw new Error(`loaded, or failed otherwise: ${String(thrown)}`);
}

describe("a crew", () => {
  test("fires HTTP with every cannon's own connection, over several threads", async () => {
    using server = await answeringServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    using run = await runToEnd({
      files: script(`async run() {
        const page = await this.timer("home", () => this.http.get(this.config.target));
        if (page.text() !== "ok") throw new Error("not ok");
        await sleep(0.005);
      }`),
      definition: { cannons: 5, target: server.url },
      job: { threads: 2 },
    });
    expect(run.errors).toEqual({});
    expect(run.transactions).toBeGreaterThan(5);
    expect(run.count(CELL_KIND.timer, "home")).toBe(run.transactions);
    expect(run.count(CELL_KIND.status, "GET 200")).toBe(run.transactions);
    expect(run.sum(CELL_KIND.counter, COUNTER.cannonsStarted)).toBe(5);
    expect(run.sum(CELL_KIND.counter, COUNTER.bytesIn)).toBe(run.transactions * 40);
    expect(server.counts.opened).toBe(5);
    expect(run.count(CELL_KIND.gauge, GAUGE.cannons)).toBeGreaterThan(0);
    expect(run.rows.length).toBe(run.transactions);
  });

  test("labels every row with the run's time and the time of day", async () => {
    using run = await runToEnd({
      files: script('async run() { using t = this.timer("nap"); await sleep(0.02); }'),
    });
    for (const row of run.rows) {
      expect(row.scriptrunS).toBeGreaterThanOrEqual(0.02);
      expect(row.timers["nap"]).toBeGreaterThanOrEqual(0.02);
      expect(row.elapsedS).toBeGreaterThanOrEqual(row.scriptrunS);
      expect(row.epochS - row.elapsedS).toBeCloseTo(run.startWallMs / 1000, 3);
    }
    expect(run.rows.length).toBeGreaterThan(0);
  });

  test("loads TypeScript, relative imports, JSON and npm packages", async () => {
    using run = await runToEnd({
      files: {
        ...script(
          "async run() { this.timer(data.name + shout(word), () => {}); await sleep(0.01); }",
          'import { word } from "../lib/word.ts";\nimport data from "./data.json";\nimport shout from "shout";\n',
        ),
        "lib/word.ts": "export const word: string = 'b';\n",
        "test_scripts/data.json": '{ "name": "a" }',
        "node_modules/shout/package.json": '{ "name": "shout", "main": "index.js" }',
        "node_modules/shout/index.js": "module.exports = (text) => text.toUpperCase();\n",
      },
    });
    expect(run.count(CELL_KIND.timer, "aB")).toBe(run.transactions);
  });

  test("lets a function be the script", async () => {
    using run = await runToEnd({
      files: {
        [TEST_SCRIPT]:
          'import { sleep } from "oct";\n' +
          "export default async ({ timer, config, random }) => { timer(config.word, () => random.unit()); await sleep(0.01); };\n",
      },
      definition: { word: "said" },
    });
    expect(run.count(CELL_KIND.timer, "said")).toBe(run.transactions);
    expect(run.transactions).toBeGreaterThan(0);
  });

  test("shows config, context and variables to the script, and changes of the context", async () => {
    using run = await startCrewRun({
      files: script(
        `async run() {
        const seen = [this.context.a, context.a, config.own, process.env.OCT_TEST_GIVEN];
        this.timer(JSON.stringify(seen), () => {});
        await sleep(0.005);
      }`,
        'import { config, context } from "oct";\n',
      ),
      definition: { own: 7, env: { OCT_TEST_GIVEN: "given" } },
      context: { a: 1 },
      job: { runTimeUs: 60_000_000 },
    });
    await until(() => run.count(CELL_KIND.timer, '[1,1,7,"given"]') > 0, { what: "the context" });
    run.crew?.setContext({ a: 2 });
    await until(() => run.count(CELL_KIND.timer, '[2,2,7,"given"]') > 0, { what: "the change" });
    expect(process.env["OCT_TEST_GIVEN"]).toBeUndefined();
  });

  test("sends no more rows when they are no longer wanted", async () => {
    using run = await startCrewRun({
      files: script("async run() { await sleep(0.002); }"),
      job: { runTimeUs: 60_000_000 },
    });
    await until(() => run.rows.length > 0, { what: "rows" });
    run.crew?.wantRows(false);
    const before = { rows: -1, transactions: 0 };
    await until(
      () => {
        const isQuiet = before.rows === run.rows.length && run.transactions > before.transactions;
        before.rows = run.rows.length;
        before.transactions = run.transactions;
        return isQuiet;
      },
      { what: "batches without rows" },
    );
    expect(run.transactions).toBeGreaterThan(run.rows.length);
  });

  test("does nothing and is done when it is stopped before the start", async () => {
    using run = await loadCrewRun({
      files: script("run() {}"),
      job: { threads: 2 },
      definition: { cannons: 2 },
    });
    run.crew?.stop(0);
    await until(() => run.isDone, { what: "the end" });
    expect(run.totals?.started).toBe(0);
  });

  test("lets what is in flight at the stop end within the grace period", async () => {
    using run = await startCrewRun({
      files: script("async run() { this.timer('in', () => {}); await sleep(0.2); }"),
      definition: { cannons: 3 },
      job: { runTimeUs: 60_000_000 },
    });
    await until(() => run.count(CELL_KIND.timer, "in") === 3, { what: "three transactions" });
    run.crew?.stop(20_000_000);
    await until(() => run.isDone, { what: "the end" });
    expectIdentities(run);
    expect(run.totals).toMatchObject({ started: 3, transactions: 3, unfinished: 0 });
  });

  test("counts what is in flight after the grace period as unfinished", async () => {
    using server = await answeringServer("");
    using run = await startCrewRun({
      files: script(`async run() {
        this.timer("in", () => {});
        if (this.cannon.index === 0) await this.http.get(this.config.target);
        else if (this.cannon.index === 1) await sleep(1000);
        else await new Promise(() => {});
      }`),
      definition: { cannons: 3, target: server.url },
      job: { runTimeUs: 60_000_000 },
    });
    await until(() => run.count(CELL_KIND.timer, "in") === 3, { what: "three transactions" });
    run.crew?.stop(0);
    await until(() => run.isDone, { what: "the end" });
    expectIdentities(run);
    expect(run.totals).toMatchObject({ started: 3, transactions: 0, unfinished: 3 });
    expect(run.errors).toEqual({});
  });

  test("goes on firing over a script that never waits, and still ends in time", async () => {
    using run = await runToEnd({
      files: script('run() { this.timer("quick", () => 1); }'),
      definition: { cannons: 3 },
      job: { runTimeUs: 200_000 },
    });
    expect(run.transactions).toBeGreaterThan(100);
    expect(run.totals?.unfinished).toBe(0);
    const byRow = run.rows.map((row) => row.elapsedS);
    expect(Math.max(...byRow)).toBeLessThan(10);
  });
});

describe("a crew whose script fails", () => {
  test.each([
    ["the constructor", 'constructor() { super(); throw new Error("bad"); }\nasync run() {}'],
    ["setup", 'setup() { throw new Error("bad"); }\nasync run() { await sleep(0.01); }'],
    ["run", 'async run() { await sleep(0.01); throw new Error("bad"); }'],
    [
      "tearDown",
      'async run() { await sleep(0.01); }\nasync tearDown() { throw new Error("bad"); }',
    ],
    ["tear_down", 'async run() { await sleep(0.01); }\ntear_down() { throw new Error("bad"); }'],
  ])("counts what %s throws as the transaction's error, and the cannon lives", async (_, body) => {
    using run = await runToEnd({ files: script(body) }, (one) => one.transactions > 1);
    expect(run.transactions).toBeGreaterThan(1);
    expect(run.errors).toEqual({ bad: run.transactions });
    expect(run.errorCount(CELL_KIND.timer, "")).toBe(run.transactions);
    expect(run.events.join("\n")).toMatch(/test_scripts\/v_user\.ts:\d+:\d+: bad/);
  });

  test("tries a constructor that failed again, with pauses", async () => {
    using run = await runToEnd({
      files: script(
        'constructor() { super(); if (made++ < 2) throw new Error("not yet"); }\nasync run() { await sleep(0.01); }',
        "let made = 0;\n",
      ),
    });
    expect(run.errors).toEqual({ "not yet": 2 });
    expect(run.transactions).toBeGreaterThan(3);
  });

  test("never takes an empty error for success", async () => {
    using run = await runToEnd({
      files: script(
        'async run() { await sleep(0.01); throw [new Error(), "", undefined, null][n++ % 4]; }',
        "let n = 0;\n",
      ),
    });
    const errors = Object.values(run.errors).reduce((sum, count) => sum + count, 0);
    expect(errors).toBe(run.transactions);
    expect(Object.keys(run.errors)).not.toContain("");
    expect(run.rows.every((row) => row.error !== "")).toBe(true);
  });

  test("says that a connection was refused", async () => {
    using run = await runToEnd({
      files: script(
        'async run() { await sleep(0.01); await this.http.get("http://127.0.0.1:1/x"); }',
      ),
    });
    expect(run.errors).toEqual({ "connection refused by 127.0.0.1:1": run.transactions });
    expect(run.count(CELL_KIND.status, "GET refused")).toBe(run.transactions);
  });

  test("makes process.exit() an error with file and line", async () => {
    using run = await runToEnd({
      files: script("async run() {\n  await sleep(0.01);\n  process.exit(3);\n}"),
    });
    expect(Object.keys(run.errors)).toEqual([
      "process.exit(3) was called at test_scripts/v_user.ts:5:11: a script can not end its turret",
    ]);
    expect(run.totals?.threadsReplaced).toBe(0);
  });

  test.each([
    ["rejections", 'Promise.reject(new Error("astray"));', "test_scripts/v_user.ts:4:24: astray"],
    [
      "exceptions",
      'setImmediate(() => { throw new Error("alone"); });',
      "test_scripts/v_user.ts:4:36: alone",
    ],
  ])("counts stray %s, says where they come from, and lives on", async (kind, body, where) => {
    const child = Bun.spawn(
      [process.execPath, `${import.meta.dir}/../../support/crew-run-strays.ts`, body],
      { stdout: "pipe" },
    );
    const found = JSON.parse(await new Response(child.stdout).text());
    expect(found[kind]).toBeGreaterThan(0);
    expect(found.transactions).toBeGreaterThan(1);
    expect(found.errors).toEqual({});
    expect(found.events.join("\n")).toContain(where);
    expect(found.totals.threadsReplaced).toBe(0);
  });
});

function hasReplaced(count: number): (run: CrewRun) => boolean {
  return (run) => {
    const replaced = run.events.filter((text) => text.includes("it was replaced")).length;
    return replaced >= count && run.transactions > 10;
  };
}

describe("a crew whose thread is lost", () => {
  const limit = { silenceUs: 800_000 };

  test("replaces a thread that hangs, says where, and counts what went with it", async () => {
    using run = await runToEnd(
      {
        files: script(
          `async run() {
          await this.timer("calm", () => sleep(0.005));
          await this.timer("trap", async () => {
            await sleep(0.001);
            if (!existsSync(import.meta.dir + this.cannon.index)) {
              writeFileSync(import.meta.dir + this.cannon.index, "");
              while (true) {}
            }
          });
        }`,
          'import { existsSync, writeFileSync } from "node:fs";\n',
        ),
        definition: { cannons: 2 },
        job: { threads: 2 },
        limit,
      },
      hasReplaced(2),
    );
    expect(run.totals?.threadsReplaced).toBe(2);
    expect(run.totals?.unfinished).toBeGreaterThanOrEqual(2);
    expect(run.transactions).toBeGreaterThan(10);
    const text = run.events.join("\n");
    expect(text).toContain("gave no sign of life for 800 ms, in run of test_scripts/v_user.ts:4");
    expect(text).toContain('timer "trap" at test_scripts/v_user.ts:6');
    expect(text).toContain("it was replaced");
  }, 20_000);

  test("gives up after some replacements", async () => {
    using run = await runToEnd({
      files: script("run() { while (true) {} }"),
      job: { runTimeUs: 60_000_000 },
      limit: { silenceUs: 800_000, replacements: 2 },
    });
    expect(run.totals).toMatchObject({ started: 3, unfinished: 3, threadsReplaced: 2 });
    expect(run.events.at(-1)).toContain("given up after 2 replacements");
  }, 20_000);

  test("replaces a thread that ends by itself", async () => {
    using run = await runToEnd(
      {
        files: script(
          `async run() {
          await sleep(0.01);
          if (existsSync(import.meta.dir + "/flag")) return;
          writeFileSync(import.meta.dir + "/flag", "");
          process.removeAllListeners("uncaughtException");
          setImmediate(() => { throw new Error("thread killer"); });
          await sleep(60);
        }`,
          'import { existsSync, writeFileSync } from "node:fs";\n',
        ),
      },
      hasReplaced(1),
    );
    expect(run.totals?.threadsReplaced).toBe(1);
    expect(run.events.join("\n")).toMatch(/thread 1 of 1 ended by itself .*thread killer/);
    expect(run.transactions).toBeGreaterThan(3);
  }, 20_000);

  test("ends in time with a thread that hangs at the stop", async () => {
    using run = await startCrewRun({
      files: script(
        'run() { this.timer("in", () => {}); if (n++ > 3) while (true) {} }',
        "let n = 0;\n",
      ),
      job: { runTimeUs: 60_000_000 },
      limit: { silenceUs: 800_000 },
    });
    run.crew?.stop(0);
    await until(() => run.isDone, { what: "the end" });
    expectIdentities(run);
    expect(run.totals?.threadsReplaced).toBe(0);
  });
});

describe("a script that can not load", () => {
  test.each([
    ["a syntax error", "const a = 1;\nconst b = = 2;\n", "test_scripts/v_user.ts:2:11: "],
    [
      "a missing file",
      'import { a } from "oct";\nimport { x } from "./missing.ts";\nexport default () => x;\n',
      "test_scripts/v_user.ts:2:19: cannot find module ./missing.ts",
    ],
    [
      "a missing package",
      'import x from "no-such-package";\nexport default () => x;\n',
      "test_scripts/v_user.ts:1:15: cannot find package no-such-package",
    ],
    [
      "a name that oct does not have",
      'import { nope } from "oct";\nexport default () => nope;\n',
      'test_scripts/v_user.ts:1:10: "oct" exports no nope',
    ],
    [
      "an exception at the top level",
      "const kept = [1];\nkept.push(2);\nthrow new Error('no ' + kept);\nexport default () => 1;\n",
      "test_scripts/v_user.ts:3:11: no 1,2",
    ],
    ["no transaction", "export const a = 1;\n", "test_scripts/v_user.ts: no transaction found"],
    [
      "two transactions",
      'import { Transaction } from "oct";\nexport class A extends Transaction { run() {} }\nexport class B extends Transaction { run() {} }\n',
      "2 transactions are exported: A, B",
    ],
    [
      "a class without run",
      'import { Transaction } from "oct";\nexport class A extends Transaction {}\n',
      "class A has no method run",
    ],
  ])("is told with file and line: %s", async (_, text, message) => {
    const error = await failureOf({ files: { [TEST_SCRIPT]: text } });
    expect(error.message).toContain(message);
  });

  test("is told with the place of a mistake in what it imports", async () => {
    const error = await failureOf({
      files: {
        [TEST_SCRIPT]: 'import { a } from "../lib/a.ts";\nexport default () => a;\n',
        "lib/a.ts": "export const a = {\n  b: ;\n};\n",
      },
    });
    expect(error.message).toStartWith("lib/a.ts:2:6: ");
  });

  test("is told when it does not exist, or is of another language", async () => {
    const missing = await failureOf({ files: {} });
    expect(missing.message).toBe("script test_scripts/v_user.ts does not exist");
    const python = await failureOf({ files: { "a.py": "" }, definition: { script: "a.py" } });
    expect(python.message).toBe("a.py: not a TypeScript or JavaScript file");
  });

  test("is told when it never comes to an end", async () => {
    const busy = await failureOf({
      files: { [TEST_SCRIPT]: "while (true) {}\nexport default () => 1;\n" },
      limit: { silenceUs: 800_000 },
    });
    expect(busy.message).toContain("keeps its thread busy for 800 ms while it loads");
    const waiting = await failureOf({
      files: { [TEST_SCRIPT]: "await new Promise(() => {});\nexport default () => 1;\n" },
      limit: { silenceUs: 10_000_000, loadUs: 1_000_000 },
    });
    expect(waiting.message).toContain("has not loaded after 1.00 s");
  });

  test.each([
    [{ script: "" }, "names no script"],
    [{ cannons: -1 }, "cannons is -1"],
    [{ cannons: "many" }, 'cannons is "many"'],
    [{ rampup: "x" }, 'rampup is "x"'],
  ])("is refused with the definition %j", async (definition, message) => {
    expect((await failureOf({ files: script("run() {}"), definition })).message).toContain(message);
  });
});
