// How many protocol-1 results a second an HQ takes: parsed, journaled, aggregated, none lost.
//
//   bun scripts/bench/intake.ts [RESULTS]
//
// Two processes on two cores: a sender that pushes results of 200 bytes, one a message, over loopback
// TCP; and an HQ with its journal, its threads (libzmq's too) pinned to one core. Prints one line of
// figures a second and one in the end; exits with 1 when a result is lost.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import type { ProjectConfig } from "../../src/config/project.ts";
import { HqRun } from "../../src/hq/run.ts";
import { formatStatus } from "../../src/protocol/protocol1.ts";
import { Journal } from "../../src/store/journal.ts";
import { JOURNAL_VERSION, type RunOpened } from "../../src/store/records.ts";
import { bindProtocol1, connectProtocol1 } from "../../src/zmq/protocol1.ts";

const RESULTS = 2_000_000;
const TURN_MS = 5;
const SAMPLE_MS = 500;
const HQ_CORE = "0";
const SENDER_CORE = "1";
/** Distinct messages that the sender goes round in; made anew every second. */
const MESSAGES = 4_096;

// ZMTP 3.0 by hand, so that the sender is never what is measured: greeting, READY of a PUSH socket, and
// then many messages a system call, each a flag, its size and its bytes.
const GREETING = [
  0xff,
  ...new Array(8).fill(0),
  0x7f,
  3,
  0,
  ...ascii("NULL"),
  ...new Array(48).fill(0),
];
const READY = [
  ...[4, 26, 5, ...ascii("READY"), 11, ...ascii("Socket-Type"), 0, 0, 0, 4, ...ascii("PUSH")],
];

const [role, ...rest] = process.argv.slice(2);
if (role === "--hq") await receive(Number(rest[0]));
else if (role === "--send") await send(Number(rest[0]), Number(rest[1]), Number(rest[2]));
else await runBoth(Number(role ?? RESULTS));

async function runBoth(results: number): Promise<void> {
  const hq = spawn(HQ_CORE, ["--hq", String(results)]);
  const reader = hq.stdout.getReader();
  const decoder = new TextDecoder();
  let sender: ReturnType<typeof spawn> | undefined;
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const ports = /^ports (\d+) (\d+)$/.exec(line);
      if (ports === null) console.log(line);
      else sender = spawn(SENDER_CORE, ["--send", String(results), ...ports.slice(1)]);
    }
  }
  sender?.kill();
  process.exit(await hq.exited);
}

function spawn(core: string, args: readonly string[]) {
  const command = ["taskset", "-c", core, process.execPath, import.meta.path, ...args];
  return Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
}

/** One result of 200 bytes, as a stock cannon writes it. */
function resultText(i: number, epochS: number): string {
  const random = Math.random();
  const time = (factor: number) => (0.1 + random * factor).toFixed(16);
  const elapsed = (1 + (i % 800) / 100 + random / 1e4).toFixed(15);
  return (
    `{"elapsed": ${elapsed}, "epoch": ${epochS}.0, "scriptrun_time": ${time(0.8)}, ` +
    `"error": "", "custom_timers": {"home page of shop": ${time(0.4)}, "login page 2": ${time(0.3)}}}`
  );
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** Many results as they stand on the wire, and where each ends. */
function makeBlock(epochS: number): { bytes: Uint8Array; ends: number[] } {
  const parts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < MESSAGES; i++) {
    const body = ascii(resultText(i, epochS));
    for (const byte of [0, body.length, ...body]) parts.push(byte);
    ends.push(parts.length);
  }
  return { bytes: Uint8Array.from(parts), ends };
}

function blast(results: number, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = 0;
    let left = results;
    let block = makeBlock(Math.floor(Date.now() / 1000));
    let at = 0;
    let end = 0;
    let madeMs = performance.now();
    // Writes until the system takes no more; goes on when it does.
    const write = (socket: Bun.Socket) => {
      for (;;) {
        if (at === end) {
          if (left === 0) return resolve();
          if (performance.now() - madeMs > 1_000) {
            block = makeBlock(Math.floor(Date.now() / 1000));
            madeMs = performance.now();
          }
          const count = Math.min(left, MESSAGES);
          left -= count;
          at = 0;
          end = block.ends[count - 1] as number;
        }
        const written = socket.write(block.bytes.subarray(at, end));
        if (written <= 0) return;
        at += written;
      }
    };
    let isOpen = false;
    void Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write(Uint8Array.from([...GREETING, ...READY])),
        data(socket, bytes) {
          heard += bytes.length;
          if (isOpen || heard <= 64) return;
          isOpen = true;
          write(socket);
        },
        drain: (socket) => (isOpen ? write(socket) : undefined),
        error: (_, error) => reject(error),
      },
    });
  });
}

