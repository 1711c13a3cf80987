// An HQ alone, on a clock of the test's own: scripted turrets of both wires say exactly what a test
// wants said, and what the HQ says is kept.

import { ManualClock } from "../../../src/base/clock.ts";
import type { ProjectConfig } from "../../../src/config/project.ts";
import { HqRun } from "../../../src/hq/run.ts";
import type { HqOptions, Pack } from "../../../src/hq/types.ts";
import { decodeHqMessage, encodeTurretMessage } from "../../../src/protocol/codec.ts";
import type { Protocol1Hq, TurretLink } from "../../../src/protocol/link.ts";
import { createLoopback } from "../../../src/protocol/loopback.ts";
import type { HqMessage, TurretMessage, TurretTotals } from "../../../src/protocol/messages.ts";
import { type Batch, BatchBuilder, decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Journal, type JournalOptions } from "../../../src/store/journal.ts";
import { decodeBatchRecord, JOURNAL_VERSION, RECORD_KIND } from "../../../src/store/records.ts";
import { readJournal } from "../../../src/store/segments.ts";
import { configOf } from "./world.ts";

export const TURN_US = 5_000;
const BUFFER_BYTES = 256 * 1024;

/** Protocol 1 in memory: frames go in by `push`, orders come out in `orders`. */
export class FakeProtocol1 implements Protocol1Hq {
  readonly orders: string[] = [];
  readonly #waiting: Uint8Array[] = [];
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #oversize: number[] = [];
  isClosed = false;

  push(...frames: (string | Uint8Array | object)[]): void {
    for (const frame of frames) this.#waiting.push(bytesOf(frame));
  }

  pushOversize(sizeBytes: number): void {
    this.#oversize.push(sizeBytes);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The commands of the orders so far. */
  get commands(): string[] {
    return this.orders.map((order) => JSON.parse(order).command);
  }

  publish(order: string): void {
    this.orders.push(order);
  }

  drain(
    limit: number,
    onMessage: (bytes: Uint8Array, sizeBytes: number) => void,
    onOversize: (sizeBytes: number) => void,
  ): number {
    for (const sizeBytes of this.#oversize.splice(0)) onOversize(sizeBytes);
    const taken = this.#waiting.splice(0, limit);
    for (const frame of taken) {
      if (frame.length > BUFFER_BYTES) {
        onMessage(frame, frame.length);
        continue;
      }
      this.#buffer.set(frame);
      onMessage(this.#buffer, frame.length);
    }
    return taken.length;
  }

  close(): void {
    this.isClosed = true;
  }
}

function bytesOf(frame: string | Uint8Array | object): Uint8Array {
  if (frame instanceof Uint8Array) return frame;
  return new TextEncoder().encode(typeof frame === "string" ? frame : JSON.stringify(frame));
}

export interface HqWorldOptions extends Partial<ProjectConfig> {
  readonly journal?: JournalOptions;
  readonly packFor?: HqOptions["packFor"];
  readonly observers?: HqOptions["observers"];
}

const PACK: Pack = { bytes: new Uint8Array(300_000).fill(1), hash: "a".repeat(64) };

export class HqWorld {
  readonly clock = new ManualClock(7_000_000);
  readonly lines: string[] = [];
  readonly protocol1 = new FakeProtocol1();
  readonly loopback = createLoopback(this.clock);
  readonly directory: string;
  readonly hq: HqRun;
  readonly #journal: Journal;

  constructor(directory: string, options: HqWorldOptions = {}) {
    const { journal, packFor, observers, ...config } = options;
    this.directory = directory;
    this.#journal = Journal.create(directory, journal);
    this.hq = new HqRun({
      config: configOf(config),
      facts: {
        journalVersion: JOURNAL_VERSION,
        runId: RUN_ID,
        octVersion: "0.0.0",
        project: "sim",
        command: "oct run sim",
        config: {},
        seed: 1,
        host: "hq",
        platform: "sim",
        cores: 1,
        openedWallMs: this.clock.wallMs(),
        runTimeUs: config.runTimeUs ?? 10_000_000,
        intervalS: 1,
        rowsMax: config.resultsMaxRows ?? 1_000_000,
      },
      clock: this.clock,
      journal: this.#journal,
      link: this.loopback.hq,
      protocol1: this.protocol1,
      packFor: packFor ?? (async () => PACK),
      onLine: (text) => this.lines.push(text),
      observers: observers ?? [],
    });
  }

  /** Seconds since 1970 of the run's start, plus `second`. */
  epoch(second: number): number {
    return Math.floor(this.hq.startWallMs / 1000) + second;
  }

  async pass(durationUs: number): Promise<void> {
    const endUs = this.clock.nowUs() + durationUs;
    while (this.clock.nowUs() < endUs && !this.hq.isOver) await this.turn();
  }

  async turn(): Promise<void> {
    this.clock.advance(TURN_US);
    this.hq.tick();
    for (let i = 0; i < 4; i++) await Promise.resolve();
  }

  async until(condition: () => boolean, limitUs = 60_000_000): Promise<boolean> {
    const endUs = this.clock.nowUs() + limitUs;
    while (!condition() && this.clock.nowUs() < endUs && !this.hq.isOver) await this.turn();
    return condition();
  }

  /** Registers a protocol-1 turret, and lets the run begin when it is enough. */
  async begin(uuid = "uuid-1"): Promise<void> {
    this.protocol1.push(status({ uuid }));
    await this.until(() => this.protocol1.commands.includes("start"));
    this.protocol1.push(status({ uuid, status: "Running" }));
    await this.turn();
  }

  /** Answers the stop as a stock turret does, and lets the run end. */
  async end(uuid = "uuid-1"): Promise<void> {
    await this.until(() => this.protocol1.commands.includes("stop"), 3_600_000_000);
    await this.turn();
    this.protocol1.push(status({ uuid, status: "ready" }));
    await this.until(() => this.hq.isOver);
  }

  /** What the journal holds, read back from its files. */
  journal(): JournalContent {
    const content: JournalContent = {
      batches: [],
      turrets: [],
      malformed: [],
      events: [],
      closed: [],
    };
    if (this.hq.isOver) this.#journal.close();
    readJournal(this.directory, (kind, payload) => {
      if (kind === RECORD_KIND.batch) {
        const record = decodeBatchRecord(payload.slice());
        content.batches.push({ ...record, content: decodeBatch(record.batch) });
      }
      const lists = new Map<number, object[]>([
        [RECORD_KIND.turret, content.turrets],
        [RECORD_KIND.malformed, content.malformed],
        [RECORD_KIND.event, content.events],
        [RECORD_KIND.runClosed, content.closed],
      ]);
      lists.get(kind)?.push(JSON.parse(new TextDecoder().decode(payload)));
    });
    return content;
  }

  addPeer(): LinkPeer {
    return new LinkPeer(this.loopback.connect());
  }
}

export interface JournalContent {
  readonly batches: { turretIndex: number; sequence: number; content: Batch }[];
  readonly turrets: Record<string, unknown>[];
  readonly malformed: Record<string, unknown>[];
  readonly events: Record<string, unknown>[];
  readonly closed: Record<string, unknown>[];
}

export const RUN_ID = "run-1";

/** A status as a stock turret sends it. */
export function status(parts: Record<string, unknown> = {}): string {
  const whole = {
    turret: "navigation",
    status: "ready",
    uuid: "uuid-1",
    rampup: 0,
    script: "test_scripts/v_user.py",
    cannons: 2,
    ...parts,
  };
  return spaced(whole);
}

/** JSON as Python's json.dumps writes it. */
export function spaced(value: object): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n */g, " ")
    .replace(/([{[]) | ([}\]])/g, "$1$2");
}

export function result(parts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    elapsed: 0.65,
    epoch: 1_795_233_489,
    scriptrun_time: 0.6574220657348633,
    error: "",
    custom_timers: { home: 0.459, "login page": 0.19 },
    ...parts,
  };
}

