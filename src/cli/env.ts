// The process as an argument: arguments, variables, streams, signals and exit. Everything below the
// entries takes an Env (or parts of one), so a test runs any command in memory.

import { writeSync } from "node:fs";
import os from "node:os";
import { isatty } from "node:tty";
import { type Clock, systemClock } from "../base/clock.ts";
import { systemCode } from "../base/errors.ts";
import { isForeground } from "./foreground.ts";
import { giveWayToOthers } from "./priority.ts";

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
  /** Calls back at every new size of the terminal until the returned function is called. */
  onResize(callback: () => void): () => void;
  /**
   * Calls back with what is typed, unechoed and at once, until the returned function is called; Ctrl-C
   * is then a character like others. Undefined where nobody types: no terminal, or in its background.
   */
  onKeys(callback: (text: string) => void): (() => void) | undefined;
  /** False for a job in the background of its terminal: what it draws falls between what is typed. */
  isForeground(): boolean;
  /** Calls back when the process exits, to leave the terminal as it was found. */
  onExit(callback: () => void): () => void;
  /** Ctrl-Z: stops here until the shell lets the process go on. */
  suspend(): void;
  /** From here on this thread gives way to the cannon threads of the process. */
  giveWay(): void;
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
    useColor: (output) => output.isTerminal && (variables["NO_COLOR"] ?? "") === "",
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
    onResize(callback) {
      process.stdout.on("resize", callback);
      return () => process.stdout.off("resize", callback);
    },
    onKeys: (callback) => (isForeground(process.pid) ? readTyped(callback) : undefined),
    isForeground: () => isForeground(process.pid),
    onExit(callback) {
      process.on("exit", callback);
      return () => process.off("exit", callback);
    },
    suspend() {
      process.kill(0, "SIGTSTP");
    },
    giveWay: giveWayToOthers,
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
    // A dumb terminal is paper: nothing on it can be drawn over.
    isTerminal: isatty(fd) && process.env["TERM"] !== "dumb",
    columns: () => stream().columns ?? DEFAULT_COLUMNS,
    rows: () => stream().rows ?? DEFAULT_ROWS,
  };
}

// The terminal is raw while somebody listens, and is given back as it was.
function readTyped(callback: (text: string) => void): (() => void) | undefined {
  const { stdin } = process;
  if (!isatty(0) || typeof stdin.setRawMode !== "function") return undefined;
  const decoder = new TextDecoder();
  const onData = (bytes: Uint8Array) => callback(decoder.decode(bytes, { stream: true }));
  const restore = () => {
    stdin.setRawMode(false);
  };
  stdin.setRawMode(true);
  stdin.on("data", onData);
  stdin.resume();
  process.on("exit", restore);
  return () => {
    process.off("exit", restore);
    stdin.off("data", onData);
    stdin.pause();
    restore();
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
