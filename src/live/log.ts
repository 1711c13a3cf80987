// What happened in a run, newest last: events of the HQ and of its turrets. Some of them are marks on
// every chart: what somebody asked of the run, notes, and turrets that were lost or came back.

import { clip } from "../base/errors.ts";
import { US_PER_S } from "../base/units.ts";
import type { EventRecord } from "../store/records.ts";
import { LIVE_LIMIT, type LiveEvent } from "./types.ts";

/** Levels of what somebody did, beside info, warn and error. */
const MARK_LEVELS: ReadonlySet<string> = new Set(["note", "control"]);

interface Kept {
  readonly number: number;
  readonly event: EventRecord;
}

export class LiveLog {
  readonly #nameOf: (turretIndex: number) => string;
  #events: Kept[] = [];
  #marks: Kept[] = [];
  #count = 0;

  constructor(nameOf: (turretIndex: number) => string) {
    this.#nameOf = nameOf;
  }

  /** Events so far, those that are not kept any more as well. */
  get count(): number {
    return this.#count;
  }

  add(event: EventRecord): void {
    const kept = { number: this.#count++, event };
    this.#events.push(kept);
    if (this.#events.length > 2 * LIVE_LIMIT.events) {
      this.#events = this.#events.slice(-LIVE_LIMIT.events);
    }
    if (isMark(event) && this.#marks.length < LIVE_LIMIT.marks) this.#marks.push(kept);
  }

  /** Events of this number and later, as far as they are kept. */
  events(from = 0): LiveEvent[] {
    return this.#shown(
      this.#events.slice(-LIVE_LIMIT.events).filter(({ number }) => number >= from),
    );
  }

  marks(): LiveEvent[] {
    return this.#shown(this.#marks);
  }

  #shown(kept: readonly Kept[]): LiveEvent[] {
    return kept.map(({ number, event }) => ({
      number,
      atS: event.atUs / US_PER_S,
      level: event.level,
      who: event.turretIndex < 0 ? "HQ" : this.#nameOf(event.turretIndex),
      text: clip(event.text, LIVE_LIMIT.text),
    }));
  }
}

// What a turret itself says is no mark: its level and its text are its own.
export function isMark({ level, turretIndex, text }: EventRecord): boolean {
  if (turretIndex < 0) return MARK_LEVELS.has(level);
  return (level === "error" && text.startsWith("lost: ")) || (level === "info" && text === "back");
}
