// What is asked of a run while it goes: from the live page, from oct ctl, from keys in the terminal.
// What changes the schedule becomes a segment of it, effective at an instant that is far enough ahead
// for all turrets to hear of it before. Everything is journaled, with who asked.

import { formatCount, formatDuration } from "../base/units.ts";
import { whyNoValue, whyUnchangeable } from "../config/load-change.ts";
import { CONTROL_LIMIT, type ControlSegment, timelineOf } from "../pace/control.ts";
import { type Timeline, UNPAUSED } from "../pace/timeline.ts";
import { type ControlRecord, encodeJsonRecord, RECORD_KIND } from "../store/records.ts";
import { instantInWords, segmentInWords } from "./control-words.ts";
import type { HqCore, Schedule } from "./core.ts";
import type { KnownTurret } from "./registry.ts";
import type { ControlAction, ControlReply } from "./types.ts";

export { readControlAction } from "./control-words.ts";

/** How far ahead of now a segment takes effect; more than the usual way to a turret and its threads. */
const LEAD_US = 500_000;

/** What is asked, but for when. */
type Asked = Omit<ControlSegment, "atUs">;

type ControlledRun = HqCore & { requestStop(reason: string): void };

export class ControlDesk implements Schedule {
  readonly #run: ControlledRun;
  readonly #segments: ControlSegment[] = [];
  #timeline = UNPAUSED;

  constructor(run: ControlledRun) {
    this.#run = run;
  }

  get segments(): readonly ControlSegment[] {
    return this.#segments;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** When the plan has come to its end, since the start; infinite while a pause has no end. */
  get endUs(): number {
    return this.#timeline.reachedUs(this.#run.options.config.runTimeUs);
  }

  /** The same, for a pause that goes on as if it ended now. */
  get shownEndUs(): number {
    const { runTimeUs } = this.#run.options.config;
    if (Number.isFinite(this.endUs)) return this.endUs;
    return runTimeUs + this.#timeline.pausedUs(Math.max(0, this.#run.atUs()));
  }

  get isPaused(): boolean {
    return this.#timeline.pauseAt(this.#run.atUs()) !== undefined;
  }

  /** `atUs` where the instant is given: of a run that is repeated. */
  take(action: ControlAction, by: string, atUs?: number): ControlReply {
    const run = this.#run;
    const nowUs = run.atUs();
    switch (action.kind) {
      case "stop":
        if (run.phase === "draining" || run.phase === "over") {
          return refused("the run is ending already", nowUs);
        }
        this.#journal({ ...NOTHING, kind: "stop", atUs: nowUs, by, text: "stopped" });
        run.event("control", -1, `stop asked for by ${by}`);
        run.requestStop(`stopped by ${by}`);
        return { isDone: true, text: "the run stops; what is in flight may end", atUs: nowUs };
      case "note":
        this.#journal({ ...NOTHING, kind: "note", atUs: nowUs, by, text: action.text });
        run.event("note", -1, action.text);
        return { isDone: true, text: "noted", atUs: nowUs };
      case "pause":
      case "resume":
        return this.#ask({ ...NOTHING, kind: action.kind }, by, atUs);
      case "cannons":
      case "rate": {
        const isPercent = "percent" in action;
        const value = isPercent ? action.percent : action.value;
        const { kind, turret = "" } = action;
        return this.#ask({ kind, definition: turret, value, isPercent }, by, atUs);
      }
    }
  }

  /** Ends the run when it is paused for longer than a pause may last. */
  turn(): void {
    const run = this.#run;
    const pause = this.#timeline.pauseAt(run.atUs());
    if (run.phase !== "firing" || pause === undefined) return;
    if (run.atUs() - pause.atUs < CONTROL_LIMIT.pauseUs) return;
    run.requestStop(`paused for longer than ${formatDuration(CONTROL_LIMIT.pauseUs)}`);
  }

  #ask(asked: Asked, by: string, givenUs: number | undefined): ControlReply {
    const run = this.#run;
    const nowUs = run.atUs();
    const leadUs = run.options.controlLeadUs ?? LEAD_US;
    const lastUs = this.#segments.at(-1)?.atUs ?? 0;
    const atUs = Math.max(0, lastUs, givenUs ?? Math.ceil(nowUs + leadUs));
    const wrong = this.#whyNot(asked, atUs);
    if (wrong !== "") return refused(wrong, nowUs);
    const segment: ControlSegment = { atUs, ...asked };
    this.#segments.push(segment);
    this.#timeline = timelineOf(this.#segments);
    const { aggregate, options } = run;
    const { runTimeUs, graceUs } = options.config;
    const pausedUs = this.#timeline.pausedUs(atUs + CONTROL_LIMIT.pauseUs);
    aggregate.allowSeconds((runTimeUs + graceUs + pausedUs + CONTROL_LIMIT.pauseUs) / 1e6);
    const text = segmentInWords(segment, this.#isEach(asked));
    this.#journal({ ...segment, by, text });
    run.event("control", -1, `${text}, by ${by}`, atUs);
    const left = this.#whoDoesNotFollow(asked);
    if (left !== "") run.event("warn", -1, `${text}: ${left}`);
    const when = `from ${instantInWords(atUs)} on`;
    run.line("control", `${text}, ${when} (${by})${left === "" ? "" : `; ${left}`}`);
    return { isDone: true, text: `${text}, ${when}${left === "" ? "" : `; ${left}`}`, atUs };
  }

  #whyNot(asked: Asked, atUs: number): string {
    const { phase } = this.#run;
    if (phase === "gathering" || phase === "arming") return "the run has not begun";
    if (phase !== "firing") return "the run is ending already";
    if (this.#segments.length >= CONTROL_LIMIT.segments) {
      return `a run is changed ${formatCount(CONTROL_LIMIT.segments)} times at the most`;
    }
    if (this.endUs <= atUs) return "the run ends before that";
    const { registry } = this.#run;
    if (!registry.of("link").some(isFollowing)) {
      return registry.of("protocol 1").some((turret) => !turret.isLost)
        ? "turrets of OCT protocol 1 cannot be controlled, only stopped"
        : "no turret fires any more";
    }
    if (asked.kind === "pause" || asked.kind === "resume") return this.#whyNoPause(asked.kind);
    return this.#whyNoChange(asked, asked.kind);
  }

