// How far the HQ's clock is ahead of ours, by exchanges of ping and pong: the shortest round trip
// bounds the error by half of itself (Cristian's method). Old samples age out, because clocks drift.

const KEPT_SAMPLES = 16;

interface Sample {
  readonly roundTripUs: number;
  readonly offsetUs: number;
}

export class ClockOffset {
  #samples: Sample[] = [];

  /** One exchange: our time when the ping left, the HQ's when it answered, ours when that arrived. */
  add(exchange: { sentUs: number; hqUs: number; receivedUs: number }): void {
    const roundTripUs = exchange.receivedUs - exchange.sentUs;
    if (roundTripUs < 0) return;
    const offsetUs = exchange.hqUs - (exchange.sentUs + roundTripUs / 2);
    this.#samples.push({ roundTripUs, offsetUs });
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** Forgets everything: another HQ has another clock. */
  clear(): void {
    this.#samples = [];
  }

  get count(): number {
    return this.#samples.length;
  }

  /** HQ clock minus ours in us, by the best sample; 0 before the first. */
  get offsetUs(): number {
    return this.#best()?.offsetUs ?? 0;
  }

  /** The offset is off by at most this much; Infinity before the first sample. */
  get errorUs(): number {
    const best = this.#best();
    return best === undefined ? Number.POSITIVE_INFINITY : best.roundTripUs / 2;
  }

  #best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) {
      if (best === undefined || sample.roundTripUs < best.roundTripUs) best = sample;
    }
    return best;
  }
}
