// What an HQ says while it waits for turrets: at once when their number changes, else every ten seconds.

import { describe } from "./describe.ts";
import type { KnownTurret } from "./registry.ts";

const AGAIN_US = 10_000_000;

export class WaitingLines {
  readonly #say: (text: string) => void;
  readonly #loading: () => readonly KnownTurret[];
  #saidUs = Number.NEGATIVE_INFINITY;
  #saidMissing = -1;

  /** `loading`: the turrets that still load their scripts. */
  constructor(say: (text: string) => void, loading: () => readonly KnownTurret[]) {
    this.#say = say;
    this.#loading = loading;
  }

  missing(count: number, nowUs: number): void {
    const isNews = count !== this.#saidMissing;
    if (!isNews && nowUs - this.#saidUs < AGAIN_US) return;
    this.#saidMissing = count;
    this.#saidUs = nowUs;
    this.#say(`waiting for ${count} turrets to connect`);
    if (!isNews) this.#sayLoading();
  }

  /** All are here, and some still load. */
  still(nowUs: number): void {
    if (nowUs - this.#saidUs < AGAIN_US) return;
    this.#saidUs = nowUs;
    this.#sayLoading();
  }

  #sayLoading(): void {
    const loading = this.#loading();
    if (loading.length > 0) this.#say(`still loading: ${describe(loading)}`);
  }
}