/** A turret of the link that says what it is told to say. */
export class LinkPeer {
  readonly link: TurretLink;
  readonly uuid = crypto.randomUUID();
  readonly #builder = new BatchBuilder({ turretName: "scripted" });
  readonly #slot = this.#builder.slot(CELL_KIND.timer, "");
  sequence = 0;
  transactions = 0;

  constructor(link: TurretLink) {
    this.link = link;
  }

  say(message: TurretMessage): boolean {
    return this.link.send(encodeTurretMessage(message));
  }

  sayRaw(bytes: Uint8Array): boolean {
    return this.link.send(bytes);
  }

  hello(parts: Partial<Extract<TurretMessage, { type: "hello" }>> = {}): void {
    this.say({
      type: "hello",
      octVersion: "0.0.0",
      uuid: this.uuid,
      name: "",
      host: "box",
      pid: 1,
      cores: 4,
      platform: "sim",
      runId: "",
      state: "joining",
      ...parts,
    });
  }

  ready(error = ""): void {
    this.say({ type: "ready", runId: RUN_ID, error });
  }

  started(): void {
    this.say({ type: "started", runId: RUN_ID, error: "" });
  }

  heartbeat(state: string, runId = RUN_ID): void {
    this.say({ type: "heartbeat", runId, state, stats: { cannons: 2 } });
  }

  /** The next batch, with `count` transactions; it is only made, not sent. */
  batch(count: number, second = 0): Extract<TurretMessage, { type: "batch" }> {
    for (let i = 0; i < count; i++) {
      this.#builder.countTransaction();
      this.#builder.record(this.#slot, second, 1_000 + i, false);
    }
    const taken = this.#builder.take() ?? { bytes: new Uint8Array(0), transactions: 0 };
    this.transactions += count;
    return { type: "batch", runId: RUN_ID, sequence: ++this.sequence, ...taken };
  }

  bye(parts: Partial<TurretTotals> = {}, reason = "done"): void {
    const { transactions } = this;
    const totals = {
      batches: this.sequence,
      transactions,
      planned: transactions,
      started: transactions,
      dropped: 0,
      unfinished: 0,
      lostBatches: 0,
      lostTransactions: 0,
      threadsReplaced: 0,
      ...parts,
    };
    this.say({ type: "bye", runId: RUN_ID, reason, totals });
  }

  /** What the HQ has said since the last call. */
  heard(): HqMessage[] {
    const messages: HqMessage[] = [];
    for (let frame = this.link.receive(); frame !== undefined; frame = this.link.receive()) {
      messages.push(decodeHqMessage(frame));
    }
    return messages;
  }

  types(): string[] {
    return this.heard().map((message) => message.type);
  }
}
