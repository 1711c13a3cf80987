// The live page from the compiled binary.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { LiveView } from "../../src/live/types.ts";
import { freePorts, oct, type RunningOct, startOct } from "../support/binary.ts";
import { readEvents } from "../support/dashboard.ts";
import { HTTP_SCRIPT, resultsFolder, targetServer, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

setDefaultTimeout(60_000);

async function pageOf(run: RunningOct): Promise<{ origin: string; token: string }> {
  await run.sees(/live page: http\S+/);
  const url = new URL(/live page: (http\S+)/.exec(run.stdout())?.[1] ?? "");
  return { origin: url.origin, token: url.searchParams.get("token") ?? "" };
}

const asked = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

async function viewOf(origin: string, token: string): Promise<LiveView> {
  return (await (await fetch(`${origin}/api/v1/status`, asked(token))).json()) as LiveView;
}

/** All files of a folder, those in its folders too, as one text. */
function textOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe("--dashboard", () => {
  test("serves page, API and metrics of a run, and its last view is what the run left", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 4,
      script: HTTP_SCRIPT,
      more: { extra_turret_config: { target: target.url } },
    });
    const token = "a-token-of-my-own";
    const args = ["run", "shop", "--local", "--dashboard", "127.0.0.1:0"];
    await using run = startOct([...args, "--dashboard-token", token, "--keep-journal"], {
      cwd: folder.path,
    });
    const { origin } = await pageOf(run);
    expect(await (await fetch(`${origin}/health`)).json()).toEqual({ ok: true });
    expect((await fetch(`${origin}/api/v1/status`)).status).toBe(401);
    const script = await (await fetch(`${origin}/page.js?token=${token}`)).text();
    expect(script).toContain("uPlot");
    expect(await (await fetch(`${origin}/?token=${token}`)).text()).toContain("page.js");
    await until(async () => (await viewOf(origin, token)).transactions > 0, { what: "results" });
    const metrics = await (await fetch(`${origin}/metrics`, asked(token))).text();
    expect(metrics).toMatch(/^oct_transactions_total\{project="shop",run="[^"]+"\} [1-9]\d*$/m);
    expect(metrics).toMatch(/^oct_phase\{.*phase="firing"\} 1$/m);
    expect(metrics).toMatch(/^oct_turret_up\{.*turret="navigation",index="0"\} 1$/m);

    const next = readEvents(await fetch(`${origin}/api/v1/events`, asked(token)));
    let last: LiveView | undefined;
    let name = "";
    for (let event = await next(); event !== undefined; event = await next()) {
      last = event.data["view"] as unknown as LiveView;
      name = event.name;
    }
    const finished = await run.finished();
    expect(finished.code).toBe(0);
    expect(name).toBe("over");
    expect(last).toMatchObject({ phase: "over", endReason: "run time", turretCount: 1 });
    expect(last?.transactions).toBe(target.hits());
    const results = resultsFolder(project);
    const summary = JSON.parse(readFileSync(path.join(results, "summary.json"), "utf8"));
    expect(JSON.stringify(summary)).toContain(`${last?.transactions}`);
    expect(textOf(results)).not.toContain(token);
  });

  test("of oct fire: a note and a stop are asked through the API", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const args = ["fire", `${target.url}/`, "-u", "2", "-d", "60s", "--dashboard=127.0.0.1:0"];
    await using run = startOct(args, { cwd: folder.path });
    const { origin, token } = await pageOf(run);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    await until(async () => (await viewOf(origin, token)).transactions > 0, { what: "results" });
    const ask = async (action: object) => {
      const init = { method: "POST", body: JSON.stringify(action), ...asked(token) };
      return (await (await fetch(`${origin}/api/v1/control`, init)).json()) as object;
    };
    expect(await ask({ kind: "note", text: "half time" })).toMatchObject({ isDone: true });
    expect(await ask({ kind: "stop" })).toMatchObject({ isDone: true });
    const { code, stdout } = await run.finished();
    expect(code).toBe(0);
    expect(stdout).toContain("stopped by API");
  });

  test("a port that was named and is taken ends the command before anything is fired", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const { port } = new URL(target.url);
    const fire = ["fire", `${target.url}/`, "-n", "5", "--dashboard"];
    const run = await oct([...fire, port], { cwd: folder.path });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`port ${port} of 127.0.0.1 is taken`);
    expect(target.hits()).toBe(0);
    const nowhere = await oct([...fire, "192.0.2.1:5004"], { cwd: folder.path });
    expect([nowhere.code, target.hits()]).toEqual([1, 0]);
    expect(nowhere.stderr).toContain("the live page cannot listen");
  });

  test("goes without a named port to where one is free, and says when others can reach it", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const fire = ["fire", `${target.url}/`, "-d", "60s", "--dashboard"];
    await using first = startOct(fire, { cwd: folder.path });
    await using second = startOct(fire, { cwd: folder.path });
    const [one, two] = [await pageOf(first), await pageOf(second)];
    expect(one.origin).not.toBe(two.origin);
    expect(one.token).not.toBe(two.token);
    expect((await fetch(`${one.origin}/api/v1/status`, asked(two.token))).status).toBe(401);
    const [port = 0] = freePorts(1);
    const open = [...fire.slice(0, -1), `--dashboard=*:${port}`];
    await using third = startOct(open, { cwd: folder.path });
    await third.sees("open to other machines");
    for (const run of [first, second, third]) run.signal("SIGINT");
    for (const run of [first, second, third]) await run.finished();
  });

  test("tokens come from the environment, and must be fit for an address", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const fire = ["fire", `${target.url}/`, "-n", "5", "--dashboard", "127.0.0.1:0"];
    const env = { OCT_DASHBOARD_TOKEN: "from-the-environment" };
    const run = await oct(fire, { cwd: folder.path, env });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("/?token=from-the-environment\n");
    const short = await oct([...fire, "--dashboard-token", "short"], { cwd: folder.path });
    expect(short.code).toBe(2);
    expect(short.stderr).toContain("--dashboard-token is 8 to 200 letters");
    const alone = ["fire", `${target.url}/`, "-n", "5", "--dashboard-token", "long-enough"];
    expect((await oct(alone, { cwd: folder.path })).code).toBe(2);
  });
});
