// A named pipe that a process of its own writes into.

export interface Fifo extends AsyncDisposable {
  readonly path: string;
}

/** Makes a pipe at `path` and writes `text` into it as soon as somebody reads. */
export function mkfifo(path: string, text: string): Fifo {
  const made = Bun.spawnSync(["/usr/bin/mkfifo", path]);
  if (!made.success) throw new Error(`mkfifo ${path}: ${made.stderr}`);
  const writer = Bun.spawn(["/bin/sh", "-c", 'cat > "$0"', path], { stdin: Buffer.from(text) });
  return {
    path,
    async [Symbol.asyncDispose]() {
      writer.kill("SIGKILL");
      await writer.exited;
    },
  };
}
