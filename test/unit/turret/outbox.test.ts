import { describe, expect, test } from "bun:test";
import { OUTBOX_LIMIT, Outbox, type OutboxBatch } from "../../../src/turret/outbox.ts";

const MIB = 1024 * 1024;
const POOL = new Uint8Array(OUTBOX_LIMIT.batchBytes + 1);

function filled(count: number, limits: { batches?: number; bytes?: number } = {}): Outbox {
  const outbox = new Outbox(limits);
  for (let i = 1; i <= count; i++) outbox.add(new Uint8Array([i]), i);
  return outbox;
}

/** The sequences that are sent, as long as `limit` allows. */
function sent(outbox: Outbox, limit = Number.POSITIVE_INFINITY): number[] {
  const sequences: number[] = [];
  outbox.sendNew((batch) => {
    if (sequences.length >= limit) return false;
    sequences.push(batch.sequence);
    return true;
  });
  return sequences;
}

describe("Outbox", () => {
  test("numbers from 1 and sends each once, in order, with what was put in", () => {
    const outbox = filled(3);
    const batches: OutboxBatch[] = [];
    outbox.sendNew((batch) => batches.push(batch) > 0);
    expect(batches).toEqual(
      [1, 2, 3].map((n) => ({ sequence: n, transactions: n, bytes: new Uint8Array([n]) })),
    );
    expect(sent(outbox)).toEqual([]);
    expect(outbox.isAllSent).toBe(true);
    expect(outbox.isAwaiting).toBe(true);
    expect(outbox.isEmpty).toBe(false);
  });

  test("an empty one has nothing to send and nothing to await", () => {
    const outbox = new Outbox();
    expect(sent(outbox)).toEqual([]);
    expect([outbox.isAllSent, outbox.isAwaiting, outbox.isEmpty]).toEqual([true, false, true]);
    expect(outbox.acknowledge(5)).toBe(false);
  });

  test("goes on where the wire was full", () => {
    const outbox = filled(4);
    expect(sent(outbox, 2)).toEqual([1, 2]);
    expect(outbox.isAllSent).toBe(false);
    expect(sent(outbox)).toEqual([3, 4]);
  });

  test.each([
    ["nothing", 0, 5, false],
    ["some", 2, 3, true],
    ["all", 5, 0, true],
    ["more than there are", 4_294_967_295, 0, true],
  ])("an acknowledgement of %s", (_, sequence, left, isNews) => {
    const outbox = filled(5);
    sent(outbox);
    expect(outbox.acknowledge(sequence)).toBe(isNews);
    expect(outbox.waitingBatches).toBe(left);
    expect(outbox.acknowledge(sequence)).toBe(false);
  });

  test("an acknowledgement of what was never sent forgets nothing of it", () => {
    const outbox = filled(5);
    sent(outbox, 2);
    outbox.acknowledge(5);
    expect(outbox.waitingBatches).toBe(3);
    expect(sent(outbox)).toEqual([3, 4, 5]);
  });

  test("after a rewind everything not acknowledged goes again", () => {
    const outbox = filled(4);
    sent(outbox);
    outbox.acknowledge(1);
    outbox.rewind();
    expect([outbox.isAwaiting, outbox.isAllSent]).toEqual([false, false]);
    expect(sent(outbox)).toEqual([2, 3, 4]);
  });

  test("an acknowledgement that comes after a rewind still counts", () => {
    const outbox = filled(4);
    sent(outbox);
    outbox.rewind();
    expect(outbox.acknowledge(3)).toBe(true);
    expect(sent(outbox)).toEqual([4]);
    outbox.acknowledge(4);
    expect([outbox.isAwaiting, outbox.isEmpty]).toEqual([false, true]);
  });

  test("full of batches: further ones are refused, counted and get no number", () => {
    const outbox = filled(2, { batches: 2 });
    expect(outbox.add(new Uint8Array(1), 30)).toBe(false);
    expect(outbox.add(new Uint8Array(1), 12)).toBe(false);
    expect(outbox.counts).toEqual({
      batches: 2,
      transactions: 3,
      lostBatches: 2,
      lostTransactions: 42,
    });
    sent(outbox);
    outbox.acknowledge(1);
    expect(outbox.add(new Uint8Array(1), 5)).toBe(true);
    expect(sent(outbox)).toEqual([3]);
    expect(outbox.counts).toMatchObject({ batches: 3, transactions: 8 });
  });

  test("full of bytes: refused until some are acknowledged", () => {
    const outbox = new Outbox({ bytes: 10 });
    expect(outbox.add(new Uint8Array(6), 1)).toBe(true);
    expect(outbox.add(new Uint8Array(5), 1)).toBe(false);
    expect(outbox.add(new Uint8Array(4), 1)).toBe(true);
    sent(outbox);
    outbox.acknowledge(1);
    expect(outbox.add(new Uint8Array(6), 1)).toBe(true);
  });

  test("a batch that no frame could carry is given up and counted", () => {
    const outbox = new Outbox();
    expect(outbox.add(POOL, 9)).toBe(false);
    expect(outbox.add(POOL.subarray(1), 1)).toBe(true);
    expect(outbox.counts).toMatchObject({ lostBatches: 1, lostTransactions: 9, batches: 1 });
  });

  test("no more than a window is on the wire, but always one batch", () => {
    const outbox = new Outbox();
    outbox.add(POOL.subarray(0, 40 * MIB), 1);
    for (let i = 0; i < 4; i++) outbox.add(POOL.subarray(0, 6 * MIB), 1);
    expect(sent(outbox)).toEqual([1]);
    outbox.acknowledge(1);
    expect(sent(outbox)).toEqual([2, 3]);
    expect(sent(outbox)).toEqual([]);
    outbox.acknowledge(2);
    expect(sent(outbox)).toEqual([4]);
    outbox.rewind();
    expect(sent(outbox)).toEqual([3, 4]);
  });

  test("counts the transactions that wait", () => {
    const outbox = filled(4);
    expect(outbox.waitingTransactions).toBe(10);
    sent(outbox);
    outbox.acknowledge(3);
    expect(outbox.waitingTransactions).toBe(4);
  });
});
