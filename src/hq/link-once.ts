// once() of scripts for the whole run: the HQ lets one turret do it and tells the others.

import type { HqMessage, TurretMessage } from "../protocol/messages.ts";
import { OnceDesk, onceOutcome, onceResult } from "../protocol/once.ts";
import type { KnownTurret } from "./registry.ts";

type OnceMessage = Extract<TurretMessage, { type: "once-wanted" | "once-done" }>;

export class LinkOnce {
  readonly #desk: OnceDesk<KnownTurret>;

  constructor(runId: string, send: (peer: string, message: HqMessage) => void) {
    this.#desk = new OnceDesk<KnownTurret>(
      (turret, name) => send(turret.peer, { type: "once-granted", runId, name }),
      (turret, name, outcome) =>
        send(turret.peer, { type: "once-told", runId, ...onceResult(name, outcome) }),
    );
  }

  take(turret: KnownTurret, message: OnceMessage): void {
    if (message.type === "once-wanted") return this.#desk.ask(turret, message.name);
    this.#desk.finish(turret, message.name, onceOutcome(message));
    // Who did it is told as well: it asks until it is.
    if (message.isOk) this.#desk.ask(turret, message.name);
  }

  lose(turret: KnownTurret): void {
    this.#desk.lose(turret);
  }
}
