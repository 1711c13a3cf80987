// What a turret fires over HTTP with real threads: without a script and with one, through proxies, as
// several browsers, on connections that the server closes.

import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/base/json.ts";
import { CELL_KIND, COUNTER } from "../../src/stats/cell.ts";
import { type CrewRun, startCrewRun, TEST_SCRIPT } from "../support/crew-run.ts";
import { rawServer } from "../support/http-servers.ts";
import { socksProxy } from "../support/socks-proxy.ts";
import { until } from "../support/wait.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const SCRIPT = `import { Transaction } from "oct";
export class Visitor extends Transaction {
  async run() {
    await this.http.get(this.config.target);
  }
}
`;

async function fired(definition: JsonObject): Promise<CrewRun> {
  const job = { runTimeUs: 60_000_000 };
  const run = await startCrewRun({ files: { [TEST_SCRIPT]: SCRIPT }, definition, job });
  await until(() => run.isDone, { what: "the end of the run" });
  return run;
}

/** The keys of a turret that fires without a script, and with one. */
function ways(url: string): readonly JsonObject[] {
  return [{ script: "", fire: { url } }, { target: url }];
}

/** Closes each connection when it is used for the second time. */
function closingServer() {
  const used = new Set<number>();
  return rawServer((socket, _, connection) => {
    if (used.has(connection)) socket.end();
    else {
      used.add(connection);
      socket.write(OK);
    }
  });
}

describe("a turret without a script, and with one", () => {
  test("sends again what a closed connection swallowed, and counts it", async () => {
    using server = await closingServer();
    for (const way of ways(server.url)) {
      using run = await fired({ ...way, iterations: 6 });
      expect([run.transactions, run.errors]).toEqual([6, {}]);
      expect(run.sum(CELL_KIND.counter, COUNTER.resent)).toBe(5);
      expect(run.count(CELL_KIND.status, "GET 200")).toBe(6);
    }
  });

  test("tells it as a failure where that is wanted", async () => {
    using server = await closingServer();
    const error = `127.0.0.1:${server.port} closed the connection before it answered`;
    for (const way of ways(server.url)) {
      using run = await fired({ ...way, iterations: 4, http_resend: false });
      expect(run.errors).toEqual({ [error]: 2 });
      expect(run.sum(CELL_KIND.counter, COUNTER.resent)).toBe(0);
    }
  });

  test("goes through the proxy of its definition", async () => {
    using server = await rawServer((socket) => socket.write(OK));
    using proxy = await socksProxy();
    for (const way of ways(server.url)) {
      const http_proxy = `socks5://127.0.0.1:${proxy.port}`;
      using run = await fired({ ...way, iterations: 3, http_proxy });
      expect([run.transactions, run.errors]).toEqual([3, {}]);
    }
    expect(proxy.asked).toEqual(Array(2).fill(`5 127.0.0.1:${server.port}`));
  });

  test("goes through the proxy of its environment when told so", async () => {
    using server = await rawServer((socket) => socket.write(OK));
    using proxy = await socksProxy({ at: "127.0.0.1" });
    const ALL_PROXY = `socks5h://127.0.0.1:${proxy.port}`;
    for (const way of ways(`http://shop.test:${server.port}/`)) {
      const env = { ALL_PROXY, NO_PROXY: "localhost" };
      using run = await fired({ ...way, iterations: 1, http_proxy: "env", env });
      expect([run.transactions, run.errors]).toEqual([1, {}]);
    }
    expect(proxy.asked).toEqual(Array(2).fill(`5 shop.test:${server.port}`));
  });

  test("is so many browsers as its weights say, the same ones either way", async () => {
    const user_agents = [
      { name: "one/1.0", weight: 3 },
      { name: "two/2.0", weight: 1 },
    ];
    const seen: string[][] = [];
    for (const place of [0, 1]) {
      using server = await rawServer((socket) => socket.write(OK));
      const way = ways(server.url)[place] as JsonObject;
      using run = await fired({ ...way, cannons: 20, iterations: 2, user_agents });
      expect(run.transactions).toBe(40);
      const agents = server.received.map((text) => /User-Agent: (.*)\r/.exec(text)?.[1] ?? "");
      seen.push(agents.sort());
    }
    const count = seen[0]?.filter((agent) => agent === "one/1.0").length ?? 0;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(40);
    expect(seen[0]).toEqual(seen[1] as string[]);
  });

  test("is the browser of the headers where they name one", async () => {
    using server = await rawServer((socket) => socket.write(OK));
    const fire = { url: server.url, headers: { "user-AGENT": "mine" } };
    const user_agents = [{ name: "one/1.0" }];
    using run = await fired({ script: "", fire, iterations: 1, user_agents });
    expect(run.transactions).toBe(1);
    expect(server.received[0]).toContain("user-AGENT: mine\r\n");
    expect(server.received[0]).not.toContain("one/1.0");
  });
});
