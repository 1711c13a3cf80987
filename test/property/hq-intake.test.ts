// The fast way and the full way of reading protocol 1 say the same, and nothing that arrives is lost:
// taken + refused = sent, in whatever order and however cut into turns.

import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Intake } from "../../src/hq/intake.ts";
import { MalformedLog } from "../../src/hq/malformed.ts";
import { type Protocol1Result, parseProtocol1 } from "../../src/hq/protocol1-parser.ts";
import { READ_MARGIN_BYTES } from "../../src/hq/result-shapes.ts";
import type { Protocol1Hq } from "../../src/protocol/link.ts";
import type { Batch } from "../../src/stats/batch.ts";
import { CELL_KIND, COUNTER } from "../../src/stats/cell.ts";

const START_EPOCH_S = 1_795_233_489;
const CLOCK = { elapsedUs: 9_500_000, startWallMs: START_EPOCH_S * 1_000 };
const encoder = new TextEncoder();

/** Hands frames out of a buffer with or without the margin that the fast way needs. */
function wireOf(frames: readonly Uint8Array[], marginBytes: number, perTurn = 1e9) {
  const size = Math.max(0, ...frames.map((frame) => frame.length)) + marginBytes;
  const buffer = new Uint8Array(size).fill(0x22);
  let next = 0;
  let allowed = 0;
  const wire: Protocol1Hq = {
    publish() {},
    close() {},
    drain(limit, onMessage) {
      let count = 0;
      for (; count < limit && next < frames.length && allowed > 0; count++, allowed--) {
        const frame = frames[next++] as Uint8Array;
        buffer.set(frame);
        if (marginBytes > 0) onMessage(buffer, frame.length);
        else onMessage(frame.slice(), frame.length);
      }
      return count;
    },
  };
  const isDone = () => next === frames.length;
  const allow = () => {
    allowed = perTurn;
  };
  return { wire, isDone, allow };
}

interface Outcome {
  readonly batches: Batch[];
  readonly transactions: number;
  readonly malformed: Record<string, number>;
  readonly statuses: number;
  readonly kept: number;
}

function takeAll(frames: readonly Uint8Array[], marginBytes: number, perTurn?: number): Outcome {
  const batches: Batch[] = [];
  let kept = 0;
  let statuses = 0;
  const malformed = new MalformedLog(() => kept++);
  const { wire, isDone, allow } = wireOf(frames, marginBytes, perTurn);
  const intake = new Intake({
    wire,
    collector: { wantRows: true, keep: (batch) => batches.push(batch) },
    malformed,
    onStatus: () => statuses++,
  });
  while (!isDone()) {
    allow();
    intake.drain(CLOCK, 0);
  }
  const { transactions } = intake;
  expect(intake.journaledTransactions).toBe(transactions);
  return { batches, transactions, malformed: malformed.counts(), statuses, kept };
}

/** Everything that the batches of a run say, however they were cut. */
function contentOf(outcome: Outcome) {
  const rows: unknown[] = [];
  const cells = new Map<string, number[]>();
  for (const { rows: columns, cells: list, texts } of outcome.batches) {
    for (const cell of list) {
      const key = `${cell.second} ${cell.kind} ${cell.name}`;
      const known = cells.get(key) ?? [0, 0, 0];
      cells.set(key, [
        (known[0] as number) + cell.count,
        (known[1] as number) + cell.errorCount,
        (known[2] as number) + cell.sum,
      ]);
    }
    let timer = 0;
    for (let i = 0; i < columns.count; i++) {
      const timers: unknown[] = [];
      for (; timer < (columns.timerEnd[i] as number); timer++) {
        timers.push(texts[columns.timerText[timer] as number], columns.timerS[timer]);
      }
      const error = texts[columns.errorText[i] as number];
      const name = texts[columns.turretText[i] as number];
      const numbers = [columns.elapsedS[i], columns.epochS[i], columns.scriptrunS[i]];
      rows.push([...numbers, error, name, ...timers]);
    }
  }
  return { rows, cells: [...cells].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

const name = fc.oneof(
  fc.constantFrom(
    "home",
    "login page",
    "status",
    "elapsed",
    "__proto__",
    "7",
    "caf\u00e9",
    'a"b',
    "",
  ),
  fc.string({ maxLength: 12 }),
);
const seconds = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.nat(1_000),
  fc.constantFrom(1e-7, 5e-5, 1e9, 0),
);
const oddNumber = fc.oneof(
  { weight: 8, arbitrary: seconds as fc.Arbitrary<unknown> },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>("1.5", " 2 ", "x", null, -1, 1e300, true, [], "0x10", ""),
  },
);
const resultObject = fc.record(
  {
    elapsed: oddNumber,
    epoch: fc.oneof(fc.integer({ min: START_EPOCH_S - 3, max: START_EPOCH_S + 14 }), oddNumber),
    scriptrun_time: oddNumber,
    error: fc.oneof(fc.constant(""), name, fc.constantFrom<unknown>(null, 5, { code: 1 })),
    custom_timers: fc.oneof(
      fc.dictionary(name, oddNumber, { maxKeys: 5 }),
      fc.constantFrom<unknown>(null, [], 3),
    ),
    turret_name: fc.oneof(name, fc.constant(4)),
    extra: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: ["elapsed", "epoch"] },
);
const plainResult = fc.record({
  elapsed: seconds,
  epoch: fc.integer({ min: START_EPOCH_S, max: START_EPOCH_S + 9 }),
  scriptrun_time: seconds,
  error: fc.constantFrom("", "boom", "bad status 500"),
  custom_timers: fc.record({ home: seconds, login: seconds }),
});
const statusObject = fc.record({
  turret: name,
  status: name,
  uuid: fc.constantFrom("a", "b"),
  rampup: oddNumber,
  script: name,
  cannons: oddNumber,
});

