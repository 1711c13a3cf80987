import { describe, expect, test } from "bun:test";
import { countsModel } from "../../../src/report/counts.ts";
import type { TurretModel } from "../../../src/report/types.ts";
import { judgeResults } from "../../../src/report/verdict.ts";
import { CELL_KIND, COUNTER } from "../../../src/stats/cell.ts";
import { type EventRecord, PROTOCOL1_TURRET_INDEX } from "../../../src/store/records.ts";
import type { Results, RunFacts, StoredCounts } from "../../../src/store/results.ts";
import { sampleResults } from "../../support/report-results.ts";

function countsOf(parts: Partial<StoredCounts> = {}): StoredCounts {
  return {
    turretIndex: 0,
    sentTransactions: 10,
    sentBatches: 2,
    receivedTransactions: 10,
    receivedBatches: 2,
    journaledTransactions: 10,
    journaledBatches: 2,
    repeatedBatches: 0,
    lostTransactions: 0,
    unfinishedTransactions: 0,
    droppedTransactions: 0,
    plannedTransactions: 10,
    startedTransactions: 10,
    countedTransactions: 10,
    countedBatches: 2,
    ...parts,
  };
}

/** A turret of the old wire never says what it sent. */
function silent(count: number): StoredCounts {
  const {
    sentTransactions: _sent,
    sentBatches: _batches,
    plannedTransactions: _planned,
    startedTransactions: _started,
    ...rest
  } = countsOf({ turretIndex: PROTOCOL1_TURRET_INDEX });
  return {
    ...rest,
    receivedTransactions: count,
    journaledTransactions: count,
    countedTransactions: count,
  };
}

function resultsOf(counts: readonly StoredCounts[], facts: Partial<RunFacts> = {}): Results {
  const transactions = counts.reduce((sum, one) => sum + one.countedTransactions, 0);
  return sampleResults({
    seconds: 1,
    timers: [],
    facts: { transactions, rowsKept: transactions, rowsCounted: transactions, ...facts },
    more: { counts: () => counts },
  });
}

const nameOf = (index: number) => (index === 0 ? "first" : undefined);
const linesOf = (...counts: StoredCounts[]) => countsModel(resultsOf(counts), nameOf).lines;

describe("countsModel", () => {
  test("says one line where all agree", () => {
    expect(linesOf(countsOf(), countsOf({ turretIndex: 1 }))).toEqual([
      "sent = received = journaled = counted: 20",
      "planned 20 = started 20 + dropped 0",
      "started 20 = finished 20 + unfinished 0",
      "rows kept: 20 of 20",
    ]);
  });

  test("tells of requests that were sent again, where there were any", () => {
    const results = resultsOf([countsOf()]);
    const cell = {
      count: 1,
      errorCount: 0,
      sumSquares: 0,
      min: 0,
      max: 0,
      histogram: undefined,
      valuesS: undefined,
    };
    const resent = (sum: number) => {
      const total = { ...cell, kind: CELL_KIND.counter, name: COUNTER.resent, sum };
      return countsModel({ ...results, totals: () => [total] }, nameOf).lines.at(-2);
    };
    expect(resent(1)).toBe("sent again: 1 request whose kept-alive connection was closed");
    expect(resent(1_234)).toBe("sent again: 1,234 requests whose kept-alive connection was closed");
    expect(resent(0)).toBe("started 10 = finished 10 + unfinished 0");
  });

  test("keeps apart what never told what it sent", () => {
    expect(linesOf(countsOf(), silent(1234))[0]).toBe(
      "sent = received = journaled = counted: 10; " +
        "received = journaled = counted: 1,234 (never told what was sent)",
    );
    expect(linesOf(silent(5))).toEqual([
      "received = journaled = counted: 5 (never told what was sent)",
      "rows kept: 5 of 5",
    ]);
  });

  test("names each turret, also one without a name", () => {
    const { rows, total } = countsModel(
      resultsOf([countsOf(), countsOf({ turretIndex: 4 }), silent(3)]),
      nameOf,
    );
    expect(rows.map((row) => row.label)).toEqual(["first", "turret 5", "protocol 1, all turrets"]);
    expect(total).toMatchObject({ sent: undefined, received: 23, counted: 23, holds: true });
  });

  const broken: readonly (readonly [string, Partial<StoredCounts>, string])[] = [
    [
      "sent",
      { sentTransactions: 12 },
      "sent 12, received 10, journaled 10, counted 10: they differ",
    ],
    [
      "journaled",
      { journaledTransactions: 9 },
      "sent 10, received 10, journaled 9, counted 10: they differ",
    ],
    [
      "counted",
      { countedTransactions: 11 },
      "sent 10, received 10, journaled 10, counted 11: they differ",
    ],
  ];
  for (const [what, parts, line] of broken) {
    test(`says when ${what} differs`, () => {
      const made = countsModel(resultsOf([countsOf(parts)]), nameOf);
      expect(made.lines[0]).toBe(line);
      expect(made.rows[0]?.holds).toBe(false);
      expect(made.total?.holds).toBe(false);
    });
  }

  test("differences of two turrets that cancel out are seen", () => {
    const made = countsModel(
      resultsOf([countsOf({ countedTransactions: 9 }), countsOf({ countedTransactions: 11 })]),
      nameOf,
    );
    expect(made.total).toMatchObject({ counted: 20, received: 20, holds: false });
  });

  test("says which of planned, started and finished do not add up", () => {
    const lines = linesOf(countsOf({ plannedTransactions: 13, unfinishedTransactions: 2 }));
    expect(lines.slice(1, 3)).toEqual([
      "planned 13 is not started 10 + dropped 0",
      "started 10 is not finished 10 + unfinished 2",
    ]);
  });

  const losses: readonly (readonly [string, Partial<StoredCounts>, string])[] = [
    [
      "lost with a thread",
      { startedTransactions: 13, lostTransactions: 3 },
      "started 13 = finished 13 (3 of them lost) + unfinished 0",
    ],
    [
      "sent and unreadable",
      { receivedTransactions: 7, lostTransactions: 3 },
      "started 10 = finished 10 + unfinished 0",
    ],
    [
      "lost in both ways",
      { startedTransactions: 12, receivedTransactions: 7, lostTransactions: 5 },
      "started 12 = finished 12 (2 of them lost) + unfinished 0",
    ],
    [
      "lost and not started",
      { lostTransactions: 3 },
      "started 10 is not finished 13 (3 of them lost) + unfinished 0",
    ],
  ];
  for (const [what, parts, line] of losses) {
    test(`puts those among the finished that were ${what}`, () => {
      expect(linesOf(countsOf(parts))[2]).toBe(line);
    });
  }

  test("of an old file only tells its rows", () => {
    expect(linesOf()).toEqual(["counted: 0", "rows kept: 0 of 0"]);
  });
});

