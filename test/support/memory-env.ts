// An Env in memory: what a command prints is kept, what it asks of the process is given.

import { systemClock } from "../../src/base/clock.ts";
import type { Env, Output } from "../../src/cli/env.ts";

export class MemoryOutput implements Output {
  text = "";
  readonly isTerminal: boolean;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    this.text += text;
  }

  columns(): number {
    return 80;
  }

  rows(): number {
    return 24;
  }
}

export interface MemoryEnv extends Env {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
}

export function memoryEnv(args: readonly string[], parts: Partial<Env> = {}): MemoryEnv {
  const isColor = false;
  return {
    version: "0.0.0-test",
    workerUrl: new URL("../../src/worker.ts", import.meta.url).href,
    args,
    cwd: "/",
    variables: {},
    clock: systemClock(),
    host: "test-host",
    cores: 2,
    platform: "linux-x64",
    pid: 1,
    tempDirectory: "/tmp",
    executable: process.execPath,
    useColor: () => isColor,
    onInterrupt: () => () => {},
    onResize: () => () => {},
    onKeys: () => undefined,
    isForeground: () => true,
    onExit: () => () => {},
    suspend: () => {},
    giveWay() {},
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    ...parts,
    stdout: new MemoryOutput(),
    stderr: new MemoryOutput(),
  };
}