async function send(results: number, publishPort: number, rcPort: number): Promise<void> {
  const uuid = crypto.randomUUID();
  const turret = connectProtocol1({ host: "127.0.0.1", publishPort, rcPort, uuid });
  const say = (word: string) => {
    const parts = { turret: "bench", status: word, uuid, rampup: 0, script: "bench", cannons: 1 };
    turret.send(formatStatus(parts));
  };
  const order = async (wanted: string) => {
    for (;;) {
      const frame = turret.receive();
      if (frame === undefined) await Bun.sleep(5);
      else if (new TextDecoder().decode(frame).includes(`"${wanted}"`)) return;
    }
  };
  await Bun.sleep(200);
  say("ready");
  await order("start");
  say("Running");
  await blast(results, rcPort);
  await order("stop");
  say("ready");
  await Bun.sleep(2_000);
  turret.close();
}

function configOf(): ProjectConfig {
  return {
    runTimeUs: 3_600_000_000,
    intervalS: 5,
    minTurrets: 1,
    turrets: [],
    resultsMaxRows: RESULTS,
    graceUs: 2_000_000,
    silenceUs: 10_000_000,
    hqLossUs: 10_000_000,
    waitUs: 20_000_000,
  } as unknown as ProjectConfig;
}

function factsOf(): RunOpened {
  return {
    journalVersion: JOURNAL_VERSION,
    runId: crypto.randomUUID(),
    octVersion: "bench",
    project: "bench",
    command: "bench intake",
    config: {},
    seed: 1,
    host: os.hostname(),
    platform: process.platform,
    cores: 1,
    openedWallMs: Date.now(),
    runTimeUs: 3_600_000_000,
    intervalS: 5,
    rowsMax: RESULTS,
  };
}

async function receive(results: number): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "oct-bench-"));
  const protocol1 = bindProtocol1({ address: "127.0.0.1", publishPort: 0, rcPort: 0 });
  const journal = Journal.create(directory);
  const hq = new HqRun({
    config: configOf(),
    facts: factsOf(),
    clock: systemClock(),
    journal,
    protocol1,
    packFor: () => Promise.reject(new Error("no turrets of the link here")),
    onLine: () => {},
  });
  console.log(`ports ${protocol1.publishPort} ${protocol1.rcPort}`);
  try {
    const figures = await turn(hq, results);
    const lost = results - figures.received;
    console.log(
      `${Math.round(figures.perSecond).toLocaleString("en")} results/s on one core, ${lost} lost, ` +
        `journal ${(journal.sizeBytes / results).toFixed(0)} bytes a result, ` +
        `user ${figures.userUs.toFixed(2)} us and system ${figures.systemUs.toFixed(2)} us a result, ` +
        `RSS ${figures.rssMb.map((mb) => mb.toFixed(0)).join(" ")} MB`,
    );
    process.exitCode = lost === 0 && hq.outcome.verdict.word === "VALID" ? 0 : 1;
  } finally {
    protocol1.close();
    journal.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Figures {
  readonly received: number;
  readonly perSecond: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly rssMb: readonly number[];
}

function turn(hq: HqRun, results: number): Promise<Figures> {
  const rssMb: number[] = [];
  let firstMs = 0;
  let lastMs = 0;
  let seen = 0;
  let sampleMs = 0;
  let cpu = process.cpuUsage();
  let used = cpu;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const beforeMs = performance.now();
      hq.tick();
      const nowMs = performance.now();
      const { received } = hq.snapshot();
      if (received > seen) {
        if (seen === 0) {
          firstMs = beforeMs;
          cpu = process.cpuUsage();
        }
        seen = received;
        lastMs = nowMs;
        used = process.cpuUsage(cpu);
      }
      if (seen > 0 && nowMs - sampleMs > SAMPLE_MS && seen < results) {
        sampleMs = nowMs;
        rssMb.push(process.memoryUsage.rss() / 1e6);
      }
      if (seen >= results || (seen > 0 && nowMs - lastMs > 3_000)) hq.requestStop("bench");
      if (!hq.isOver) return;
      clearInterval(timer);
      resolve({
        received: seen,
        perSecond: (seen / (lastMs - firstMs)) * 1000,
        userUs: used.user / seen,
        systemUs: used.system / seen,
        rssMb,
      });
    }, TURN_MS);
  });
}
