// A turret's outbox and an HQ that drops repeats, over a wire that loses, delays and breaks: whatever
// the order of things, every batch that was accepted is taken once and in order, nothing is held beyond
// the limits, and what was given up is counted.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OUTBOX_LIMIT, Outbox, type OutboxBatch } from "../../src/turret/outbox.ts";

const MIB = 1024 * 1024;
const POOL = new Uint8Array(24 * MIB);
const LIMITS = { batches: 12, bytes: 40 * MIB };

type Step =
  | { readonly do: "add"; readonly bytes: number; readonly transactions: number }
  | { readonly do: "send"; readonly room: number }
  | { readonly do: "arrive"; readonly count: number }
  | { readonly do: "lose"; readonly count: number }
  | { readonly do: "acknowledge" }
  | { readonly do: "hear" }
  | { readonly do: "reconnect" }
  | { readonly do: "resend" };

const count = fc.integer({ min: 1, max: 6 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("add" as const),
        bytes: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 20 * MIB })),
        transactions: fc.nat({ max: 1000 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("send" as const), room: count }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("arrive" as const), count }) },
    fc.record({ do: fc.constant("lose" as const), count }),
    fc.constantFrom<Step>(
      { do: "acknowledge" },
      { do: "acknowledge" },
      { do: "hear" },
      { do: "hear" },
      { do: "reconnect" },
      { do: "resend" },
    ),
  ),
  { maxLength: 120 },
);

class World {
  readonly outbox = new Outbox(LIMITS);
  readonly accepted: Pick<OutboxBatch, "bytes" | "transactions">[] = [];
  readonly taken: OutboxBatch[] = [];
  #wire: OutboxBatch[] = [];
  #acknowledgements: number[] = [];
  offered = { batches: 0, transactions: 0 };

  step(step: Step): void {
    switch (step.do) {
      case "add": {
        const bytes = POOL.subarray(0, step.bytes);
        this.offered.batches++;
        this.offered.transactions += step.transactions;
        if (this.outbox.add(bytes, step.transactions)) this.accepted.push({ ...step, bytes });
        return;
      }
      case "send":
        return this.send(step.room);
      case "arrive":
        return this.arrive(step.count);
      case "lose":
        this.#wire.splice(0, step.count);
        return;
      case "acknowledge":
        this.#acknowledgements.push(this.taken.length);
        return;
      case "hear": {
        const sequence = this.#acknowledgements.shift();
        if (sequence !== undefined) this.outbox.acknowledge(sequence);
        return;
      }
      case "reconnect":
        this.#wire = [];
        this.#acknowledgements = [];
        return this.outbox.rewind();
      case "resend":
        return this.outbox.rewind();
    }
  }

  send(room: number): void {
    let left = room;
    this.outbox.sendNew((batch) => {
      if (left-- <= 0) return false;
      this.#wire.push(batch);
      return true;
    });
  }

  /** As the HQ's collector does: the next in order is taken, anything else dropped. */
  arrive(count: number): void {
    for (const batch of this.#wire.splice(0, count)) {
      if (batch.sequence === this.taken.length + 1) this.taken.push(batch);
    }
  }

  expectWithinLimits(): void {
    const { outbox } = this;
    const waiting = this.accepted.slice(this.accepted.length - outbox.waitingBatches);
    const bytes = waiting.reduce((sum, batch) => sum + batch.bytes.length, 0);
    expect(outbox.waitingBatches).toBeLessThanOrEqual(LIMITS.batches);
    expect(bytes).toBeLessThanOrEqual(LIMITS.bytes);
    const transactions = waiting.reduce((sum, batch) => sum + batch.transactions, 0);
    expect(outbox.waitingTransactions).toBe(transactions);
    const { counts } = outbox;
    expect(counts.batches).toBe(this.accepted.length);
    expect(counts.batches + counts.lostBatches).toBe(this.offered.batches);
    expect(counts.transactions + counts.lostTransactions).toBe(this.offered.transactions);
  }

  /** The wire works from here on. */
  settle(): void {
    this.step({ do: "reconnect" });
    for (let turn = 0; turn <= LIMITS.batches && !this.outbox.isEmpty; turn++) {
      this.send(Number.POSITIVE_INFINITY);
      this.arrive(Number.POSITIVE_INFINITY);
      this.outbox.acknowledge(this.taken.length);
    }
  }
}

describe("Outbox over a bad wire", () => {
  test("every accepted batch is taken, in sequence, and the limits hold at every step", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World();
        for (const step of all) {
          world.step(step);
          world.expectWithinLimits();
        }
        world.settle();
        expect(world.outbox.isEmpty).toBe(true);
        expect(world.taken.map((batch) => batch.sequence)).toEqual(
          world.accepted.map((_, i) => i + 1),
        );
        world.taken.forEach((batch, i) => {
          expect(batch.bytes).toBe(world.accepted[i]?.bytes as Uint8Array);
          expect(batch.transactions).toBe(world.accepted[i]?.transactions as number);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("what is on the wire and not acknowledged keeps to the window, or is one batch", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World();
        const flying: OutboxBatch[] = [];
        for (const step of all) {
          if (step.do === "reconnect" || step.do === "resend") flying.length = 0;
          if (step.do !== "send") world.step(step);
          else world.outbox.sendNew((batch) => flying.push(batch) > 0);
          const first = world.accepted.length - world.outbox.waitingBatches;
          const open = flying.filter((batch) => batch.sequence > first);
          const bytes = open.reduce((sum, batch) => sum + batch.bytes.length, 0);
          expect(open.length <= 1 || bytes <= OUTBOX_LIMIT.windowBytes).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
