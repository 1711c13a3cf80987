// Lines on the way: a status line that is redrawn on a terminal and stays a plain line elsewhere, and
// progress for anything longer than a second.

import type { Clock } from "../base/clock.ts";
import type { Output } from "./env.ts";

const SHOW_AFTER_US = 1_000_000;
const REDRAW_US = 200_000;
const CLEAR_LINE = "\r\u001b[2K";

export class Screen {
  readonly #output: Output;
  readonly #clock: Clock;
  #hasStatus = false;

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** A line that stays. */
  line(text: string): void {
    this.#clearStatus();
    this.#output.write(`${text}\n`);
  }

  /** The one line that is drawn over; on a pipe nothing, use `line` at an interval instead. */
  status(text: string): void {
    if (!this.#output.isTerminal) return;
    const width = Math.max(10, this.#output.columns() - 1);
    this.#output.write(CLEAR_LINE + (text.length > width ? text.slice(0, width) : text));
    this.#hasStatus = true;
  }

  clearStatus(): void {
    this.#clearStatus();
  }

  /** Progress of one long step: silent within its first second, then redrawn a few times a second. */
  progress(what: string): (done: number, total: number) => void {
    const startUs = this.#clock.nowUs();
    let shownUs = startUs;
    let shownPercent = -1;
    return (done, total) => {
      const nowUs = this.#clock.nowUs();
      if (nowUs - startUs < SHOW_AFTER_US || nowUs - shownUs < REDRAW_US) return;
      shownUs = nowUs;
      const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
      const text = total > 0 ? `${what} ${percent} %` : `${what} ${done}`;
      if (this.#output.isTerminal) return this.status(text);
      if (percent < shownPercent + 25) return;
      shownPercent = percent;
      this.line(text);
    };
  }

  #clearStatus(): void {
    if (this.#hasStatus) this.#output.write(CLEAR_LINE);
    this.#hasStatus = false;
  }
}
