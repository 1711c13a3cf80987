// A process with unsent messages ends, however it ends.

import { describe, expect, test } from "bun:test";
import path from "node:path";
import { freePorts } from "../support/binary.ts";
import { until } from "../support/wait.ts";

const CHILD = path.resolve(import.meta.dir, "../support/zmq-exit.ts");

describe("a process whose messages nobody takes", () => {
  test.each([
    ["close", 0],
    ["close socket", 0],
    ["exit", 0],
    ["end", 0],
    ["throw", 1],
  ])("ends by %s with code %p", async (how, code) => {
    const [port] = freePorts(1);
    const child = Bun.spawn([process.execPath, CHILD, `tcp://127.0.0.1:${port}`, how], {
      stdout: "pipe",
      stderr: "ignore",
    });
    try {
      await until(() => child.exitCode !== null, { what: "the process to end" });
      expect(await new Response(child.stdout).text()).toBe("sent\n");
      expect(child.exitCode).toBe(code);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
