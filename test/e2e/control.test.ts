// A run that is controlled while it fires, by oct ctl over its live page, and driven again from what it
// left behind.

import { describe, expect, test } from "bun:test";
import { oct, type RunningOct, startOct } from "../support/binary.ts";
import { query, type TestProject, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

const TOKEN = "token-of-this-test";

// The random number of a transaction is that of its number in the run.
const SCRIPT = `import { Transaction } from "oct";

export class Buyer extends Transaction {
  async run() {
    await this.http.get(\`\${this.config.target}/?r=\${this.random.unit()}&key=\${this.config.api_key}\`);
  }
}
`;

interface Target extends Disposable {
  readonly url: string;
  /** Numbers that came, in any order. */
  readonly numbers: string[];
  /** What came as a key. */
  readonly keys: Set<string>;
}

function target(): Target {
  const numbers: string[] = [];
  const keys = new Set<string>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { searchParams } = new URL(request.url);
      numbers.push(searchParams.get("r") ?? "");
      keys.add(searchParams.get("key") ?? "");
      return new Response("ok");
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    numbers,
    keys,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

function shop(folder: string, url: string): TestProject {
  return writeProject(folder, "shop", {
    runTimeS: 3,
    script: SCRIPT,
    turrets: [
      {
        name: "buyers",
        rate: 30,
        spacing: "poisson",
        cannons: 200,
        script: "test_scripts/v_user.ts",
        target: url,
        api_key: "a-key-of-the-shop",
      },
    ],
  });
}

async function pageOf(run: RunningOct): Promise<string> {
  await run.sees(/live page: http\S+/);
  return /live page: (http\S+)/.exec(run.stdout())?.[1] ?? "";
}

interface Row {
  readonly kind: string;
  readonly at_us: number;
  readonly asked_by: string;
  readonly text: string;
}

const controlsOf = (folder: string) =>
  query<Row>(
    `${folder}/results.sqlite`,
    "select kind, at_us, asked_by, text from oct_control order by id",
  );

const plannedOf = (folder: string) =>
  query<{ planned: number; started: number }>(
    `${folder}/results.sqlite`,
    "select sum(planned_transactions) as planned, sum(started_transactions) as started from oct_count",
  )[0];

describe("oct ctl and oct run --replay", () => {
  test("a run of two turrets is changed, paused and resumed, and the same run is driven again", async () => {
    using folder = tempFolder();
    using server = target();
    const project = shop(folder.path, server.url);
    const cwd = folder.path;
    const args = ["--dashboard", "127.0.0.1:0", "--dashboard-token", TOKEN, "--seed", "7"];
    await using hq = startOct(
      ["run", "shop", "-o", "first", "--listen", "127.0.0.1", "--set", "min_turrets=2", ...args],
      { cwd },
    );
    const page = await pageOf(hq);
    const turret = ["turret", "--hq", `127.0.0.1:${project.linkPort}`];
    await using one = startOct(turret, { cwd });
    await using two = startOct(turret, { cwd });
    const ctl = async (...words: string[]) => await oct(["ctl", page, ...words], { cwd });
    expect(await ctl("pause")).toMatchObject({ code: 1, stdout: "" });
    await hq.sees("start with 2 turrets");
    expect((await ctl("rate", "200%")).stdout).toMatch(/^rate 200 % of the plan, from \d/);
    expect((await ctl("pause")).stdout).toMatch(/^paused, from [\d.]+ s on$/m);
    await until(async () => (await ctl("status")).stdout.includes("shop: paused,"), {
      what: "the run to be paused",
    });
    const paused = server.numbers.length;
    expect((await ctl("note", "deployed", "<b>1.2</b>")).stdout).toBe("noted\n");
    expect((await ctl("cannons", "5")).stderr).toContain("it fires by a rate: change that");
    expect((await ctl("rate", "9", "--turret", "<b>")).stderr).toContain("no turret called <b>");
    expect(server.numbers.length).toBe(paused);
    expect((await ctl("resume")).stdout).toMatch(/^resumed, from /);
    const finished = await hq.finished();
    expect(finished.code).toBe(0);
    for (const turretProcess of [one, two]) turretProcess.signal("SIGINT");

    const first = folder.file("first");
    expect(controlsOf(first)).toMatchObject([
      { kind: "rate", asked_by: "oct ctl", text: "rate 200 % of the plan" },
      { kind: "pause" },
      { kind: "note", text: "deployed <b>1.2</b>" },
      { kind: "resume" },
    ]);
    const numbers = server.numbers.splice(0);
    expect(numbers.length).toBeGreaterThan(200);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(plannedOf(first)).toEqual({ planned: numbers.length, started: numbers.length });

    const again = await oct(["run", "shop", "--local", "-o", "second", "--replay", "first"], {
      cwd,
    });
    expect(again.stderr).toBe("");
    expect(again.stdout).toContain("seed 7, 3 actions while it fired");
    expect(again.stdout).toContain("configuration is another now (min_turrets)");
    expect(server.numbers.toSorted()).toEqual(numbers.toSorted());
    // It was not kept: the project knows it.
    expect([...server.keys]).toEqual(["a-key-of-the-shop"]);
    const second = folder.file("second");
    expect(plannedOf(second)).toEqual(plannedOf(first));
    const asked = (rows: readonly Row[]) =>
      rows.filter(({ kind }) => kind !== "note").map(({ kind, at_us }) => [kind, at_us]);
    expect(asked(controlsOf(second))).toEqual(asked(controlsOf(first)));
    expect(controlsOf(second).every(({ asked_by }) => asked_by === "replay")).toBe(true);
    expect(again.code).toBe(0);
  }, 120_000);

  test("a URL that is fired at by looping users is paused, raised and stopped", async () => {
    using folder = tempFolder();
    using server = target();
    const cwd = folder.path;
    await using fire = startOct(
      ["fire", server.url, "-u", "2", "-d", "60s", "--dashboard", "127.0.0.1:0", "-o", "out"],
      { cwd },
    );
    const page = await pageOf(fire);
    const ctl = async (...words: string[]) => await oct(["ctl", page, ...words], { cwd });
    await until(() => server.numbers.length > 100, { what: "the first requests" });
    await ctl("pause");
    await until(async () => (await ctl("status")).stdout.includes(": paused,"), {
      what: "the run to be paused",
    });
    await until(
      async () => {
        const before = server.numbers.length;
        await ctl("status");
        return server.numbers.length === before;
      },
      { what: "what is in flight to end" },
    );
    const paused = server.numbers.length;
    expect((await ctl("cannons", "4")).stdout).toMatch(/^4 cannons, from /);
    await ctl("resume");
    await until(() => server.numbers.length > paused + 100, { what: "more requests" });
    await until(async () => /cannons +4 of 4/.test((await ctl("status")).stdout), {
      what: "four cannons",
    });
    expect((await ctl("stop")).stdout).toContain("the run stops");
    const finished = await fire.finished();
    expect(finished.code).toBe(0);
    expect(controlsOf(folder.file("out")).map(({ kind }) => kind)).toEqual([
      "pause",
      "cannons",
      "resume",
      "stop",
    ]);
  }, 120_000);

  test("whoever asks wrongly is told what is wrong", async () => {
    using folder = tempFolder();
    const cwd = folder.path;
    const ctl = async (...words: string[]) => await oct(["ctl", ...words], { cwd });
    const nobody = await ctl("127.0.0.1:1", "pause", "--token", TOKEN);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain("cannot be reached: nobody listens there");
    expect(nobody.stderr).not.toContain(TOKEN);
    for (const [words, what] of [
      [["127.0.0.1:1", "pause"], "there is no token to ask with"],
      [["ftp://x/?token=12345678", "pause"], "is not the address of a live page"],
      [["127.0.0.1:1", "explode", "--token", TOKEN], "there is no action explode"],
      [["127.0.0.1:1", "toString", "--token", TOKEN], "there is no action toString"],
      [["127.0.0.1:1", "rate", "--token", TOKEN], "rate needs a number a second"],
      [["127.0.0.1:1", "cannons", "many", "--token", TOKEN], 'not "many"'],
      [["127.0.0.1:1", "pause", "now", "--token", TOKEN], "pause takes nothing more"],
      [["127.0.0.1:1", "note", "x", "--turret", "a", "--token", TOKEN], "--turret goes with"],
    ] as const) {
      const told = await ctl(...words);
      expect(told.code).toBe(2);
      expect(told.stderr).toContain(what);
    }
    using server = target();
    const other = await ctl(server.url, "pause", "--token", TOKEN);
    expect(other.stderr).toContain("this is not the live page of a run: it answered 200");
    const replay = await oct(["run", ".", "--replay", "nowhere"], { cwd });
    expect(replay.code).not.toBe(0);
    expect(replay.stderr).toContain("there are no results at this path");
  });
});
