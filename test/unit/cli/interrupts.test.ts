import { describe, expect, test } from "bun:test";
import { Interrupts } from "../../../src/cli/interrupts.ts";
import { memoryEnv } from "../../support/memory-env.ts";

/** An environment whose Ctrl-C a test presses. */
function world() {
  const listeners = new Set<(signal: string) => void>();
  const exits: number[] = [];
  const env = memoryEnv([], {
    onInterrupt(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    exit(code) {
      exits.push(code);
      throw new Error(`exit ${code}`);
    },
  });
  const interrupt = () => {
    for (const listener of listeners) listener("SIGINT");
  };
  return { env, interrupt, exits };
}

describe("Interrupts", () => {
  test("one that comes early waits for the run, later ones reach it at once", () => {
    const { env, interrupt } = world();
    const interrupts = new Interrupts(env);
    interrupt();
    let heard = 0;
    interrupts.handOver(() => heard++);
    expect(heard).toBe(1);
    interrupt();
    expect(heard).toBe(2);
    interrupts.close();
    interrupt();
    expect(heard).toBe(2);
  });

  test("none early, none told", () => {
    const { env } = world();
    let heard = 0;
    new Interrupts(env).handOver(() => heard++);
    expect(heard).toBe(0);
  });

  test("the second before the run begins ends the process", () => {
    const { env, interrupt, exits } = world();
    new Interrupts(env);
    interrupt();
    expect(() => interrupt()).toThrow();
    expect(exits).toEqual([130]);
  });
});
