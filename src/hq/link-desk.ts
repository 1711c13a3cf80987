// The HQ's side of the oct link: who says hello, what they are assigned, their packs, barriers,
// batches, heartbeats and goodbyes. The order of the run itself is run.ts.

import { MalformedBytes } from "../base/bytes.ts";
import { EXIT, errorText } from "../base/errors.ts";
import { formatDuration } from "../base/units.ts";
import type { TurretDefinition } from "../config/project.ts";
import { decodeTurretMessage, encodeHqMessage, ForeignVersion } from "../protocol/codec.ts";
import type { HqLink } from "../protocol/link.ts";
import type { HqMessage, TurretMessage } from "../protocol/messages.ts";
import type { HqCore } from "./core.ts";
import type { KnownTurret } from "./registry.ts";
import type { Pack } from "./types.ts";

const MESSAGES_PER_TURN = 5_000;

type Hello = Extract<TurretMessage, { type: "hello" }>;
type Bye = Extract<TurretMessage, { type: "bye" }>;

export class LinkDesk {
  readonly #core: HqCore;
  readonly #link: HqLink;

  constructor(core: HqCore, link: HqLink) {
    this.#core = core;
    this.#link = link;
  }

  /** Takes what has arrived, at most a turn's worth. */
  drain(nowUs: number): void {
    for (let i = 0; i < MESSAGES_PER_TURN; i++) {
      const arrived = this.#link.receive();
      if (arrived === undefined) return;
      this.#take(arrived.peer, arrived.message, nowUs);
    }
  }

