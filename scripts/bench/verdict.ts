// Whether the verdict can be trusted: left alone a run stays VALID, with a busy loop on its core it does
// not. Not a test: it needs a machine that does nothing else.
//
//   bun scripts/bench/verdict.ts [RUNS]
//
// The server has core 0, oct core 1; for the second half a loop that never rests has core 1 as well.

import os from "node:os";
import path from "node:path";

const binary = path.resolve(import.meta.dir, "../../dist/oct");
const runs = Number(process.argv[2] ?? 50);

async function verdictOf(url: string): Promise<string> {
  const args = ["-c", "1", binary, "fire", url, "--rate", "500", "-d", "2s", "-u", "100"];
  const child = Bun.spawn(["taskset", ...args], { stdout: "pipe", cwd: os.tmpdir() });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return /^(VALID|GENERATOR-LIMITED|PARTIAL|INVALID)\b/m.exec(text)?.[1] ?? "none";
}

async function count(url: string, times: number): Promise<string> {
  const counts = new Map<string, number>();
  for (let i = 0; i < times; i++) {
    const word = await verdictOf(url);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, n]) => `${n} ${word}`).join(", ");
}

const server = Bun.spawn(
  [
    "taskset",
    "-c",
    "0",
    process.execPath,
    path.join(import.meta.dir, "delay-server.ts"),
    "constant:5",
  ],
  { stdin: "pipe", stdout: "pipe" },
);
const { value } = await server.stdout.getReader().read();
const url = `http://127.0.0.1:${new TextDecoder().decode(value).trim()}/`;
try {
  console.log(`left alone, ${runs} runs: ${await count(url, runs)}`);
  const loop = Bun.spawn(["taskset", "-c", "1", process.execPath, "-e", "for (;;);"]);
  const crowded = Math.max(1, Math.round(runs / 5));
  console.log(`with a busy loop on its core, ${crowded} runs: ${await count(url, crowded)}`);
  loop.kill();
  await loop.exited;
} finally {
  server.kill();
}
