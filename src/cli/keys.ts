// Keys in the terminal that drive a run: what was typed into keys, and what they ask for. A note is typed
// on the last line of the block; everything else is one key.

import { clip } from "../base/errors.ts";
import type { ControlAction, ControlReply } from "../hq/types.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { BlockFoot } from "./live-block.ts";

export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "enter" | "escape" | "backspace" | "clear" | "interrupt" | "suspend" };

const CONTROLS: Readonly<Record<string, Exclude<Key["kind"], "text">>> = {
  "\r": "enter",
  "\n": "enter",
  "\u0003": "interrupt",
  "\b": "backspace",
  "\u007f": "backspace",
  "\u0015": "clear",
  "\u001a": "suspend",
  "\u001b": "escape",
};

// Arrows, function keys, the mouse and pasting come as sequences; they mean nothing here.
const SEQUENCE = /\u001b(?:\[[\d;?<=>]*[ -/]*[@-~]|O.|[^[O\u001b])/y;

/** What came from the terminal, key by key. */
export function readKeys(typed: string): Key[] {
  const keys: Key[] = [];
  for (let i = 0; i < typed.length; ) {
    SEQUENCE.lastIndex = i;
    const sequence = SEQUENCE.exec(typed);
    if (sequence !== null) {
      i += sequence[0].length;
      continue;
    }
    const char = String.fromCodePoint(typed.codePointAt(i) as number);
    i += char.length;
    const kind = CONTROLS[char];
    if (kind !== undefined) keys.push({ kind });
    else if (!/\p{Cc}/u.test(char)) keys.push({ kind: "text", text: char });
  }
  return keys;
}

export interface KeyParts {
  /** What + and - change: cannons of closed loads, the rate of open ones. */
  readonly loads: readonly LoadKind[];
  /** Microseconds; monotonic. */
  nowUs(): number;
  isPaused(): boolean;
  /** All that was asked of the run so far, from wherever. */
  segments(): readonly ControlSegment[];
  control(action: ControlAction): ControlReply;
  interrupt(): void;
  suspend(): void;
}

export type LoadKind = "cannons" | "rate";

/**
 * Points of 100 that one press of + or - adds to the plan or takes from it; of a number that somebody has
 * set instead of the plan, percent.
 */
const STEP_PERCENT = 10;
/** The most that a note may hold. */
const NOTE_MAX = 300;
const MESSAGE_US = 5_000_000;

/** In the order in which a narrow terminal keeps them. */
const KEYS = ["p pause", "s stop", "h help", "n note", "+ - load"] as const;
const KEYS_PAUSED = ["p resume", ...KEYS.slice(1)];
const HELP = [
  "p or space  pause, and go on",
  "+ or -      10 % of the plan more or less: cannons, or arrivals a second",
  "n           a note: into the log, and a mark on every chart",
  "s or q      stop: what is in flight ends, then the report",
  "Ctrl-C      the same; twice ends at once",
  "h or ?      this help, or no help",
] as const;

export class KeyDesk {
  readonly #parts: KeyParts;
  /** What is typed of a note; undefined while none is. */
  #note: string | undefined;
  #isHelpShown = false;
  #message = "";
  #messageUs = 0;

  constructor(parts: KeyParts) {
    this.#parts = parts;
  }

  /** The last lines of the block. */
  get foot(): BlockFoot {
    if (this.#note !== undefined) {
      const hint = this.#note === "" ? "  (Enter keeps it, Esc does not)" : "";
      return { kind: "prompt", text: `note: ${this.#note}▏${hint}` };
    }
    if (this.#isHelpShown) return { kind: "help", lines: HELP };
    const parts = this.#parts;
    if (this.#message !== "" && parts.nowUs() - this.#messageUs < MESSAGE_US) {
      return { kind: "message", text: this.#message };
    }
    return { kind: "keys", keys: parts.isPaused() ? KEYS_PAUSED : KEYS };
  }

  /** Takes what came from the terminal. */
  take(typed: string): void {
    for (const key of readKeys(typed)) this.#press(key);
  }

  #press(key: Key): void {
    if (key.kind === "interrupt") return this.#parts.interrupt();
    if (key.kind === "suspend") return this.#parts.suspend();
    if (this.#note !== undefined) return this.#type(key, this.#note);
    if (key.kind === "escape") {
      this.#isHelpShown = false;
      this.#message = "";
    }
    if (key.kind === "text") this.#ask(key.text);
  }

  #type(key: Key, note: string): void {
    switch (key.kind) {
      case "text":
        if (note.length < NOTE_MAX) this.#note = note + key.text;
        return;
      case "backspace":
        this.#note = [...note].slice(0, -1).join("");
        return;
      case "clear":
        this.#note = "";
        return;
      case "enter": {
        this.#note = undefined;
        const text = note.trim();
        if (text !== "") this.#control({ kind: "note", text });
        return;
      }
      default:
        this.#note = undefined;
    }
  }

  #ask(char: string): void {
    switch (char) {
      case "h":
      case "?":
        this.#isHelpShown = !this.#isHelpShown;
        return;
      case "n":
        this.#note = "";
        return;
      case "p":
      case " ":
        return this.#pause();
      case "+":
      case "=":
        return this.#load(STEP_PERCENT);
      case "-":
      case "_":
        return this.#load(-STEP_PERCENT);
      case "s":
      case "q":
        return this.#control({ kind: "stop" });
      default:
        this.#say("that key does nothing; h shows those that do");
    }
  }

  // A pause takes effect a moment after it is asked for: who presses twice in between means both.
  #pause(): void {
    const [first, second] = this.#parts.isPaused()
      ? (["resume", "pause"] as const)
      : (["pause", "resume"] as const);
    const reply = this.#parts.control({ kind: first });
    if (reply.isDone) return this.#say(reply.text);
    const other = this.#parts.control({ kind: second });
    this.#say(other.isDone ? other.text : reply.text);
  }

  #load(points: number): void {
    const parts = this.#parts;
    const replies = parts.loads.map((kind) => {
      const last = parts.segments().findLast((segment) => segment.kind === kind);
      return last === undefined || last.isPercent
        ? this.#ofPlan(kind, last, points)
        : parts.control(ofNumber({ ...last, kind }, points));
    });
    this.#say(replies.map((reply) => reply.text).join("; "));
  }

  #ofPlan(kind: LoadKind, last: ControlSegment | undefined, points: number): { text: string } {
    const percent = (last?.value ?? 100) + points;
    if (percent < STEP_PERCENT)
      return { text: `less than ${STEP_PERCENT} % of the plan is a pause` };
    return this.#parts.control({ kind, percent, ...turretOf(last) });
  }

  #control(action: ControlAction): void {
    this.#say(this.#parts.control(action).text);
  }

  #say(text: string): void {
    this.#message = clip(text, 500);
    this.#messageUs = this.#parts.nowUs();
    this.#isHelpShown = false;
  }
}

type NumberSegment = ControlSegment & { readonly kind: LoadKind };

// A number that is set holds on; what changes is it, and by 1 at least where it counts cannons.
function ofNumber(last: NumberSegment, points: number): ControlAction {
  const { kind, value } = last;
  const change = (value * points) / 100;
  const next =
    kind === "cannons"
      ? Math.max(1, Math.round(value + Math.sign(points) * Math.max(1, Math.abs(change))))
      : Number((value + change).toPrecision(4));
  return { kind, value: next, ...turretOf(last) };
}

function turretOf(last: ControlSegment | undefined): { turret?: string } {
  return last === undefined || last.definition === "" ? {} : { turret: last.definition };
}
