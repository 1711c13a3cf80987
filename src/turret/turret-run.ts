// One run as a turret lives it: fetch the pack, load the crew, fire, drain, hand over. The life around
// it (joining, losing the HQ, the next run) is turret.ts.

import type { Clock } from "../base/clock.ts";
import { errorText, OctError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { formatCount, formatDuration } from "../base/units.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { HqMessage, TurretMessage, TurretTotals } from "../protocol/messages.ts";
import { onceOutcome } from "../protocol/once.ts";
import type { TurretState } from "../protocol/states.ts";
import type { Crew, CrewTotals, LoadCrew } from "./crew-contract.ts";
import { Outbox } from "./outbox.ts";
import type { PackStore } from "./pack-store.ts";
import { RunOnce } from "./run-once.ts";

export type Assignment = Extract<HqMessage, { type: "assign" }>;
type PackChunk = Extract<HqMessage, { type: "pack-chunk" }>;
type Start = Extract<HqMessage, { type: "start" }>;
type Control = Extract<HqMessage, { type: "control" }>;

const FLUSH_PERIOD_US = 500_000;
const CHUNK_RETRY_US = 2_000_000;
/** Batches sent so long ago without any being acknowledged are sent again. */
const RESEND_US = 3_000_000;
const PACK_ATTEMPTS = 2;
/** The totals of a turret that fired nothing. */
export const NO_TOTALS: TurretTotals = {
  batches: 0,
  transactions: 0,
  planned: 0,
  started: 0,
  dropped: 0,
  unfinished: 0,
  lostBatches: 0,
  lostTransactions: 0,
  threadsReplaced: 0,
};

export interface RunSurroundings {
  readonly clock: Clock;
  readonly loadCrew: LoadCrew;
  readonly packStore: PackStore;
  readonly cores: number;
  send(message: TurretMessage): boolean;
  onLine(text: string): void;
  /** The crew is loaded, or could not be: `error` is then not empty. */
  onLoaded(run: TurretRun, error: string): void;
  /** All cannons have ended; what remains is to hand over. */
  onDrained(run: TurretRun): void;
}

export class TurretRun {
  readonly assignment: Assignment;
  readonly outbox = new Outbox();
  readonly #around: RunSurroundings;
  readonly #once: RunOnce;
  #pack: { readonly bytes: Uint8Array; received: number; askedUs: number } | undefined;
  #crew: Crew | undefined;
  #totals: CrewTotals = NO_TOTALS;
  #isClosed = false;
  #hasLostMessage = false;
  #segments: readonly ControlSegment[] = [];
  #startUs = Number.NaN;
  #packAttempts = 0;
  #progressUs = 0;

  constructor(assignment: Assignment, around: RunSurroundings) {
    this.assignment = assignment;
    this.#around = around;
    this.#once = new RunOnce(assignment.runId, (message) => around.send(message));
  }

  get runId(): string {
    return this.assignment.runId;
  }

  get turretName(): string {
    const name = this.assignment.definition["name"];
    return typeof name === "string" ? name : "";
  }

  /** Begins to load: from an opened pack, or by asking for it. */
  load(): void {
    const { packHash, packBytes } = this.assignment;
    const directory = this.#around.packStore.directoryOf(packHash);
    if (directory !== undefined) {
      void this.#loadFrom(async () => directory);
      return;
    }
    this.#pack = { bytes: new Uint8Array(packBytes), received: 0, askedUs: 0 };
    if (packBytes === 0) this.#packArrived();
    else this.#askForPack();
  }

  /** Repeats what may have been lost on the wire. */
  tick(nowUs: number): void {
    this.#once.tick(nowUs);
    if (this.#pack !== undefined && nowUs - this.#pack.askedUs > CHUNK_RETRY_US) this.#askForPack();
    if (!this.outbox.isAwaiting) this.#progressUs = nowUs;
    if (nowUs - this.#progressUs <= RESEND_US) return;
    this.#progressUs = nowUs;
    this.outbox.rewind();
  }

  #askForPack(): void {
    const pack = this.#pack;
    if (pack === undefined) return;
    pack.askedUs = this.#around.clock.nowUs();
    const hash = this.assignment.packHash;
    this.#around.send({ type: "pack-wanted", hash, offsetBytes: pack.received });
  }

  takeChunk(chunk: PackChunk): void {
    const pack = this.#pack;
    if (pack === undefined || chunk.hash !== this.assignment.packHash) return;
    if (chunk.offsetBytes !== pack.received || chunk.bytes.length === 0) return;
    if (pack.received + chunk.bytes.length > pack.bytes.length) return;
    pack.bytes.set(chunk.bytes, pack.received);
    pack.received += chunk.bytes.length;
    if (pack.received < pack.bytes.length) this.#askForPack();
    else this.#packArrived();
  }

  #packArrived(): void {
    const pack = this.#pack;
    if (pack === undefined) return;
    const { packHash } = this.assignment;
    const isWhole = new Bun.CryptoHasher("sha256").update(pack.bytes).digest("hex") === packHash;
    if (!isWhole && pack.bytes.length > 0 && ++this.#packAttempts < PACK_ATTEMPTS) {
      this.#report("warn", "the pack arrived damaged: fetching it again");
      pack.received = 0;
      return this.#askForPack();
    }
    this.#pack = undefined;
    void this.#loadFrom(async () => {
      if (!isWhole) throw new OctError("the pack arrived damaged: its hash is another");
      return (await this.#around.packStore.open(packHash, pack.bytes)).directory;
    });
  }

  async #loadFrom(directoryOf: () => Promise<string>): Promise<void> {
    let error = "";
    try {
      const crew = await this.#around.loadCrew(this.#job(await directoryOf()), {
        onBatch: (bytes, transactions) => this.#keep(bytes, transactions),
        onEvent: (level, text) => this.#report(level, text),
        onDone: (totals) => this.#drained(totals),
        onOnceWanted: (name) => this.#once.ask(name, this.#around.clock.nowUs()),
        onOnceDone: (name, outcome) => this.#once.done(name, outcome, this.#around.clock.nowUs()),
      });
      if (this.#isClosed) return crew.close();
      this.#crew = crew;
      if (this.#segments.length > 0) crew.control(this.#segments);
    } catch (thrown) {
      if (this.#isClosed) return;
      error = errorText(thrown);
    }
    this.#around.onLoaded(this, error);
  }

  #job(directory: string): Parameters<LoadCrew>[0] {
    const { definition, ...assignment } = this.assignment;
    const wanted = Number(definition["threads"] ?? 0);
    return {
      runId: assignment.runId,
      directory,
      definition,
      context: assignment.context,
      seed: assignment.seed,
      turretIndex: assignment.turretIndex,
      turretName: this.turretName,
      runTimeUs: assignment.runTimeUs,
      flushPeriodUs: FLUSH_PERIOD_US,
      threads: wanted > 0 ? wanted : this.#around.cores,
      graceUs: assignment.graceUs,
    };
  }

  #keep(bytes: Uint8Array, transactions: number): void {
    if (this.#isClosed || this.outbox.add(bytes, transactions) || this.#hasLostMessage) return;
    this.#hasLostMessage = true;
    this.#report("error", "the outbox is full: results are being given up, and counted");
  }

  #report(level: string, text: string): void {
    if (this.#isClosed) return;
    this.#around.onLine(`${this.turretName}: ${text}`);
    this.#around.send({ type: "event", runId: this.runId, level, text: text.slice(0, 4000) });
  }

  #drained(totals: CrewTotals): void {
    if (this.#isClosed) return;
    this.#totals = totals;
    this.#around.onDrained(this);
  }

  /** Fires at the HQ's instant; it may be past for a turret that came late. */
  start(message: Start, hqOffsetUs: number): void {
    this.#startUs = message.startHqUs - hqOffsetUs;
    this.#crew?.start(this.#startUs, message.startWallMs, message.place);
  }

  /** All that the HQ's people asked so far; the same list may come again. */
  takeControl({ segments, revision }: Control, state: TurretState): void {
    const isOver = state === "draining" || state === "leaving" || state === "failed";
    const news = segments.slice(this.#segments.length);
    if (news.length > 0 && !isOver) {
      this.#segments = segments;
      this.#crew?.control(segments);
      const lateUs = this.#around.clock.nowUs() - this.#startUs - (news[0] as ControlSegment).atUs;
      if (lateUs > 0) {
        const what = news.map(({ kind }) => kind).join(", ");
        this.#report("warn", `heard ${formatDuration(lateUs)} late: ${what}; applied at once`);
      }
    }
    const error = isOver ? "it had ended its load" : "";
    this.#around.send({ type: "controlled", runId: this.runId, revision, error });
  }

  stop(graceUs: number): void {
    this.#crew?.stop(graceUs);
  }

  setContext(context: JsonObject): void {
    this.#crew?.setContext(context);
  }

  /** The HQ on a once() of the run. */
  takeOnce(message: Extract<HqMessage, { type: "once-granted" | "once-told" }>): void {
    const { name } = message;
    if (message.type === "once-granted") {
      if (this.#once.isAsking(name)) this.#crew?.grantOnce(name);
    } else if (this.#once.told(name)) this.#crew?.tellOnce(name, onceOutcome(message));
  }

  acknowledge(sequence: number, wantRows: boolean): void {
    if (this.outbox.acknowledge(sequence)) this.#progressUs = this.#around.clock.nowUs();
    this.#crew?.wantRows(wantRows);
  }

  sendBatches(): void {
    this.outbox.sendNew((batch) =>
      this.#around.send({ type: "batch", runId: this.runId, ...batch }),
    );
  }

  stats(): JsonObject {
    return {
      ...(this.#crew?.stats() ?? {}),
      waiting_batches: this.outbox.waitingBatches,
      lost_transactions: this.outbox.counts.lostTransactions,
    };
  }

  totals(): TurretTotals {
    const kept = this.outbox.counts;
    return {
      ...this.#totals,
      transactions: kept.transactions,
      batches: kept.batches,
      lostBatches: kept.lostBatches,
      lostTransactions: kept.lostTransactions + this.#totals.lostTransactions,
    };
  }

  /** Ends whatever is going on and frees the threads. */
  close(): void {
    this.#isClosed = true;
    this.#pack = undefined;
    this.#crew?.close();
    this.#crew = undefined;
  }

  /** What is lost when this run is given up now, in words; "" for nothing. */
  undelivered(): string {
    const transactions = this.outbox.waitingTransactions;
    if (transactions === 0) return "";
    return `${formatCount(transactions)} transactions of run ${this.runId} were never taken by its HQ and are dropped`;
  }
}