  #take(peer: string, frame: Uint8Array, nowUs: number): void {
    let message: TurretMessage;
    try {
      message = decodeTurretMessage(frame);
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown;
      this.#core.malformed.add("link message that cannot be read", this.#core.atUs(), frame);
      if (thrown instanceof ForeignVersion)
        this.#refuse(peer, `another version: ${thrown.message}`);
      return;
    }
    if (message.type === "hello") return this.#hello(peer, message, nowUs);
    if (message.type === "ping") {
      this.#send(peer, {
        type: "pong",
        sentTurretUs: message.sentTurretUs,
        hqUs: this.#core.clock.nowUs(),
      });
      return;
    }
    const turret = this.#core.registry.byPeer(peer);
    if (turret === undefined) return;
    this.#heard(turret, nowUs);
    this.#obey(turret, message);
  }

  #obey(turret: KnownTurret, message: TurretMessage): void {
    if (message.type === "pack-wanted") return this.#sendChunk(turret, message);
    if (message.type === "heartbeat") {
      turret.stats = message.stats;
      turret.clockErrorUs = Number(message.stats["clock_error_us"] ?? 0) || 0;
      return this.#say(turret, statusWord(message.state));
    }
    if ("runId" in message && message.runId !== this.#core.options.facts.runId) {
      if (message.type === "batch") {
        this.#core.malformed.add("batch of another run", this.#core.atUs(), message.bytes);
      }
      if (message.type === "bye" && message.runId === "") this.#left(turret, message);
      return;
    }
    switch (message.type) {
      case "ready":
        return this.#ready(turret, message.error);
      case "started":
        return this.#started(turret, message.error);
      case "batch":
        return this.#core.collector.take(turret, message, this.#core.atUs());
      case "event":
        this.#core.event(message.level, turret.index, message.text);
        return this.#core.options.onLine(`${turret.name}: ${message.text}`);
      case "bye":
        return this.#left(turret, message);
    }
  }

  #hello(peer: string, hello: Hello, nowUs: number): void {
    const { registry, options, phase } = this.#core;
    let turret = registry.byUuid(hello.uuid);
    if (turret === undefined) {
      if (registry.isFull) return this.#refuse(peer, "this HQ knows as many turrets as it may");
      const definition = this.#definitionFor(hello.name);
      if (definition === undefined) return this.#refuse(peer, this.#noDefinition(hello.name));
      turret = registry.add(hello.uuid, "link", nowUs);
      this.#describe(turret, hello, definition);
      options.onLine(`turret ${turret.name} came from ${hello.host} (${hello.cores} cores)`);
    }
    registry.setPeer(turret, peer);
    this.#heard(turret, nowUs);
    this.#send(peer, { type: "heartbeat", runId: options.facts.runId });
    if (hello.runId === options.facts.runId) this.#sendAck(turret);
    else if (phase !== "draining" && phase !== "over") this.#assign(turret);
    this.#core.changed(turret);
  }

  #describe(turret: KnownTurret, hello: Hello, definition: TurretDefinition): void {
    turret.definition = definition;
    turret.name = definition.name;
    turret.cannons = definition.cannons;
    turret.script = definition.script;
    turret.rampup = definition.rampupUs / 1e6;
    turret.host = hello.host;
    turret.octVersion = hello.octVersion;
    turret.cores = hello.cores;
  }

  #definitionFor(name: string): TurretDefinition | undefined {
    const { turrets } = this.#core.options.config;
    if (name !== "") return turrets.find((definition) => definition.name === name);
    return this.#core.registry.leastServed(turrets);
  }

  #noDefinition(name: string): string {
    const names = this.#core.options.config.turrets.map((definition) => definition.name);
    if (names.length === 0) return "the project defines no turrets";
    return `the project defines no turret called ${name}; it has ${names.join(", ")}`;
  }

  #assign(turret: KnownTurret): void {
    const definition = turret.definition as TurretDefinition;
    turret.isAssigned = true;
    turret.isReady = false;
    turret.loadError = "";
    this.#core.packs.of(definition).then(
      (pack) => this.#sendAssignment(turret, definition, pack),
      (thrown: unknown) => {
        this.#core.fail(
          `turret ${turret.name} cannot be packed: ${errorText(thrown)}`,
          EXIT.failed,
        );
      },
    );
  }

  #sendAssignment(turret: KnownTurret, definition: TurretDefinition, pack: Pack): void {
    const { config, facts, context } = this.#core.options;
    this.#send(turret.peer, {
      type: "assign",
      runId: facts.runId,
      turretIndex: turret.index,
      definition: definition.merged,
      context: context ?? {},
      packHash: pack.hash,
      packBytes: pack.bytes.length,
      runTimeUs: config.runTimeUs,
      seed: facts.seed,
      graceUs: config.graceUs,
      hqLossUs: config.hqLossUs,
    });
  }

  #sendChunk(turret: KnownTurret, wanted: Extract<TurretMessage, { type: "pack-wanted" }>): void {
    const bytes = this.#core.packs.chunk(wanted.hash, wanted.offsetBytes);
    if (bytes === undefined) return;
    const { hash, offsetBytes } = wanted;
    this.#send(turret.peer, { type: "pack-chunk", hash, offsetBytes, bytes });
  }

  #ready(turret: KnownTurret, error: string): void {
    if (turret.isReady || (error !== "" && turret.loadError === error)) return;
    if (error !== "") {
      turret.loadError = error;
      this.#say(turret, "Aborted");
      this.#core.options.onLine(`turret ${turret.name} could not load: ${error}`);
      this.#core.event("error", turret.index, `could not load: ${error}`);
      this.#checkEnoughRemain(error);
      return;
    }
    turret.isReady = true;
    this.#say(turret, "ready");
    if (this.#core.phase === "firing") this.#sendStart(turret);
  }

  // The script is the same for all: one that cannot load leaves no reason to wait for more turrets.
  #checkEnoughRemain(error: string): void {
    const { registry, options } = this.#core;
    const usable = registry.all().filter((turret) => turret.loadError === "" && !turret.isLost);
    if (this.#core.startUs === undefined && usable.length < options.config.minTurrets) {
      this.#core.fail(`the script cannot be loaded: ${error}`, EXIT.failed);
    }
  }

  #started(turret: KnownTurret, error: string): void {
    turret.hasStarted = error === "";
    this.#say(turret, error === "" ? "Running" : "Aborted");
    if (error !== "") this.#core.event("error", turret.index, `could not start: ${error}`);
  }

  #left(turret: KnownTurret, bye: Bye): void {
    if (bye.runId === "" || !turret.hasStarted) {
      turret.isReady = false;
      turret.isLost = !turret.hasStarted && this.#core.phase !== "draining";
      turret.totals ??= turret.hasStarted ? bye.totals : undefined;
      this.#say(turret, "left");
      return;
    }
    turret.totals = bye.totals;
    this.#say(turret, "ready");
  }

  /** A turret is still fetching or loading. */
  isLoading(): boolean {
    return this.#linkTurrets().some(
      (turret) => turret.isAssigned && !turret.isReady && turret.loadError === "" && !turret.isLost,
    );
  }

  /** Tells all ready turrets the common instant. */
  start(): void {
    for (const turret of this.#linkTurrets()) {
      if (turret.isReady && !turret.isLost) this.#sendStart(turret);
    }
  }

  #sendStart(turret: KnownTurret): void {
    const { startUs, startWallMs, options } = this.#core;
    if (startUs === undefined) return;
    turret.hasStarted = true;
    const runId = options.facts.runId;
    this.#send(turret.peer, { type: "start", runId, startHqUs: startUs, startWallMs });
  }

  stop(graceUs: number, reason: string): void {
    const runId = this.#core.options.facts.runId;
    for (const turret of this.#linkTurrets()) {
      this.#send(turret.peer, { type: "stop", runId, graceUs, reason });
    }
  }

  /** The run is over: turrets that were not released are told to stop and let go. */
  end(reason: string): void {
    this.stop(0, reason);
    for (const turret of this.#linkTurrets()) this.#release(turret);
  }

  /** Acknowledges what the journal now holds, and releases who has handed over everything. */
  acknowledge(): void {
    for (const turret of this.#linkTurrets()) {
      if (turret.sequence !== turret.acknowledged) this.#sendAck(turret);
      const { totals } = turret;
      if (totals !== undefined && turret.sequence >= totals.batches && !turret.isReleased) {
        this.#release(turret);
      }
    }
  }

  #sendAck(turret: KnownTurret): void {
    const { options, collector } = this.#core;
    const isSent = this.#send(turret.peer, {
      type: "ack",
      runId: options.facts.runId,
      sequence: turret.sequence,
      wantRows: collector.wantRows,
    });
    if (isSent) turret.acknowledged = turret.sequence;
  }

  #release(turret: KnownTurret): void {
    turret.isReleased = true;
    this.#send(turret.peer, { type: "released", runId: this.#core.options.facts.runId });
  }

  /** Every turret that fired and is there has said goodbye and all its batches are in. */
  isHandedOver(): boolean {
    return this.#linkTurrets().every(
      (turret) => !turret.hasStarted || turret.isLost || turret.isReleased,
    );
  }

  everySecond(nowUs: number): void {
    const { options } = this.#core;
    for (const turret of this.#linkTurrets()) {
      this.#send(turret.peer, { type: "heartbeat", runId: options.facts.runId });
      // Said again as long as it is not obeyed: the first may have been lost with a connection.
      if (this.#core.phase === "draining" && !turret.isReleased && turret.totals === undefined) {
        this.#send(turret.peer, {
          type: "stop",
          runId: options.facts.runId,
          graceUs: options.config.graceUs,
          reason: "stop",
        });
      }
      if (turret.isLost || turret.isReleased || turret.status === "left") continue;
      if (nowUs - turret.heardUs <= options.config.silenceUs) continue;
      turret.isLost = true;
      turret.isReady = false;
      this.#core.changed(turret);
      const text = `lost: silent for ${formatDuration(nowUs - turret.heardUs)}`;
      this.#core.event("error", turret.index, text);
      options.onLine(`turret ${turret.name} (${turret.host}) is ${text}`);
    }
  }

  #heard(turret: KnownTurret, nowUs: number): void {
    turret.heardUs = nowUs;
    if (!turret.isLost) return;
    turret.isLost = false;
    this.#core.options.onLine(`turret ${turret.name} (${turret.host}) is back`);
    this.#core.event("info", turret.index, "back");
    this.#core.changed(turret);
  }

  #say(turret: KnownTurret, status: string): void {
    if (turret.status === status) return;
    turret.status = status;
    this.#core.changed(turret);
  }

  #linkTurrets(): readonly KnownTurret[] {
    return this.#core.registry.all().filter((turret) => turret.wire === "link");
  }

  #refuse(peer: string, reason: string): void {
    this.#core.options.onLine(`a turret was refused: ${reason}`);
    this.#send(peer, { type: "refused", reason });
  }

  #send(peer: string, message: HqMessage): boolean {
    return this.#link.send(peer, encodeHqMessage(message));
  }
}

/** The turret's state as a word people know from OCT. */
function statusWord(state: string): string {
  if (state === "firing" || state === "draining") return "Running";
  if (state === "failed") return "Aborted";
  return state === "leaving" || state === "idle" || state === "ready" ? "ready" : state;
}
