// The HQ's side of the oct link: barriers, batches, heartbeats and goodbyes. How turrets come in is
// link-joining.ts, the order of the run itself run.ts.

import { MalformedBytes } from "../base/bytes.ts";
import { EXIT } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { formatDuration } from "../base/units.ts";
import {
  decodeTurretMessage,
  encodeHqMessage,
  ForeignVersion,
  isHelloFrame,
} from "../protocol/codec.ts";
import type { HqLink } from "../protocol/link.ts";
import type { HqMessage, TurretMessage, TurretPlace } from "../protocol/messages.ts";
import type { HqCore } from "./core.ts";
import { LinkControl } from "./link-control.ts";
import { LinkJoining } from "./link-joining.ts";
import { LinkOnce } from "./link-once.ts";
import { type KnownTurret, nameOf } from "./registry.ts";

const MESSAGES_PER_TURN = 5_000;
const BYTES_PER_TURN = 64 * 1024 * 1024;
/** Events of one turret that are kept; further ones are counted as malformed. */
const EVENTS_OF_A_TURRET = 500;
const STATS_KEPT = 32;

export const LINK_MALFORMED = {
  unreadable: "link message that cannot be read",
  foreign: "link message of another version",
  otherRun: "batch of another run",
  events: "event of a turret that says too much",
} as const;

/** A turret that came after the start has no part in what was divided then. */
const LATE_PLACE: TurretPlace = { index: 0, parts: 0, definitionIndex: 0, definitionParts: 0 };

type Bye = Extract<TurretMessage, { type: "bye" }>;

export class LinkDesk {
  readonly #core: HqCore;
  readonly #link: HqLink;
  readonly #joining: LinkJoining;
  readonly #once: LinkOnce;
  readonly #control: LinkControl;

  constructor(core: HqCore, link: HqLink) {
    this.#core = core;
    this.#link = link;
    const { runId } = core.options.facts;
    this.#once = new LinkOnce(runId, (peer, message) => this.#send(peer, message));
    this.#control = new LinkControl(core, (peer, message) => this.#send(peer, message));
    this.#joining = new LinkJoining(core, (peer, message) => this.#send(peer, message));
  }

  /** Takes what has arrived, at most a turn's worth; true when there may be more. */
  drain(nowUs: number): boolean {
    for (const turret of this.#turrets()) turret.chunksSent = 0;
    let bytes = 0;
    for (let i = 0; i < MESSAGES_PER_TURN && bytes < BYTES_PER_TURN; i++) {
      const arrived = this.#link.receive();
      if (arrived === undefined) return false;
      bytes += arrived.message.length;
      this.#take(arrived.peer, arrived.message, nowUs);
    }
    return true;
  }

  #take(peer: string, frame: Uint8Array, nowUs: number): void {
    let message: TurretMessage;
    try {
      message = decodeTurretMessage(frame);
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown;
      return this.#refuseFrame(peer, frame, thrown);
    }
    if (message.type === "hello") {
      const turret = this.#joining.hello(peer, message, nowUs);
      if (turret !== undefined) this.#heard(turret, nowUs);
      return;
    }
    // Who has not said hello on this connection gets no answer, falls silent and begins anew.
    const turret = this.#core.registry.byPeer(peer);
    if (turret === undefined) return;
    this.#heard(turret, nowUs);
    this.#obey(turret, message, nowUs);
  }

