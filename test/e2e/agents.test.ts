// oct fire with agents, and runs that are repeated from their seed.

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts, oct, startOct } from "../support/binary.ts";
import { targetServer } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

describe("oct fire --agents", () => {
  test("five agents, cycles 10:20:30 of 20 hits: 6,000 hits", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const [port] = freePorts(1);
    const args = ["fire", `${server.url}/`, "-u", "10:20:30", "-c", "20", "--agents", "5"];
    await using run = startOct([...args, "--listen", `127.0.0.1:${port}`], { cwd: folder.path });
    await run.sees("waiting for 5 turrets");
    const agents = Array.from({ length: 5 }, (_, i) => {
      const cwd = path.join(folder.path, `agent-${i}`);
      mkdirSync(cwd);
      return startOct(["turret", "--hq", `127.0.0.1:${port}`], { cwd });
    });
    try {
      const ended = await run.finished(60_000);
      expect(ended.stderr).toBe("");
      expect(ended.code).toBe(0);
      expect(ended.stdout).toContain("in all: 6,000 transactions");
      expect(ended.stdout).toContain("Hits: 6,000");
      expect(server.hits()).toBe(6_000);
    } finally {
      for (const agent of agents) await agent[Symbol.asyncDispose]();
    }
  });
});

describe("a seed", () => {
  const SCRIPT = `import { Transaction } from "oct";
export class T extends Transaction {
  async run() {
    await this.http.get(process.env.TARGET + "/" + this.random.integer(0, 1_000_000));
  }
}
`;

  test("repeats arrivals, rows and random numbers; another seed does not", async () => {
    using folder = tempFolder();
    const seen: string[] = [];
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        seen.push(new URL(request.url).pathname);
        return new Response("ok");
      },
    });
    writeFileSync(path.join(folder.path, "t.ts"), SCRIPT);
    const fire = async (seed: string) => {
      seen.length = 0;
      const target = `TARGET=http://127.0.0.1:${server.port}`;
      const args = ["fire", "t.ts", "--rate", "40", "--poisson", "-d", "1s", "-e", target];
      const run = await oct([...args, "--seed", seed], { cwd: folder.path });
      expect(run.code).toBe(0);
      expect(run.stdout).toContain(`seed: ${seed}`);
      return seen.toSorted();
    };
    const first = await fire("7");
    expect(first.length).toBeGreaterThan(10);
    expect(await fire("7")).toEqual(first);
    expect(await fire("8")).not.toEqual(first);
  });
});
