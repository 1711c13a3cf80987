// What may be asked of a run while it goes: from the live page, from oct ctl, from keys in the terminal.
// Every action is journaled as an event of its time.

import { clip } from "../base/errors.ts";
import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { HqCore } from "./core.ts";
import type { ControlAction, ControlReply } from "./types.ts";

/** Characters of one note. */
const NOTE_MAX = 500;

/** An action from outside; a text says what is wrong with it. */
export function readControlAction(value: JsonValue): ControlAction | string {
  if (!isJsonObject(value)) return "an action is an object";
  const { kind, text } = value;
  if (kind === "stop") return { kind };
  if (kind === "note") {
    if (typeof text !== "string" || text.trim() === "") return "a note has a text";
    return { kind, text: clip(text.trim(), NOTE_MAX) };
  }
  return `there is no action ${clip(JSON.stringify(kind ?? null), 40)}`;
}

type ControlledRun = HqCore & { requestStop(reason: string): void };

export class ControlDesk {
  readonly #run: ControlledRun;

  constructor(run: ControlledRun) {
    this.#run = run;
  }

  take(action: ControlAction, by: string): ControlReply {
    const run = this.#run;
    const atUs = run.atUs();
    const { phase } = run;
    switch (action.kind) {
      case "stop":
        if (phase === "draining" || phase === "over") {
          return { isDone: false, text: "the run is ending already", atUs };
        }
        run.event("info", -1, `stop asked for by ${by}`);
        run.requestStop(`stopped by ${by}`);
        return { isDone: true, text: "the run stops; what is in flight may end", atUs };
      case "note":
        run.event("note", -1, action.text);
        return { isDone: true, text: "noted", atUs };
    }
  }
}
