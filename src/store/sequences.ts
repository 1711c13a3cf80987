// Which batches of a turret were counted, as ranges of their sequence numbers: a handful of numbers
// however long the run, because sequences come without gaps but for a few repeats.

export class SequenceSet {
  /** Sorted, not touching: first, last, first, last, ... */
  #ranges: number[] = [];

  /** True when `sequence` was not there; it is afterwards. */
  add(sequence: number): boolean {
    const at = this.#firstAtOrAfter(sequence);
    const first = this.#ranges[at] ?? Number.POSITIVE_INFINITY;
    if (first <= sequence) return false;
    const joinsNext = first === sequence + 1;
    const joinsPrevious = at > 0 && this.#ranges[at - 1] === sequence - 1;
    if (joinsNext && joinsPrevious) this.#ranges.splice(at - 1, 2);
    else if (joinsNext) this.#ranges[at] = sequence;
    else if (joinsPrevious) this.#ranges[at - 1] = sequence;
    else this.#ranges.splice(at, 0, sequence, sequence);
    return true;
  }

  /** Adds a whole range, as a merged record gives it. */
  addRange(first: number, last: number): void {
    const kept: number[] = [];
    let low = first;
    let high = last;
    for (const [from, to] of this.ranges()) {
      if (to < low - 1 || from > high + 1) {
        kept.push(from, to);
        continue;
      }
      low = Math.min(low, from);
      high = Math.max(high, to);
    }
    const at = kept.findIndex((value, i) => i % 2 === 0 && value > high);
    kept.splice(at === -1 ? kept.length : at, 0, low, high);
    this.#ranges = kept;
  }

  *ranges(): Generator<readonly [first: number, last: number]> {
    for (let i = 0; i < this.#ranges.length; i += 2) {
      yield [this.#ranges[i] as number, this.#ranges[i + 1] as number];
    }
  }

  // Index of the first range whose last is at least `sequence`; mostly the end, so it starts there.
  #firstAtOrAfter(sequence: number): number {
    let low = 0;
    let high = this.#ranges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[2 * middle + 1] as number) < sequence) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}