interface Judged {
  readonly counts?: readonly StoredCounts[];
  readonly facts?: Partial<RunFacts>;
  readonly events?: readonly Partial<EventRecord>[];
  readonly lost?: readonly string[];
  readonly origin?: "oct" | "old";
}

function judge(parts: Judged) {
  const results = {
    ...resultsOf(parts.counts ?? [countsOf()], parts.facts),
    origin: parts.origin ?? "oct",
  };
  return judgeResults({
    results,
    events: (parts.events ?? []).map((event) => ({
      atUs: 0,
      level: "error",
      turretIndex: -1,
      text: "",
      ...event,
    })),
    counts: countsModel(results, nameOf),
    turrets: (parts.lost ?? []).map((name) => ({ name, isLost: true }) as TurretModel),
  });
}

describe("judgeResults", () => {
  test("is VALID where everything is there", () => {
    expect(judge({})).toMatchObject({ word: "VALID", reasons: [] });
    expect(judge({ counts: [silent(3)] })).toMatchObject({ word: "VALID", reasons: [] });
  });

  test("is INVALID where nothing finished, whatever else is said", () => {
    const { word, reasons } = judge({ counts: [], events: [{ text: "PARTIAL: late" }] });
    expect(word).toBe("INVALID");
    expect(reasons).toEqual(["late"]);
  });

  test("does not judge what the old OCT made", () => {
    expect(judge({ origin: "old" })).toMatchObject({ word: "NOT JUDGED", reasons: [] });
  });

  test("gives the HQ's reasons word for word, and none of its own for the same", () => {
    const told = [
      "turret a was lost (host): what it had not sent is missing",
      "2 transactions were sent",
    ];
    const { word, reasons } = judge({
      counts: [countsOf({ sentTransactions: 12, lostTransactions: 4 })],
      lost: ["a"],
      events: told.map((text) => ({ text: `PARTIAL: ${text}` })),
    });
    expect(word).toBe("PARTIAL");
    expect(reasons).toEqual(told);
  });

  const others: readonly (readonly [string, Partial<EventRecord>])[] = [
    ["an event of a turret", { turretIndex: 0, text: "PARTIAL: I say so" }],
    ["a warning", { level: "warn", text: "PARTIAL: no" }],
    ["another text", { text: "this run is PARTIAL: no" }],
  ];
  for (const [what, event] of others) {
    test(`takes ${what} for no verdict`, () => {
      expect(judge({ events: [event] })).toMatchObject({ word: "VALID", reasons: [] });
    });
  }

  const alone: readonly (readonly [string, Judged, string])[] = [
    [
      "a killed HQ",
      { facts: { isKilled: true } },
      "the run was broken off: its HQ did not end it; all that it had written is here",
    ],
    [
      "a lost turret",
      { lost: ["b"] },
      "turret b was lost: what it measured and had not sent is missing",
    ],
    [
      "missing",
      { counts: [countsOf({ sentTransactions: 11 })] },
      "1 transaction sent and never received",
    ],
    ["lost", { counts: [countsOf({ lostTransactions: 3 })] }, "3 transactions lost on the turrets"],
    [
      "counted otherwise",
      { counts: [countsOf({ countedTransactions: 9 })] },
      "the counts of first contradict each other: received 10, journaled 10, counted 9",
    ],
    [
      "more than was sent",
      { counts: [countsOf({ sentTransactions: 9 })] },
      "turret first told of 9 transactions and 10 were received",
    ],
  ];
  for (const [what, parts, reason] of alone) {
    test(`says by itself: ${what}`, () => {
      expect(judge(parts)).toMatchObject({ word: "PARTIAL", reasons: [reason] });
    });
  }

  test("says what is wrong with the file beside what the HQ said", () => {
    const journal = {
      sizeBytes: 1,
      segments: 1,
      records: 1,
      batches: 1,
      tornBytes: 0,
      repeatedBatches: 0,
      unreadableRecords: 2,
    };
    const { reasons } = judge({
      counts: [countsOf({ countedTransactions: 9 })],
      facts: { journal },
      events: [{ text: "PARTIAL: told" }],
    });
    expect(reasons).toEqual([
      "told",
      "the counts of first contradict each other: received 10, journaled 10, counted 9",
      "2 records of the journal could not be read",
    ]);
  });

  test("does not repeat a difference that the HQ has told", () => {
    const told = "received 10, journaled 10 and counted 9 transactions differ";
    const { reasons } = judge({
      counts: [countsOf({ countedTransactions: 9 })],
      events: [{ text: `PARTIAL: ${told}` }],
    });
    expect(reasons).toEqual([told]);
  });
});
