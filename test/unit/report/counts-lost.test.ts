import { expect, test } from "bun:test";
import { countsModel } from "../../../src/report/counts.ts";
import type { StoredCounts } from "../../../src/store/results.ts";
import { sampleResults } from "../../support/report-results.ts";

const COUNTS: StoredCounts = {
  turretIndex: 0,
  sentTransactions: 128,
  sentBatches: 6,
  receivedTransactions: 128,
  receivedBatches: 6,
  journaledTransactions: 128,
  journaledBatches: 6,
  repeatedBatches: 0,
  lostTransactions: 108,
  unfinishedTransactions: 4,
  droppedTransactions: 0,
  plannedTransactions: 240,
  startedTransactions: 240,
  countedTransactions: 128,
  countedBatches: 6,
};

function lineOf(counts: StoredCounts): string | undefined {
  const facts = { transactions: 128, rowsKept: 128, rowsCounted: 128 };
  const results = sampleResults({
    seconds: 1,
    timers: [],
    facts,
    more: { counts: () => [counts] },
  });
  return countsModel(results, () => "first").lines[2];
}

test("countsModel counts what was lost with a thread among the finished", () => {
  expect(lineOf(COUNTS)).toBe("started 240 = finished 236 (108 of them lost) + unfinished 4");
  expect(lineOf({ ...COUNTS, lostTransactions: 107 })).toBe(
    "started 240 is not finished 235 (107 of them lost) + unfinished 4",
  );
});
