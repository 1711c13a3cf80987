// What was done and said while the run went, as marks on its charts: notes, and what was changed.

import { clip } from "../base/errors.ts";
import type { EventRecord } from "../store/records.ts";
import type { MarkModel } from "./detail-types.ts";

const MARKS_MAX = 100;
const TEXT_MAX = 200;
const KINDS: Readonly<Record<string, MarkModel["kind"]>> = { note: "note", control: "control" };

/** Only the HQ's own events: a turret may say what it likes. */
export function markModels(events: readonly EventRecord[]): MarkModel[] {
  return events
    .filter(({ turretIndex, level }) => turretIndex < 0 && Object.hasOwn(KINDS, level))
    .slice(0, MARKS_MAX)
    .map(({ atUs, level, text }) => ({
      atS: atUs / 1e6,
      kind: KINDS[level] as MarkModel["kind"],
      text: clip(text, TEXT_MAX),
    }));
}
