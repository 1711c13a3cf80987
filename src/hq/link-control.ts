// Tells the turrets of the link what is asked of the run while it goes: the whole list each time, said
// again until it is acknowledged. A turret that comes late, or back, hears it all at once.

import { formatDuration } from "../base/units.ts";
import type { HqMessage, TurretMessage } from "../protocol/messages.ts";
import type { HqCore } from "./core.ts";
import { type KnownTurret, nameOf } from "./registry.ts";

/** Said again so soon at first, so that one lost message is made up for before the instant. */
const AGAIN_US = 150_000;
const AGAIN_LATER_US = 1_000_000;
/** Who has not acknowledged after so long does not follow: it may be of an oct that cannot. */
const DEAF_US = 5_000_000;

export class LinkControl {
  readonly #core: HqCore;
  readonly #send: (peer: string, message: HqMessage) => boolean;

  constructor(core: HqCore, send: (peer: string, message: HqMessage) => boolean) {
    this.#core = core;
    this.#send = send;
  }

  get #revision(): number {
    return this.#core.schedule.segments.length;
  }

  /** Tells who fires and has not said that it heard. */
  turn(turrets: readonly KnownTurret[], nowUs: number): void {
    const revision = this.#revision;
    if (revision === 0 || this.#core.phase !== "firing") return;
    for (const turret of turrets) {
      const hasEnded = turret.hasLeft || turret.totals !== undefined || turret.gaveUp !== "";
      if (!turret.hasStarted || hasEnded || turret.heardRevision >= revision) continue;
      const isNews = turret.toldRevision !== revision;
      const askedUs = isNews ? 0 : nowUs - turret.controlSinceUs;
      const againUs = askedUs < DEAF_US ? AGAIN_US : AGAIN_LATER_US;
      if (isNews || nowUs - turret.controlSentUs >= againUs) this.tell(turret, nowUs);
      if (askedUs >= DEAF_US && !turret.isLost) this.#complain(turret);
    }
  }

  /** Sends the list as it is; nothing where nothing was ever asked. */
  tell(turret: KnownTurret, nowUs: number): void {
    const { schedule, options } = this.#core;
    const revision = this.#revision;
    if (revision === 0) return;
    // One that has not answered before has had its time.
    if (turret.toldRevision === turret.heardRevision) turret.controlSinceUs = nowUs;
    turret.toldRevision = revision;
    turret.controlSentUs = nowUs;
    const { runId } = options.facts;
    this.#send(turret.peer, { type: "control", runId, revision, segments: schedule.segments });
  }

  #complain(turret: KnownTurret): void {
    if (turret.isDeaf) return;
    turret.isDeaf = true;
    const text = `does not follow: it has not said for ${formatDuration(DEAF_US)} that it heard`;
    this.#core.event("warn", turret.index, text);
    this.#core.line("control", `turret ${nameOf(turret)} ${text}`);
  }

  /** The turret has heard. */
  take(
    turret: KnownTurret,
    { revision, error }: Extract<TurretMessage, { type: "controlled" }>,
  ): void {
    if (revision <= turret.heardRevision || revision > this.#revision) return;
    turret.heardRevision = revision;
    turret.isDeaf = false;
    if (error === "") return;
    this.#core.event("warn", turret.index, `does not follow: ${error}`);
    this.#core.line("control", `turret ${nameOf(turret)} does not follow: ${error}`);
  }
}
