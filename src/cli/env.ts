// The process as an argument: arguments, variables, streams, signals and exit. Everything below the
// entries takes an Env (or parts of one), so a test runs any command in memory.

import { writeSync } from "node:fs";
import os from "node:os";
import { isatty } from "node:tty";
import { type Clock, systemClock } from "../base/clock.ts";
import { systemCode } from "../base/errors.ts";

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  columns(): number;
  rows(): number;
}

export interface Env {
  readonly version: string;
  /** Where a cannon thread starts (src/worker.ts). */
  readonly workerUrl: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly host: string;
  readonly cores: number;
  readonly platform: string;
  readonly pid: number;
  readonly tempDirectory: string;
  /** Path of the running executable, for what it starts of itself. */
  readonly executable: string;
  /** Colour is wanted on `output`: a terminal, and NO_COLOR does not forbid it. */
  useColor(output: Output): boolean;
  /** Calls back at every Ctrl-C or SIGTERM until the returned function is called. */
  onInterrupt(callback: (signal: string) => void): () => void;
  exit(code: number): never;
}

/** The real process. */
export function systemEnv(parts: { version: string; workerUrl: string }): Env {
  const variables = process.env;
  return {
    ...parts,
    args: process.argv.slice(2),
    cwd: process.cwd(),
    variables,
    stdout: outputOf(1, () => process.stdout),
    stderr: outputOf(2, () => process.stderr),
    clock: systemClock(),
    get host() {
      return os.hostname();
    },
    get cores() {
      return os.availableParallelism();
    },
    platform: `${process.platform}-${process.arch}`,
    pid: process.pid,
    get tempDirectory() {
      return os.tmpdir();
    },
    executable: process.execPath,
    useColor: (output) =>
      output.isTerminal && (variables["NO_COLOR"] ?? "") === "" && variables["TERM"] !== "dumb",
    onInterrupt(callback) {
      const onInt = () => callback("SIGINT");
      const onTerm = () => callback("SIGTERM");
      process.on("SIGINT", onInt);
      process.on("SIGTERM", onTerm);
      return () => {
        process.off("SIGINT", onInt);
        process.off("SIGTERM", onTerm);
      };
    },
    exit: (code) => process.exit(code),
  };
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

// Making the stream objects costs milliseconds, so they are made when their size is asked for. Text is
// written at once and whole: nothing is left in a buffer when the process exits.
function outputOf(fd: number, stream: () => NodeJS.WriteStream): Output {
  return {
    write: (text) => writeWhole(fd, text),
    isTerminal: isatty(fd),
    columns: () => stream().columns ?? DEFAULT_COLUMNS,
    rows: () => stream().rows ?? DEFAULT_ROWS,
  };
}

function writeWhole(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (thrown) {
      const code = systemCode(thrown);
      // The reader is slow: wait for it. The reader is gone: what is left has no reader.
      if (code !== "EAGAIN") {
        if (code === "EPIPE") return;
        throw thrown;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
