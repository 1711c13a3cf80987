// Lines on the way: lines that stay, and below them a block that is drawn over: the live view of a run,
// or one line of progress. Only a terminal has the block; elsewhere there are lines alone.
//
// How the block is drawn without flicker: the cursor rests on its first line, so that a frame begins where
// it is, whatever the terminal made of the old one when its size changed. A frame is one write, marked as
// one for terminals that know the mark: each line with what was behind it erased, then what was below, and
// back up to the first line. Nothing is ever cleared before something is drawn.

import type { Clock } from "../base/clock.ts";
import { UsageError } from "../base/errors.ts";
import { cellsOf, fitCells } from "../report/text-width.ts";
import type { CommandInput } from "./command.ts";
import type { Env, Output } from "./env.ts";

const SHOW_AFTER_US = 1_000_000;
const REDRAW_US = 200_000;
/** Progress on a pipe: a line for so much more done, or after so long. */
const LINE_PERCENT = 25;
const LINE_US = 10_000_000;

/** Lines that are remembered, so as not to be said twice. */
const RECENT_LINES = 50;

const FRAME_BEGIN = "\u001b[?2026h";
const FRAME_END = "\u001b[?2026l";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ERASE_LINE = "\u001b[K";
const ERASE_BELOW = "\u001b[J";

export interface ScreenOptions {
  /** Only what `always` is given. */
  readonly isQuiet?: boolean;
}

/** The screen of a command that takes --quiet and --verbose. */
export function screenOf(input: CommandInput, env: Env): Screen {
  const isQuiet = input.isOn("quiet");
  if (isQuiet && input.isOn("verbose"))
    throw new UsageError("--quiet and --verbose exclude each other");
  return new Screen(env.stdout, env.clock, { isQuiet });
}

export class Screen {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #isQuiet: boolean;
  #block: readonly string[] = [];
  #recent: string[] = [];
  #isCursorHidden = false;
  #isStale = false;

  constructor(output: Output, clock: Clock, options: ScreenOptions = {}) {
    this.#output = output;
    this.#clock = clock;
    this.#isQuiet = options.isQuiet === true;
  }

  /** Whether there can be a block. */
  get isTerminal(): boolean {
    return this.#output.isTerminal && !this.#isQuiet;
  }

  columns(): number {
    return this.#output.columns();
  }

  rows(): number {
    return this.#output.rows();
  }

  /** A line that stays. */
  line(text: string): void {
    if (!this.#isQuiet) this.always(text);
  }

  /** True where one of the last lines ended with `text`: it need not be said again. */
  hasSaid(text: string): boolean {
    return this.#recent.some((line) => line.endsWith(text));
  }

  /** A line that stays, and is not left out by --quiet: results, and what went wrong. */
  always(text: string): void {
    this.#recent = [...this.#recent.slice(1 - RECENT_LINES), text];
    if (this.#block.length === 0) return this.#output.write(`${text}\n`);
    // A line that is wrapped does not say where its rows end: then the block is erased first.
    const lines = text.split("\n");
    const isNarrow = lines.every((line) => cellsOf(line) < this.#output.columns());
    const drawn = isNarrow
      ? lines.map((line) => `${line}${ERASE_LINE}\r\n`).join("")
      : `${ERASE_BELOW}${lines.join("\r\n")}\r\n`;
    this.#frame(drawn, this.#block);
  }

  /** One line that is drawn over; on a pipe nothing, use `line` at an interval instead. */
  status(text: string): void {
    if (this.isTerminal) this.#draw([fitCells(text, Math.max(10, this.#output.columns() - 1))]);
  }

  /** Lines that are drawn over, none wider than the terminal; the cursor is hidden meanwhile. */
  block(lines: readonly string[]): void {
    if (!this.isTerminal || lines.length === 0) return;
    if (!this.#isCursorHidden) this.#output.write(HIDE_CURSOR);
    this.#isCursorHidden = true;
    this.#draw(lines);
  }

  /** The terminal has another size: what it made of the block is drawn over, even by the same lines. */
  resized(): void {
    this.#isStale = true;
  }

  clearStatus(): void {
    if (this.#block.length > 0) this.#output.write(`\r${ERASE_BELOW}`);
    this.#block = [];
    if (this.#isCursorHidden) this.#output.write(SHOW_CURSOR);
    this.#isCursorHidden = false;
  }

  /** Progress of one long step: silent within its first second, then a few times a second. */
  progress(what: string): (done: number, total: number) => void {
    const startUs = this.#clock.nowUs();
    let shownUs = startUs;
    let shownPercent = 0;
    return (done, total) => {
      const nowUs = this.#clock.nowUs();
      if (nowUs - startUs < SHOW_AFTER_US || nowUs - shownUs < REDRAW_US) return;
      const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
      const text = total > 0 ? `${what} ${percent} %` : `${what} ${done}`;
      const isDue =
        this.isTerminal || percent >= shownPercent + LINE_PERCENT || nowUs - shownUs >= LINE_US;
      if (!isDue) return;
      shownUs = nowUs;
      shownPercent = percent - (percent % LINE_PERCENT);
      if (this.isTerminal) this.status(text);
      else this.line(text);
    };
  }

  #draw(lines: readonly string[]): void {
    if (!this.isTerminal || (!this.#isStale && isSame(lines, this.#block))) return;
    this.#frame("", lines);
  }

  #frame(before: string, lines: readonly string[]): void {
    const rows = lines.map((line) => line + ERASE_LINE).join("\r\n");
    const back = lines.length > 1 ? `\r\u001b[${lines.length - 1}A` : "\r";
    this.#block = lines;
    this.#isStale = false;
    this.#output.write(`${FRAME_BEGIN}\r${before}${rows}${ERASE_BELOW}${back}${FRAME_END}`);
  }
}

function isSame(lines: readonly string[], others: readonly string[]): boolean {
  return lines.length === others.length && lines.every((line, i) => line === others[i]);
}
