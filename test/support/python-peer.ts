// Debian's python3-zmq as a foreign peer: a process that opens sockets and sends as it is told.

import path from "node:path";
import { until } from "./wait.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = path.join(import.meta.dir, "python_peer.py");
const RECEIVE_MS = 15_000;

type Answer = { readonly value: unknown } | { readonly error: string };

export class PythonPeer implements AsyncDisposable {
  readonly #child = Bun.spawn([PYTHON, SCRIPT], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  readonly #answers: Answer[] = [];

  constructor() {
    void this.#read();
  }

  /** Opens a socket of a type by its Python name and returns its handle. */
  async open(type: string): Promise<PythonSocket> {
    const name = `${type}-${crypto.randomUUID()}`;
    await this.ask({ do: "open", name, type });
    return new PythonSocket(this, name);
  }

  async ask(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    await this.#child.stdin.flush();
    await until(() => this.#answers.length > 0, {
      timeoutMs: 30_000,
      what: `the Python peer to answer ${JSON.stringify(command).slice(0, 200)}`,
    });
    const answer = this.#answers.shift() as Answer;
    if ("error" in answer) throw new Error(answer.error);
    return answer.value;
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of this.#child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#answers.push(JSON.parse(line) as Answer);
    }
  }
}

export class PythonSocket {
  readonly #peer: PythonPeer;
  readonly #name: string;

  constructor(peer: PythonPeer, name: string) {
    this.#peer = peer;
    this.#name = name;
  }

  async set(option: string, value: string | number): Promise<void> {
    await this.#ask({ do: "set", option, value });
  }

  async bind(endpoint: string): Promise<string> {
    return (await this.#ask({ do: "bind", endpoint })) as string;
  }

  async connect(endpoint: string): Promise<void> {
    await this.#ask({ do: "connect", endpoint });
  }

  async send(...frames: readonly (string | Uint8Array)[]): Promise<void> {
    const encoded = frames.map((frame) => Buffer.from(frame).toString("base64"));
    await this.#ask({ do: "send", frames: encoded });
  }

  /** Sends the texts `0`, `1`, ... */
  async sendMany(count: number): Promise<void> {
    await this.#ask({ do: "send many", count });
  }

  async sendSized(sizeBytes: number): Promise<void> {
    await this.#ask({ do: "send sized", size: sizeBytes });
  }

  /** The next message; undefined when none comes within `timeoutMs`. */
  async receive(timeoutMs = RECEIVE_MS): Promise<Buffer[] | undefined> {
    const frames = (await this.#ask({ do: "receive", timeout: timeoutMs })) as string[] | null;
    return frames?.map((frame) => Buffer.from(frame, "base64"));
  }

  async receiveSize(): Promise<number> {
    return (await this.#ask({ do: "receive size", timeout: RECEIVE_MS })) as number;
  }

  async close(): Promise<void> {
    await this.#ask({ do: "close" });
  }

  #ask(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#peer.ask({ ...command, name: this.#name });
  }
}
