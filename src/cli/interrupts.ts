// Ctrl-C from the moment a command begins to prepare a run: one that comes before the wheel turns waits for
// it, and does not end the process halfway with its folders and ports.

import { EXIT } from "../base/errors.ts";
import type { Env } from "./env.ts";

export class Interrupts {
  readonly #stopListening: () => void;
  #early = 0;
  #take: (() => void) | undefined;

  constructor(env: Env) {
    this.#stopListening = env.onInterrupt(() => {
      if (this.#take !== undefined) return this.#take();
      this.#early++;
      if (this.#early > 1) env.exit(EXIT.interrupted);
    });
  }

  /** From here on `take` hears of them, at once of one that came before. */
  handOver(take: () => void): void {
    this.#take = take;
    if (this.#early > 0) take();
  }

  /** Ctrl-C ends the process again. */
  close(): void {
    this.#stopListening();
  }
}
