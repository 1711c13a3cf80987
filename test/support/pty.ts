// The compiled binary in a terminal of its own: Debian's python3 opens the terminal, and what is written
// to it is drawn in memory.

import path from "node:path";
import { BINARY, cleanEnv } from "./binary.ts";
import { VtScreen } from "./vt-screen.ts";
import { until } from "./wait.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = path.join(import.meta.dir, "pty_peer.py");

export interface PtyOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PtyEnd {
  readonly code: number;
  /** The terminal echoes, takes lines and makes signals of keys, as before. */
  readonly isCooked: boolean;
}

export class PtyOct implements AsyncDisposable {
  readonly vt: VtScreen;
  /** Everything that was written, as it came. */
  bytes = "";
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #decoder = new TextDecoder();
  #end: PtyEnd | undefined;
  #failure: unknown;

  constructor(args: readonly string[], options: PtyOptions) {
    const { columns = 80, rows = 24, cwd } = options;
    this.vt = new VtScreen(columns, rows);
    const env = cleanEnv({ TERM: "xterm-256color", ...options.env });
    const given = { command: [BINARY, ...args], cwd, env, columns, rows };
    this.#child = Bun.spawn([PYTHON, SCRIPT, JSON.stringify(given)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#read();
  }

  type(text: string): void {
    this.#order({ do: "type", text });
  }

  resize(columns: number, rows: number): void {
    this.vt.resize(columns, rows);
    this.#order({ do: "resize", columns, rows });
  }

  signal(name: "SIGINT" | "SIGTERM"): void {
    this.#order({ do: "signal", name });
  }

  /** Resolves when the screen, or what has left it at the top, shows this. */
  async sees(text: string | RegExp): Promise<void> {
    await until(
      () => {
        this.#check();
        const all = this.vt.all;
        return typeof text === "string" ? all.includes(text) : text.test(all);
      },
      { timeoutMs: 30_000, what: `${text} on a screen that shows:\n${this.vt.all}` },
    ).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\nnow:\n${this.vt.all}`);
    });
  }

  /** Resolves when the rows of the screen are as wanted. */
  async shows(what: string, isShown: (rows: readonly string[]) => boolean): Promise<void> {
    await until(
      () => {
        this.#check();
        return !this.vt.isInFrame && isShown(this.vt.text);
      },
      { timeoutMs: 30_000, what },
    ).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\nnow:\n${this.vt.all}`);
    });
  }

  async ended(): Promise<PtyEnd> {
    await until(
      () => {
        this.#check();
        return this.#end !== undefined;
      },
      { timeoutMs: 60_000, what: "the program in the terminal to end" },
    ).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\nnow:\n${this.vt.all}`);
    });
    return this.#end as PtyEnd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#child.exited;
  }

  #order(order: Readonly<Record<string, unknown>>): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    void this.#child.stdin.flush();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const chunk of this.#child.stdout) {
        text += decoder.decode(chunk, { stream: true });
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#take(JSON.parse(line) as Told);
      }
    } catch (thrown) {
      this.#failure = thrown;
    }
  }

  #take(told: Told): void {
    if ("code" in told) {
      this.#end = told;
      return;
    }
    const written = this.#decoder.decode(Buffer.from(told.output, "base64"), { stream: true });
    this.bytes += written;
    this.vt.feed(written);
  }
}

type Told = { readonly output: string } | PtyEnd;
