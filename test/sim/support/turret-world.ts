// One turret and an HQ that says only what a test tells it, on a clock moved by hand.

import { ManualClock } from "../../../src/base/clock.ts";
import { OctError } from "../../../src/base/errors.ts";
import { decodeTurretMessage, encodeHqMessage } from "../../../src/protocol/codec.ts";
import { createLoopback } from "../../../src/protocol/loopback.ts";
import {
  type HqMessage,
  LINK_LIMIT,
  LONE_PLACE,
  type TurretMessage,
} from "../../../src/protocol/messages.ts";
import { Turret } from "../../../src/turret/turret.ts";
import { FakeCrews } from "./fake-crew.ts";

export const TURN_US = 5_000;
export const PACK = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) & 255);
export const PACK_HASH = new Bun.CryptoHasher("sha256").update(PACK).digest("hex");
/** The HQ's clock is so far ahead of the turret's. */
export const AHEAD_US = 3_600_000_000;

type Assign = Extract<HqMessage, { type: "assign" }>;
type Start = Extract<HqMessage, { type: "start" }>;
type Of<T extends TurretMessage["type"]> = Extract<TurretMessage, { type: T }>;

export class TurretWorld {
  readonly clock = new ManualClock(5_000_000);
  readonly loopback = createLoopback(this.clock, { delayUs: 1_000 });
  readonly link = this.loopback.connect();
  readonly crews = new FakeCrews();
  readonly lines: string[] = [];
  readonly opened = new Map<string, string>();
  readonly turret: Turret;
  /** All that was heard since the last `heard`. */
  #heard: TurretMessage[] = [];
  #peer = "";
  /** False: the HQ answers no ping and says no heartbeat. */
  isHqAlive = true;
  /** The run that the HQ commands. */
  runId = "run-1";
  openError = "";
  #heartbeatUs = 0;

  constructor(name = "") {
    this.turret = new Turret({
      clock: this.clock,
      link: this.link,
      loadCrew: this.crews.load,
      packStore: {
        has: (hash) => this.opened.has(hash),
        open: async (hash) => {
          if (this.openError !== "") throw new OctError(this.openError);
          this.opened.set(hash, `/packs/${hash}`);
          return { directory: `/packs/${hash}` };
        },
        directoryOf: (hash) => this.opened.get(hash),
        close: () => this.opened.clear(),
      },
      name,
      cores: 2,
      host: "box",
      pid: 7,
      platform: "sim",
      octVersion: "0.0.0",
      uuid: "uuid-1",
      shownHq: "the sim",
      onLine: (text) => this.lines.push(text),
    });
  }

  /** The HQ is another process from now on, and commands another run. */
  nextHq(runId: string): void {
    this.runId = runId;
    this.#peer = "";
  }

  say(message: HqMessage): boolean {
    return this.sayRaw(encodeHqMessage(message));
  }

  sayRaw(frame: Uint8Array): boolean {
    return this.loopback.hq.send(this.#peer, frame);
  }

  assign(parts: Partial<Assign> = {}): void {
    this.say({
      type: "assign",
      runId: this.runId,
      turretIndex: 0,
      definition: { name: "navigation", cannons: 2, script: "v_user.ts" },
      context: {},
      packHash: PACK_HASH,
      packBytes: PACK.length,
      runTimeUs: 60_000_000,
      seed: 1,
      graceUs: 5_000_000,
      hqLossUs: 8_000_000,
      ...parts,
    });
  }

  start(parts: Partial<Start> = {}): void {
    this.say({
      type: "start",
      runId: this.runId,
      startHqUs: this.clock.nowUs() + AHEAD_US + 300_000,
      startWallMs: this.clock.wallMs() + 300,
      place: LONE_PLACE,
      ...parts,
    });
  }

  stop(graceUs = 5_000_000): void {
    this.say({ type: "stop", runId: this.runId, graceUs, reason: "run time" });
  }

  acknowledge(sequence: number, wantRows = true): void {
    this.say({ type: "ack", runId: this.runId, sequence, wantRows });
  }

  release(): void {
    this.say({ type: "released", runId: this.runId });
  }

  /** Answers a `pack-wanted` with the chunk it asks for. */
  sendChunk(wanted: Of<"pack-wanted">, pack = PACK): void {
    const { hash, offsetBytes } = wanted;
    const bytes = pack.subarray(offsetBytes, offsetBytes + LINK_LIMIT.packChunkBytes);
    this.say({ type: "pack-chunk", hash, offsetBytes, bytes });
  }

  /** Lets time pass; the HQ answers pings and says it is there unless it is not alive. */
  async pass(durationUs: number): Promise<void> {
    const endUs = this.clock.nowUs() + durationUs;
    while (this.clock.nowUs() < endUs) {
      this.clock.advance(TURN_US);
      this.#turnHq();
      this.turret.tick();
      for (let i = 0; i < 6; i++) await Promise.resolve();
    }
  }

  #turnHq(): void {
    const { hq } = this.loopback;
    for (let next = hq.receive(); next !== undefined; next = hq.receive()) {
      if (!this.isHqAlive) continue;
      const message = decodeTurretMessage(next.message);
      if (message.type === "hello") this.#peer = next.peer;
      // A new HQ knows nobody who has not said hello to it.
      if (this.#peer === "") continue;
      if (message.type === "hello") this.say({ type: "heartbeat", runId: this.runId });
      if (message.type === "ping") this.#pong(message.sentTurretUs);
      else this.#heard.push(message);
    }
    if (!this.isHqAlive || this.clock.nowUs() - this.#heartbeatUs < 1_000_000) return;
    this.#heartbeatUs = this.clock.nowUs();
    this.say({ type: "heartbeat", runId: this.runId });
  }

  isAnsweringPings = true;

  #pong(sentTurretUs: number): void {
    if (!this.isAnsweringPings) return;
    this.say({ type: "pong", sentTurretUs, hqUs: this.clock.nowUs() + AHEAD_US });
  }

  /** What the turret has said since the last call, but for its pings. */
  heard(): TurretMessage[] {
    return this.#heard.splice(0);
  }

  /** Those of one type that were said since the last `heard`. */
  of<T extends TurretMessage["type"]>(type: T): Of<T>[] {
    return this.heard().filter((message): message is Of<T> => message.type === type);
  }

  async until(condition: () => boolean, limitUs = 30_000_000): Promise<boolean> {
    const endUs = this.clock.nowUs() + limitUs;
    while (!condition() && this.clock.nowUs() < endUs) await this.pass(TURN_US);
    return condition();
  }

  /** Hands the whole pack over, chunk by chunk. */
  async deliverPack(pack = PACK): Promise<void> {
    for (let turn = 0; turn < 40 && this.turret.state === "loading"; turn++) {
      for (const wanted of this.of("pack-wanted")) this.sendChunk(wanted, pack);
      await this.pass(TURN_US);
    }
  }

  async joined(): Promise<void> {
    await this.until(() => this.turret.state === "idle");
  }

  async ready(parts: Partial<Assign> = {}): Promise<void> {
    await this.joined();
    this.assign(parts);
    await this.pass(4 * TURN_US);
    await this.deliverPack();
    await this.until(() => this.turret.state === "ready");
  }

  async firing(parts: Partial<Assign> = {}): Promise<void> {
    await this.ready(parts);
    await this.pass(500_000);
    this.start();
    await this.until(() => this.turret.state === "firing");
    this.heard();
  }
}
