// The count identities of a run of protocol 1, held between the HQ and the files it left.

import { expect } from "bun:test";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../../../src/store/records.ts";
import type { HqWorld, JournalContent } from "./hq-world.ts";

/** Transactions of all batches, by what the batches say and by what their histograms hold. */
export function counted(journal: JournalContent): {
  batches: number;
  histograms: number;
  rows: number;
} {
  const sum = { batches: 0, histograms: 0, rows: 0 };
  for (const { content } of journal.batches) {
    sum.batches += content.transactions;
    sum.rows += content.rows.count;
    for (const cell of content.cells) {
      if (cell.kind === CELL_KIND.timer && cell.name === "") sum.histograms += cell.count;
    }
  }
  return sum;
}

/** Received, journaled, counted live and in the files are one number; gives it. */
export function agreed(world: HqWorld): number {
  const journal = world.journal();
  const counts = world.hq.outcome.counts.turrets.find(
    (turret) => turret.turretIndex === PROTOCOL1_TURRET_INDEX,
  );
  const received = counts?.receivedTransactions ?? 0;
  expect(counts?.journaledTransactions ?? 0).toBe(received);
  expect(counted(journal)).toMatchObject({ batches: received, histograms: received });
  expect(world.hq.snapshot().transactions).toBe(received);
  const sequences = journal.batches.map((batch) => batch.sequence);
  expect(sequences).toEqual(sequences.map((_, i) => i + 1));
  return received;
}