  #whyNoPause(kind: "pause" | "resume"): string {
    const isPaused = this.#timeline.pauses.at(-1)?.untilUs === Number.POSITIVE_INFINITY;
    if (kind === "pause") return isPaused ? "the run is paused already" : "";
    return isPaused ? "" : "the run is not paused";
  }

  #whyNoChange(asked: Asked, kind: "cannons" | "rate"): string {
    const wrong = whyNoValue(kind, asked);
    if (wrong !== "") return wrong;
    const { turrets } = this.#run.options.config;
    const named = this.#definitions(asked);
    if (named.length === 0) {
      const names = turrets.map(({ name }) => name).join(", ");
      return `there is no turret called ${asked.definition}; there is ${names}`;
    }
    const reasons = named.map(({ name, load }) => [name, whyUnchangeable(load, kind)] as const);
    const usable = reasons.filter(([, why]) => why === "").map(([name]) => name);
    if (usable.length === 0) {
      return (
        reasons.map(([name, why]) => `the ${kind} of ${name} cannot be changed: ${why}`)[0] ?? ""
      );
    }
    const isFired = this.#run.registry.of("link").some((turret) => {
      return usable.includes(turret.definition?.name ?? "") && isFollowing(turret);
    });
    return isFired ? "" : `no turret of ${usable.join(", ")} fires any more`;
  }

  #definitions({ definition }: Asked) {
    const { turrets } = this.#run.options.config;
    return turrets.filter(({ name }) => definition === "" || name === definition);
  }

  // True where the number is for each of several turrets.
  #isEach(asked: Asked): boolean {
    const link = this.#run.registry.of("link").filter((turret) => turret.hasStarted);
    return this.#definitions(asked).some(({ name, load }) => {
      const served = link.filter((turret) => turret.definition?.name === name).length;
      return !load.isSplit && served > 1;
    });
  }

  #whoDoesNotFollow(asked: Asked): string {
    const { registry } = this.#run;
    const meant = new Set(this.#definitions(asked).map(({ name }) => name));
    const link = registry
      .of("link")
      .filter((turret) => turret.hasStarted && meant.has(turret.definition?.name ?? ""));
    const ended = link.filter((turret) => !isFollowing(turret)).length;
    const old = registry.of("protocol 1").filter((turret) => !turret.isLost).length;
    const parts = [
      old === 0 ? "" : `turrets of OCT protocol 1 fire on as they do: ${old}`,
      ended === 0 ? "" : `turrets that have ended or are lost: ${ended} of ${link.length}`,
    ];
    return parts.filter((part) => part !== "").join("; ");
  }

  #journal(record: ControlRecord): void {
    this.#run.options.journal.append(RECORD_KIND.control, encodeJsonRecord(record));
  }
}

const NOTHING = { definition: "", value: 0, isPercent: false } as const;

function refused(text: string, atUs: number): ControlReply {
  return { isDone: false, text, atUs };
}

/** It fires, and hears what is asked. */
function isFollowing(turret: KnownTurret): boolean {
  const hasEnded = turret.hasLeft || turret.totals !== undefined || turret.gaveUp !== "";
  return turret.hasStarted && !turret.isLost && !hasEnded;
}