function write(value: unknown, form: number): string {
  const text = JSON.stringify(value);
  if (form === 0) return text;
  if (form === 1) return JSON.stringify(value, null, 1).replace(/\n */g, " ");
  if (form === 2) return ` ${text}\n`;
  return form === 3 ? `topic ${text}` : `${text}\n${text}`;
}

const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(plainResult, fc.nat(2)).map(([value, form]) => write(value, form)),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(resultObject, fc.nat(4)).map(([value, form]) => write(value, form)),
  },
  {
    weight: 1,
    arbitrary: fc.array(resultObject, { maxLength: 3 }).map((items) => write(items, 0)),
  },
  { weight: 1, arbitrary: statusObject.map((value) => write(value, 1)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);

/** Sometimes with a few bytes changed, cut off or put in. */
const frame = fc
  .tuple(message, fc.nat(20), fc.nat(300), fc.uint8Array({ maxLength: 3 }))
  .map(([text, action, at, noise]) => {
    const bytes = encoder.encode(text);
    if (action === 0) return bytes.subarray(0, at);
    if (action === 1) {
      const changed = bytes.slice();
      changed.set(
        noise.subarray(0, Math.max(0, changed.length - at)),
        Math.min(at, changed.length),
      );
      return changed;
    }
    return bytes;
  });

describe("Intake", () => {
  test("the fast way reads what the full way reads, number for number", () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 40 }), (frames) => {
        // Twice, so that whatever can be learned was learned before.
        const doubled = [...frames, ...frames];
        const fast = takeAll(doubled, READ_MARGIN_BYTES);
        const full = takeAll(doubled, 0);
        expect(contentOf(fast)).toEqual(contentOf(full));
        expect(fast.malformed).toEqual(full.malformed);
        expect(fast.statuses).toBe(full.statuses);
        expect(fast.kept).toBe(full.kept);
      }),
      { numRuns: 150 },
    );
  });

  test("whatever arrives, in whatever turns: taken, journaled and counted are one number", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (frames, perTurn) => {
          const expected = { results: 0, statuses: 0, malformed: 0 };
          for (const bytes of frames) {
            parseProtocol1(bytes, {
              onResult: (result: Protocol1Result) => {
                expect(result.scriptrunS).toBeGreaterThanOrEqual(0);
                expected.results++;
              },
              onStatus: () => expected.statuses++,
              onMalformed: () => expected.malformed++,
            });
          }
          const outcome = takeAll(frames, READ_MARGIN_BYTES, perTurn);
          const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
          const { batches, transactions, malformed, statuses } = outcome;
          expect(transactions).toBe(expected.results);
          expect(statuses).toBe(expected.statuses);
          expect(sum(Object.values(malformed))).toBe(expected.malformed);
          expect(sum(batches.map((batch) => batch.transactions))).toBe(transactions);
          expect(sum(batches.map((batch) => batch.rows.count))).toBe(transactions);
          const count = (kind: number, wanted: string) =>
            sum(
              batches.flatMap(({ cells }) =>
                cells
                  .filter((cell) => cell.kind === kind && cell.name === wanted)
                  .map((cell) => cell.count),
              ),
            );
          expect(count(CELL_KIND.timer, "")).toBe(transactions);
          expect(count(CELL_KIND.counter, COUNTER.finished)).toBe(transactions);
        },
      ),
      { numRuns: 150 },
    );
  });
});
