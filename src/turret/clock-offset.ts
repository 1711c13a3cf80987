// How far the HQ's clock is ahead of ours, by exchanges of ping and pong. The HQ read its clock somewhere
// between our sending and our receiving, so the middle is off by at most half the round trip, however
// unlike the two ways were (Cristian's method). Clocks also drift apart: a sample's bound grows with its
// age, the sample with the smallest bound is believed, and old ones fall out.

const KEPT_SAMPLES = 16;

/** Two clocks' rates differ by at most this part; quartz is within 50 millionths of the true second. */
export const CLOCK_DRIFT = 100e-6;

interface Sample {
  readonly receivedUs: number;
  readonly roundTripUs: number;
  readonly offsetUs: number;
}

export class ClockOffset {
  #samples: Sample[] = [];
  #bestKept: Sample | undefined;

  /** One exchange: our time when the ping left, the HQ's when it answered, ours when that arrived. */
  add(exchange: { sentUs: number; hqUs: number; receivedUs: number }): void {
    const { sentUs, hqUs, receivedUs } = exchange;
    const roundTripUs = receivedUs - sentUs;
    if (roundTripUs < 0) return;
    const offsetUs = hqUs - (sentUs + roundTripUs / 2);
    this.#samples.push({ receivedUs, roundTripUs, offsetUs });
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
    this.#bestKept = this.#best();
  }

  /** Forgets everything: another HQ has another clock. */
  clear(): void {
    this.#samples = [];
    this.#bestKept = undefined;
  }

  get count(): number {
    return this.#samples.length;
  }

  /** HQ clock minus ours in us, by the best sample; 0 before the first. */
  get offsetUs(): number {
    return this.#bestKept?.offsetUs ?? 0;
  }

  /** At the newest sample's time the offset was off by at most this; Infinity before the first. */
  get errorUs(): number {
    const best = this.#bestKept;
    return best === undefined ? Number.POSITIVE_INFINITY : this.#boundOf(best);
  }

  #boundOf(sample: Sample): number {
    const newestUs = this.#samples.at(-1)?.receivedUs ?? sample.receivedUs;
    return sample.roundTripUs / 2 + CLOCK_DRIFT * Math.max(0, newestUs - sample.receivedUs);
  }

  #best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) {
      if (best === undefined || this.#boundOf(sample) <= this.#boundOf(best)) best = sample;
    }
    return best;
  }
}
