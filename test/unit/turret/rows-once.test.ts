// Rows of data files and work done once, among threads and turrets.

import { describe, expect, test } from "bun:test";
import type { FeedFacts } from "../../../src/api/context.ts";
import { OnceDesk, type OnceOutcome } from "../../../src/protocol/once.ts";
import { ThreadRows } from "../../../src/turret/thread-rows.ts";
import { ThreadState } from "../../../src/turret/thread-state.ts";

const feed = (order: FeedFacts["order"], rowCount = 10): FeedFacts => {
  return { name: "users", order, rowCount };
};

function rowsOf(turret: number, turrets: number, thread: number, threads: number, taken = 0) {
  const state = new ThreadState();
  const rows = new ThreadRows({
    seed: 5,
    isNumbered: false,
    thread: { index: thread, parts: threads },
    state,
    taken,
  });
  rows.begin({ index: turret, parts: turrets, definitionIndex: 0, definitionParts: turrets });
  return { rows, state };
}

describe("ThreadRows", () => {
  test("threads of all turrets take each row number once", () => {
    const taken: number[] = [];
    for (let turret = 0; turret < 3; turret++) {
      for (let thread = 0; thread < 2; thread++) {
        const { rows } = rowsOf(turret, 3, thread, 2);
        for (let i = 0; i < 50; i++) taken.push(rows.lease(feed("unique", 1_000)).first);
      }
    }
    expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  test("a shuffled pass has each row once, in an order of its own, the same for a seed", () => {
    const order = (first: number) => {
      const { rows } = rowsOf(0, 1, 0, 1, first);
      return Array.from({ length: 10 }, () => rows.lease(feed("shuffled")).first);
    };
    const [one, two] = [order(0), order(10)];
    expect(one.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(two.map((n) => n - 10).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(two.map((n) => n - 10)).not.toEqual(one);
    expect(order(0)).toEqual(one);
  });

  test("a thread that replaces another goes on behind what that one took", () => {
    const first = rowsOf(0, 2, 1, 2);
    for (let i = 0; i < 3; i++) first.rows.lease(feed("unique"));
    const second = rowsOf(0, 2, 1, 2, first.state.rows);
    expect(second.rows.lease(feed("unique")).first).toBe(2 + 3 * 4);
  });

  test("transactions with a number have the row of it, apart for each turret", () => {
    const [a, b] = [rowsOf(0, 2, 0, 1).rows, rowsOf(1, 2, 0, 1).rows];
    expect([0, 1, 2].map((k) => a.numbered(k, feed("unique")))).toEqual([0, 2, 4]);
    expect([0, 1, 2].map((k) => b.numbered(k, feed("unique")))).toEqual([1, 3, 5]);
    expect(a.numbered(Number.NaN, feed("unique"))).toBeUndefined();
  });

  test("a turret that came late has no unique rows, and says so", () => {
    const { rows } = rowsOf(0, 1, 0, 1);
    rows.begin({ index: 0, parts: 0, definitionIndex: 0, definitionParts: 0 });
    expect(() => rows.lease(feed("unique"))).toThrow("no unique rows of users");
    expect(rows.lease(feed("sequential"))).toEqual({ first: 0, end: 1 });
  });
});

describe("OnceDesk", () => {
  const ok: OnceOutcome = { isOk: true, value: 7 };

  function desk() {
    const log: string[] = [];
    const made = new OnceDesk<string>(
      (asker, name) => log.push(`${asker} does ${name}`),
      (asker, name, outcome) => log.push(`${asker} ${name} ${JSON.stringify(outcome)}`),
    );
    return { made, log };
  }

  test("the first does it, the others get what came out, also later", () => {
    const { made, log } = desk();
    made.ask("a", "x");
    made.ask("b", "x");
    made.finish("b", "x", ok);
    expect(log).toEqual(["a does x"]);
    made.finish("a", "x", ok);
    made.ask("c", "x");
    const told = JSON.stringify(ok);
    expect(log).toEqual(["a does x", `b x ${told}`, `c x ${told}`]);
  });

  test("a failure is told to who waits, and the next who asks tries again", () => {
    const { made, log } = desk();
    made.ask("a", "x");
    made.ask("b", "x");
    made.finish("a", "x", { isOk: false, error: "no" });
    made.ask("c", "x");
    expect(log.map((line) => line.slice(0, 8))).toEqual(["a does x", 'b x {"is', "c does x"]);
  });

  test("what a lost one did is done by the next who waits", () => {
    const { made, log } = desk();
    made.ask("a", "x");
    made.ask("b", "x");
    made.ask("c", "x");
    made.lose("a");
    made.lose("c");
    made.finish("b", "x", ok);
    expect(log).toEqual(["a does x", "b does x"]);
  });
});
