// Drives the compiled binary as a user would: an empty folder, a clean environment, real processes.

import { existsSync } from "node:fs";
import path from "node:path";
import { until } from "./wait.ts";

export const BINARY = path.resolve(import.meta.dir, "../../dist/oct");

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningOct extends AsyncDisposable {
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when `text` was printed to stdout or stderr. */
  sees(text: string | RegExp, timeoutMs?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  finished(timeoutMs?: number): Promise<Finished>;
}

export interface SpawnOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A user's environment with nothing of this machine's development in it. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/", LANG: "C.UTF-8", ...extra };
}

/** Starts the binary. */
export function startOct(args: readonly string[], options: SpawnOptions): RunningOct {
  if (!existsSync(BINARY)) throw new Error("dist/oct is missing: build it first (npm run build)");
  return startProgram([BINARY, ...args], options);
}

/** Starts any program with the same handles. */
export function startProgram(command: readonly string[], options: SpawnOptions): RunningOct {
  const child = Bun.spawn([...command], {
    cwd: options.cwd,
    env: cleanEnv(options.env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const finished = async (timeoutMs = 60_000): Promise<Finished> => {
    await until(() => child.exitCode !== null || child.signalCode !== null, {
      timeoutMs,
      what: `${command.join(" ")} to end; it printed:\n${out.text()}\n${err.text()}`,
    });
    await Promise.all([out.done, err.done]);
    return { code: child.exitCode ?? -1, stdout: out.text(), stderr: err.text() };
  };
  return {
    pid: child.pid,
    stdout: out.text,
    stderr: err.text,
    async sees(text, timeoutMs = 30_000) {
      const has = (all: string) => (typeof text === "string" ? all.includes(text) : text.test(all));
      await until(
        () => {
          if (has(out.text()) || has(err.text())) return true;
          if (child.exitCode !== null && has(`${out.text()}${err.text()}`) === false) {
            throw new Error(
              `ended with ${child.exitCode} before ${text}:\n${out.text()}\n${err.text()}`,
            );
          }
          return false;
        },
        {
          timeoutMs,
          what: `${text} from ${command.join(" ")}; it printed:\n${out.text()}\n${err.text()}`,
        },
      );
    },
    signal: (signal) => child.kill(signal),
    finished,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Runs the binary to its end. */
export async function oct(args: readonly string[], options: SpawnOptions): Promise<Finished> {
  await using child = startOct(args, options);
  return await child.finished();
}

function collect(stream: ReadableStream<Uint8Array>): { text: () => string; done: Promise<void> } {
  let text = "";
  const decoder = new TextDecoder();
  const done = (async () => {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  })();
  return { text: () => text, done };
}

/** `count` different TCP ports of loopback that were free a moment ago. */
export function freePorts(count: number): number[] {
  const servers = Array.from({ length: count }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
  );
  const ports = servers.map((server) => server.port);
  for (const server of servers) server.stop(true);
  return ports;
}
