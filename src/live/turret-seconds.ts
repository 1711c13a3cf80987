// What each turret did in the last few seconds, from its own batches: transactions, its share of the
// processors, the longest time its loop stood still. A few numbers a turret, however many there are.

import type { Batch } from "../stats/batch.ts";
import { CELL_KIND, GAUGE } from "../stats/cell.ts";

const KEPT_S = 8;

interface Second {
  second: number;
  transactions: number;
  cpuPercent: number;
  hasCpu: boolean;
  lagUs: number;
  hasLag: boolean;
}

export class TurretSeconds {
  readonly #turrets = new Map<number, Second[]>();

  add(batch: Batch, turretIndex: number, newestS: number): void {
    for (const { kind, name, second, count, sum, max } of batch.cells) {
      const at = Math.max(0, Math.min(second, newestS));
      if (kind === CELL_KIND.timer && name === "") {
        const kept = this.#at(turretIndex, at);
        if (kept !== undefined) kept.transactions += count;
      } else if (kind === CELL_KIND.lag && name === "") {
        const kept = this.#at(turretIndex, at);
        if (kept === undefined) continue;
        kept.hasLag = true;
        kept.lagUs = Math.max(kept.lagUs, max);
      } else if (kind === CELL_KIND.gauge && name === GAUGE.cpuPercent) {
        const kept = this.#at(turretIndex, at);
        if (kept === undefined) continue;
        kept.hasCpu = true;
        kept.cpuPercent += sum;
      }
    }
  }

  /** Transactions of one second, which must be one of the last few. */
  transactionsIn(turretIndex: number, second: number): number {
    return this.#kept(turretIndex, second)?.transactions ?? 0;
  }

  /** Of all its threads together, 100 for one processor; null where it did not tell. */
  cpuPercentIn(turretIndex: number, second: number): number | null {
    const kept = this.#kept(turretIndex, second);
    return kept?.hasCpu === true ? kept.cpuPercent : null;
  }

  /** Longest loop lag of any of its threads. */
  lagUsIn(turretIndex: number, second: number): number | null {
    const kept = this.#kept(turretIndex, second);
    return kept?.hasLag === true ? kept.lagUs : null;
  }

  #kept(turretIndex: number, second: number): Second | undefined {
    const kept = this.#turrets.get(turretIndex)?.[second % KEPT_S];
    return kept?.second === second ? kept : undefined;
  }

  // Undefined for a second that came so late that its place is another's.
  #at(turretIndex: number, second: number): Second | undefined {
    let seconds = this.#turrets.get(turretIndex);
    if (seconds === undefined) {
      seconds = Array.from({ length: KEPT_S }, () => empty(-1));
      this.#turrets.set(turretIndex, seconds);
    }
    const place = second % KEPT_S;
    const kept = seconds[place] as Second;
    if (kept.second === second) return kept;
    if (kept.second > second) return undefined;
    const fresh = empty(second);
    seconds[place] = fresh;
    return fresh;
  }
}

function empty(second: number): Second {
  return { second, transactions: 0, cpuPercent: 0, hasCpu: false, lagUs: 0, hasLag: false };
}
