// How turrets of the link come in: hello, the definition they serve, their assignment, their pack.

import { EXIT, errorText } from "../base/errors.ts";
import type { TurretDefinition } from "../config/project.ts";
import type { HqMessage, TurretMessage } from "../protocol/messages.ts";
import type { HqCore } from "./core.ts";
import { type KnownTurret, nameOf } from "./registry.ts";
import type { Pack } from "./types.ts";

/** An assignment that a turret does not act on is said again after this. */
const ASSIGN_AGAIN_US = 3_000_000;
/** A turret asks for one chunk at a time; who asks for more is not answered. */
const CHUNKS_PER_TURN = 4;

type Hello = Extract<TurretMessage, { type: "hello" }>;
type PackWanted = Extract<TurretMessage, { type: "pack-wanted" }>;
type Send = (peer: string, message: HqMessage) => boolean;

export class LinkJoining {
  readonly #core: HqCore;
  readonly #send: Send;

  constructor(core: HqCore, send: Send) {
    this.#core = core;
    this.#send = send;
  }

  /** The turret behind `peer` from now on, or undefined when it was refused. */
  hello(peer: string, hello: Hello, nowUs: number): KnownTurret | undefined {
    const { registry, options } = this.#core;
    const turret = registry.byUuid("link", hello.uuid) ?? this.#welcome(peer, hello, nowUs);
    if (turret === undefined) return undefined;
    registry.setPeer(turret, peer);
    turret.hasLeft = false;
    const { runId } = options.facts;
    this.#send(peer, { type: "heartbeat", runId });
    if (hello.runId === runId) {
      const { sequence } = turret;
      this.#send(peer, { type: "ack", runId, sequence, wantRows: this.#core.collector.wantRows });
    } else if (turret.hasFired && turret.totals === undefined) {
      this.#giveUp(turret);
    } else if (!turret.hasFired) {
      this.#assign(turret, nowUs);
    }
    return turret;
  }

  #welcome(peer: string, hello: Hello, nowUs: number): KnownTurret | undefined {
    const { registry } = this.#core;
    const definition = this.#definitionFor(hello.name);
    if (registry.isFull) this.refuse(peer, "this HQ knows as many turrets as it may");
    else if (definition === undefined) this.refuse(peer, this.#noDefinition(hello.name));
    if (registry.isFull || definition === undefined) return undefined;
    const turret = registry.add(hello.uuid, "link", nowUs);
    turret.definition = definition;
    turret.name = definition.name;
    turret.cannons = definition.cannons;
    turret.script = definition.script;
    turret.rampup = definition.rampupUs / 1e6;
    turret.host = hello.host;
    turret.octVersion = hello.octVersion;
    turret.cores = hello.cores;
    const text = `turret ${turret.name} came from ${hello.host} (${hello.cores} cores)`;
    this.#core.line("came", text);
    this.#core.changed(turret);
    return turret;
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

  // Its run is gone and with it what it had not sent; beginning anew would count things twice.
  #giveUp(turret: KnownTurret): void {
    if (turret.gaveUp !== "") return;
    turret.gaveUp = "it dropped this run and what it had not sent";
    this.#core.event("error", turret.index, turret.gaveUp);
    this.#core.line("lost", `turret ${nameOf(turret)}: ${turret.gaveUp}`);
  }

  /** A turret that is known and idle gets its assignment again when the first seems lost. */
  remind(turret: KnownTurret, nowUs: number): void {
    if (turret.hasFired || nowUs - turret.assignedUs < ASSIGN_AGAIN_US) return;
    this.#assign(turret, nowUs);
  }

  #assign(turret: KnownTurret, nowUs: number): void {
    if (!this.#mayAssign()) return;
    const definition = turret.definition as TurretDefinition;
    turret.isAssigned = true;
    turret.assignedUs = nowUs;
    turret.isReady = false;
    turret.loadError = "";
    this.#core.packs.of(definition).then(
      (pack) => {
        if (this.#mayAssign()) this.#sendAssignment(turret, definition, pack);
      },
      (thrown: unknown) => this.#cannotPack(turret, errorText(thrown)),
    );
  }

  #mayAssign(): boolean {
    const { phase } = this.#core;
    return phase === "gathering" || phase === "arming" || phase === "firing";
  }

  #cannotPack(turret: KnownTurret, error: string): void {
    turret.loadError = error;
    const text = `turret ${turret.name} cannot be packed: ${error}`;
    if (this.#core.startUs === undefined) return this.#core.fail(text, EXIT.failed);
    this.refuse(turret.peer, text);
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

  sendChunk(turret: KnownTurret, wanted: PackWanted): void {
    if (++turret.chunksSent > CHUNKS_PER_TURN) return;
    const bytes = this.#core.packs.chunk(wanted.hash, wanted.offsetBytes);
    if (bytes === undefined) return;
    const { hash, offsetBytes } = wanted;
    this.#send(turret.peer, { type: "pack-chunk", hash, offsetBytes, bytes });
  }

  refuse(peer: string, reason: string): void {
    this.#core.line("refused", `a turret was refused: ${reason}`);
    this.#send(peer, { type: "refused", reason });
  }
}