  #refuseFrame(peer: string, frame: Uint8Array, reason: MalformedBytes): void {
    const isForeign = reason instanceof ForeignVersion;
    const kind = isForeign ? LINK_MALFORMED.foreign : LINK_MALFORMED.unreadable;
    this.#core.malformed.add(kind, this.#core.atUs(), frame);
    if (isForeign) this.#joining.refuse(peer, `another version: ${reason.message}`);
    // A turret that says hello again and again would never learn why nobody answers.
    else if (isHelloFrame(frame)) {
      this.#joining.refuse(peer, `its hello cannot be read: ${reason.message}`);
    }
  }

  #obey(turret: KnownTurret, message: TurretMessage, nowUs: number): void {
    switch (message.type) {
      case "ping":
        this.#send(turret.peer, {
          type: "pong",
          sentTurretUs: message.sentTurretUs,
          hqUs: this.#core.clock.nowUs(),
        });
        return;
      case "pack-wanted":
        return this.#joining.sendChunk(turret, message);
      case "heartbeat":
        return this.#heartbeat(turret, message, nowUs);
      case "hello":
        return;
    }
    if (message.runId === this.#core.options.facts.runId) return this.#obeyInRun(turret, message);
    if (message.type === "batch") {
      this.#core.malformed.add(LINK_MALFORMED.otherRun, this.#core.atUs(), message.bytes);
    }
    if (message.type === "bye" && message.runId === "") this.#wentAway(turret, message.reason);
  }

  #obeyInRun(
    turret: KnownTurret,
    message: Exclude<TurretMessage, { type: "hello" | "ping" | "pack-wanted" | "heartbeat" }>,
  ): void {
    switch (message.type) {
      case "ready":
        return this.#ready(turret, message.error);
      case "started":
        return this.#started(turret, message.error);
      case "batch":
        turret.hasFired = true;
        return this.#core.collector.take(turret, message, this.#core.atUs());
      case "event":
        return this.#event(turret, message.level, message.text);
      case "once-wanted":
      case "once-done":
        return this.#once.take(turret, message);
      case "controlled":
        return this.#control.take(turret, message);
      case "bye":
        return this.#bye(turret, message);
    }
  }

  #heartbeat(
    turret: KnownTurret,
    message: Extract<TurretMessage, { type: "heartbeat" }>,
    nowUs: number,
  ): void {
    turret.stats = numbersOf(message.stats);
    turret.clockErrorUs = Number(turret.stats["clock_error_us"] ?? turret.clockErrorUs);
    const isOfRun = message.runId === this.#core.options.facts.runId;
    if (!isOfRun) return this.#joining.remind(turret, nowUs);
    if (message.state === "firing" || message.state === "draining") turret.hasFired = true;
    if (turret.totals === undefined) this.#say(turret, statusWord(message.state));
  }

  #ready(turret: KnownTurret, error: string): void {
    if (turret.hasFired) return;
    if (error !== "") return this.#loadFailed(turret, error);
    turret.isReady = true;
    this.#say(turret, "ready");
    // It says so again every second until the start has come.
    if (this.#core.phase === "firing") this.#sendStart(turret);
  }

  // The script is the same for all of a definition: waiting for more of them would be in vain.
  #loadFailed(turret: KnownTurret, error: string): void {
    if (turret.loadError === error) return;
    turret.loadError = error;
    turret.isReady = false;
    this.#say(turret, "Aborted");
    this.#core.line("status", `turret ${nameOf(turret)} could not load: ${error}`);
    this.#core.event("error", turret.index, `could not load: ${error}`);
    const { registry, options } = this.#core;
    const usable = registry
      .all()
      .filter((other) => other.loadError === "" && !other.isLost && !other.hasLeft);
    if (usable.length >= options.config.minTurrets) return;
    this.#core.fail(`the script cannot be loaded: ${error}`, EXIT.failed);
  }

  #started(turret: KnownTurret, error: string): void {
    if (error === "") {
      turret.hasFired = true;
      return this.#say(turret, "Running");
    }
    turret.hasStarted = false;
    turret.isReady = false;
    turret.loadError = error;
    this.#say(turret, "Aborted");
    this.#core.line("status", `turret ${nameOf(turret)} could not start: ${error}`);
    this.#core.event("error", turret.index, `could not start: ${error}`);
  }

  #event(turret: KnownTurret, level: string, text: string): void {
    if (++turret.events > EVENTS_OF_A_TURRET) {
      const bytes = new TextEncoder().encode(text);
      return this.#core.malformed.add(LINK_MALFORMED.events, this.#core.atUs(), bytes);
    }
    this.#core.event(level, turret.index, text);
    this.#core.line("event", `turret ${nameOf(turret)}: ${text}`);
  }

  #bye(turret: KnownTurret, bye: Bye): void {
    if (!turret.hasFired && bye.totals.started === 0 && bye.totals.batches === 0) {
      return this.#wentAway(turret, bye.reason);
    }
    const isNews = turret.totals === undefined;
    turret.hasFired = true;
    turret.totals = bye.totals;
    this.#say(turret, "ready");
    if (!isNews || bye.reason === "done") return;
    this.#core.event("info", turret.index, `left: ${bye.reason}`);
    this.#core.line("left", `turret ${nameOf(turret)} left: ${bye.reason}`);
  }

  #wentAway(turret: KnownTurret, reason: string): void {
    if (turret.hasLeft) return;
    turret.hasLeft = true;
    turret.isReady = false;
    this.#say(turret, "left");
    if (!this.#isBefore("draining")) return;
    this.#core.event("info", turret.index, `left: ${reason}`);
    this.#core.line("left", `turret ${nameOf(turret)} left: ${reason}`);
  }

  #isBefore(phase: "draining"): boolean {
    const now = this.#core.phase;
    return now !== phase && now !== "over";
  }

  /** Turrets that are still fetching or loading. */
  loading(): readonly KnownTurret[] {
    return this.#turrets().filter(
      (turret) =>
        turret.isAssigned &&
        !turret.isReady &&
        !turret.isLost &&
        !turret.hasLeft &&
        turret.loadError === "",
    );
  }

  /** Tells all ready turrets the common instant. */
  start(): void {
    const ready = this.#turrets().filter(
      (turret) => turret.isReady && !turret.isLost && !turret.hasLeft,
    );
    ready.forEach((turret, index) => {
      const alike = ready.filter((other) => other.definition === turret.definition);
      turret.place = {
        index,
        parts: ready.length,
        definitionIndex: alike.indexOf(turret),
        definitionParts: alike.length,
      };
      this.#sendStart(turret);
    });
  }

  #sendStart(turret: KnownTurret): void {
    const { startUs, startWallMs, options } = this.#core;
    if (startUs === undefined) return;
    turret.hasStarted = true;
    const runId = options.facts.runId;
    const place = turret.place ?? LATE_PLACE;
    this.#control.tell(turret, this.#core.clock.nowUs());
    this.#send(turret.peer, { type: "start", runId, startHqUs: startUs, startWallMs, place });
  }

  stop(graceUs: number, reason: string): void {
    const runId = this.#core.options.facts.runId;
    for (const turret of this.#turrets()) {
      if (!turret.hasLeft) this.#send(turret.peer, { type: "stop", runId, graceUs, reason });
    }
  }

  /** The run is over: turrets that were not released are told to stop and let go. */
  end(reason: string): void {
    this.stop(0, reason);
    for (const turret of this.#turrets()) this.#release(turret);
  }

  /** Tells of what is asked of the run. */
  control(nowUs: number): void {
    this.#control.turn(this.#turrets(), nowUs);
  }

  /** Acknowledges what the journal now holds, and releases who has handed over everything. */
  acknowledge(): void {
    for (const turret of this.#turrets()) {
      if (turret.sequence !== turret.acknowledged) this.#sendAck(turret);
      const { totals } = turret;
      if (totals !== undefined && turret.sequence >= totals.batches && !turret.isReleased) {
        this.#release(turret);
      }
    }
  }

  #sendAck(turret: KnownTurret): void {
    const { options, collector } = this.#core;
    const { sequence } = turret;
    const { runId } = options.facts;
    const { wantRows } = collector;
    const isSent = this.#send(turret.peer, { type: "ack", runId, sequence, wantRows });
    if (isSent) turret.acknowledged = sequence;
  }

  #release(turret: KnownTurret): void {
    turret.isReleased = true;
    this.#send(turret.peer, { type: "released", runId: this.#core.options.facts.runId });
  }

  /** Nothing more is to come: who fired has handed over everything, or never will. */
  isHandedOver(): boolean {
    return this.#turrets().every((turret) => !turret.hasStarted || isDone(turret));
  }

  everySecond(nowUs: number): void {
    const { options, phase } = this.#core;
    const { runId } = options.facts;
    const { graceUs, silenceUs } = options.config;
    for (const turret of this.#turrets()) {
      if (turret.hasLeft) continue;
      this.#send(turret.peer, { type: "heartbeat", runId });
      // Said again as long as it is not obeyed: the first may have been lost with a connection.
      if (phase === "draining" && !turret.isReleased && turret.totals === undefined) {
        this.#send(turret.peer, { type: "stop", runId, graceUs, reason: "stop" });
      }
      if (turret.isLost || turret.isReleased) continue;
      if (nowUs - turret.heardUs > silenceUs) this.#lose(turret, nowUs);
    }
  }

  #lose(turret: KnownTurret, nowUs: number): void {
    turret.isLost = true;
    turret.isReady = false;
    this.#once.lose(turret);
    this.#core.changed(turret);
    const text = `lost: silent for ${formatDuration(nowUs - turret.heardUs)}`;
    this.#core.event("error", turret.index, text);
    this.#core.line("lost", `turret ${nameOf(turret)} is ${text}`);
  }

  #heard(turret: KnownTurret, nowUs: number): void {
    turret.heardUs = nowUs;
    if (!turret.isLost) return;
    turret.isLost = false;
    this.#core.line("back", `turret ${nameOf(turret)} is back`);
    this.#core.event("info", turret.index, "back");
    this.#core.changed(turret);
  }

  #say(turret: KnownTurret, status: string): void {
    if (turret.status === status) return;
    turret.status = status;
    this.#core.changed(turret);
  }

  #turrets(): readonly KnownTurret[] {
    return this.#core.registry.of("link");
  }

  #send(peer: string, message: HqMessage): boolean {
    return this.#link.send(peer, encodeHqMessage(message));
  }
}

/** Nothing more comes of this turret. */
export function isDone(turret: KnownTurret): boolean {
  return turret.isLost || turret.isReleased || turret.hasLeft || turret.gaveUp !== "";
}

// What people are shown of a heartbeat: a few numbers, whatever came.
function numbersOf(stats: JsonObject): JsonObject {
  const isNumber = ([, value]: [string, JsonValue]) => typeof value === "number";
  return Object.fromEntries(Object.entries(stats).filter(isNumber).slice(0, STATS_KEPT));
}

/** The turret's state as a word people know from OCT. */
function statusWord(state: string): string {
  if (state === "firing" || state === "draining") return "Running";
  if (state === "failed") return "Aborted";
  return state === "leaving" || state === "idle" || state === "ready" ? "ready" : state;
}
