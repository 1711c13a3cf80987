// Unit tests of a cannon: what is timed, what is an error, what goes into the row.

import { describe, expect, test } from "bun:test";
import type { ThreadHost } from "../../../src/api/context.ts";
import { CustomTimer, Transaction } from "../../../src/api/index.ts";
import { ManualClock } from "../../../src/base/clock.ts";
import { Random } from "../../../src/base/random.ts";
import { Timeouts } from "../../../src/http/timeouts.ts";
import { decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Cannon } from "../../../src/turret/cannon.ts";
import { Mix } from "../../../src/turret/mix.ts";
import { scriptOf } from "../../../src/turret/script.ts";
import { ThreadRecorder } from "../../../src/turret/thread-recorder.ts";
import { ThreadRows } from "../../../src/turret/thread-rows.ts";
import { PHASE, ThreadState } from "../../../src/turret/thread-state.ts";

const START_US = 5_000_000;
const clock = new ManualClock(START_US);

function bench(exported: Readonly<Record<string, unknown>>) {
  const state = new ThreadState();
  const recorder = new ThreadRecorder({ clock, state, turretName: "t", onName: () => {} });
  recorder.begin(clock.nowUs(), 1_000_000_000_000);
  const host: ThreadHost = {
    clock,
    signal: new AbortController().signal,
    sleep: (durationUs) => clock.sleep(durationUs),
    config: { own: 1 },
    context: { shared: 2 },
    random: new Random(1),
    suspend: () => 0,
    resume: () => {},
  };
  const shown: string[] = [];
  const cannon = new Cannon(3, {
    host,
    recorder,
    state,
    rows: new ThreadRows({
      seed: 1,
      isNumbered: false,
      thread: { index: 0, parts: 1 },
      state,
      taken: 0,
    }),
    userAgents: [],
    network: { proxy: undefined, resends: true },
    env: {},
    mix: new Mix([scriptOf(exported, "v_user.ts", "")], []),
    turretName: "t",
    seed: 1,
    turretIndex: 0,
    generation: 0,
    timeouts: new Timeouts(clock),
    prepared: new Map(),
    onError: (_, text) => shown.push(text),
    redact: (text) => text,
  });
  return {
    cannon,
    state,
    shown,
    async fire() {
      await cannon.fire(Number.NaN, Number.NaN);
      const batch = recorder.take();
      if (batch === undefined) throw new Error("nothing was recorded");
      const { rows, cells, texts } = decodeBatch(batch.bytes);
      const timers: Record<string, number> = {};
      for (let i = 0; i < rows.timerText.length; i++) {
        timers[texts[rows.timerText[i] ?? 0] ?? ""] = rows.timerS[i] ?? 0;
      }
      const countOf = (name: string) =>
        cells.find((cell) => cell.kind === CELL_KIND.timer && cell.name === name)?.count ?? 0;
      return {
        elapsedS: rows.elapsedS[0],
        epochS: rows.epochS[0],
        scriptrunS: rows.scriptrunS[0],
        error: texts[rows.errorText[0] ?? 0],
        timers,
        countOf,
      };
    },
  };
}

describe("Cannon", () => {
  test("counts only run as the transaction's time, and everything as elapsed", async () => {
    class Timed extends Transaction {
      override setup() {
        clock.advance(1_000_000);
      }
      async run() {
        clock.advance(2_000_000);
      }
      override async tearDown() {
        clock.advance(4_000_000);
      }
    }
    const result = await bench({ Timed }).fire();
    expect(result).toMatchObject({ scriptrunS: 2, elapsedS: 7, epochS: 1_000_000_007, error: "" });
  });

  test("makes one object and keeps its fields from one transaction to the next", async () => {
    let made = 0;
    class Counting extends Transaction {
      runs = 0;
      constructor() {
        super();
        made++;
      }
      run() {
        this.timer(`run ${++this.runs}`, () => {});
      }
    }
    const { fire } = bench({ Counting });
    expect(Object.keys((await fire()).timers)).toEqual(["run 1"]);
    expect(Object.keys((await fire()).timers)).toEqual(["run 2"]);
    expect(made).toBe(1);
  });

  test("gives the constructor config and context, and members before run", async () => {
    const seen: unknown[] = [];
    class Asking extends Transaction {
      constructor(config: Transaction["config"], context: Transaction["context"]) {
        super(config, context);
        seen.push(this.config["own"], this.context["shared"], this.cannon.index, this.turret.name);
      }
      run() {}
    }
    await bench({ Asking }).fire();
    expect(seen).toEqual([1, 2, 3, "t"]);
  });

  test("forgets timers of the transaction before, the given ones too", async () => {
    class Once extends Transaction {
      #isFirst = true;
      run() {
        if (!this.#isFirst) return;
        this.#isFirst = false;
        this.timer("first only", () => clock.advance(1_000));
        this.custom_timers["given"] = 0.5;
      }
    }
    const { fire } = bench({ Once });
    expect((await fire()).timers).toEqual({ "first only": 0.001, given: 0.5 });
    expect((await fire()).timers).toEqual({});
  });

  test("counts a repeated timer every time, and keeps the last value in the row", async () => {
    class Repeating extends Transaction {
      run() {
        for (const durationUs of [1_000, 2_000, 3_000]) {
          this.timer("again", () => clock.advance(durationUs));
        }
      }
    }
    const result = await bench({ Repeating }).fire();
    expect(result.countOf("again")).toBe(3);
    expect(result.timers).toEqual({ again: 0.003 });
  });

  test("records timers that throw, in every form", async () => {
    class Throwing extends Transaction {
      async run() {
        await this.timer("async", async () => {
          clock.advance(1_000);
          throw new Error("seen");
        }).catch(() => {});
        {
          using block = this.timer("block");
          expect(block).toBeDefined();
          clock.advance(2_000);
        }
        {
          await using block = this.timer("awaited");
          expect(block).toBeDefined();
          clock.advance(3_000);
        }
        const stopped = new CustomTimer(this, "stopped");
        clock.advance(4_000);
        stopped.stop();
        clock.advance(9_000);
        stopped.stop();
        using last = this.timer("last");
        clock.advance(5_000);
        throw new Error(`at the end of ${typeof last}`);
      }
    }
    const result = await bench({ Throwing }).fire();
    expect(result.timers).toEqual({
      async: 0.001,
      block: 0.002,
      awaited: 0.003,
      stopped: 0.004,
      last: 0.005,
    });
    expect(result.error).toBe("at the end of object");
  });

  test("passes on what a timed function returns, sync as sync", async () => {
    class Returning extends Transaction {
      async run() {
        expect(this.timer("sync", () => 7)).toBe(7);
        expect(await this.timer("async", async () => 8)).toBe(8);
        expect(() => this.timer("", () => 1)).toThrow("a timer needs a name");
      }
    }
    expect((await bench({ Returning }).fire()).error).toBe("");
  });

  test("keeps a timer that outlives its transaction out of the next row", async () => {
    let release = () => {};
    class Stray extends Transaction {
      #isFirst = true;
      run() {
        if (!this.#isFirst) return;
        this.#isFirst = false;
        void this.timer("late", () => new Promise<void>((resolve) => (release = resolve)));
      }
    }
    const { fire } = bench({ Stray });
    expect((await fire()).timers).toEqual({});
    release();
    await Promise.resolve();
    const next = await fire();
    expect(next.timers).toEqual({});
    expect(next.countOf("late")).toBe(1);
  });

  test("skips run and tearDown when setup fails, and says that error", async () => {
    const calls: string[] = [];
    class Failing extends Transaction {
      override async setup() {
        calls.push("setup");
        throw new Error("no setup");
      }
      run() {
        calls.push("run");
      }
      override tearDown() {
        calls.push("tearDown");
      }
    }
    const result = await bench({ Failing }).fire();
    expect(result).toMatchObject({ error: "no setup", scriptrunS: 0 });
    expect(calls).toEqual(["setup"]);
  });

  test("tears down after a run that failed, and keeps the first error", async () => {
    class Failing extends Transaction {
      async run() {
        throw new Error("first");
      }
      override tearDown() {
        throw new Error("second");
      }
    }
    expect((await bench({ Failing }).fire()).error).toBe("first");
  });

  test("asks for longer and longer pauses while the constructor fails", async () => {
    let isBroken = true;
    class Broken extends Transaction {
      constructor() {
        super();
        if (isBroken) throw new Error("broken");
      }
      run() {}
    }
    const { cannon, fire } = bench({ Broken });
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      expect((await fire()).error).toBe("broken");
      pauses.push(cannon.backoffUs);
    }
    expect(pauses[0]).toBe(100_000);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(5_000_000);
    isBroken = false;
    expect((await fire()).error).toBe("");
    expect(cannon.backoffUs).toBe(0);
  });

  test("lends its members to a class that stands on its own", async () => {
    class Alone {
      async run(this: Transaction) {
        this.timer(`own ${this.config["own"]}`, () => {});
      }
    }
    const result = await bench({ Transaction: Alone }).fire();
    expect(result).toMatchObject({ error: "", timers: { "own 1": 0 } });
  });

  test("draws the same random numbers for the same seed and cannon", async () => {
    const drawn: number[] = [];
    class Drawing extends Transaction {
      run() {
        drawn.push(this.random.unit());
      }
    }
    await bench({ Drawing }).fire();
    await bench({ Drawing }).fire();
    expect(drawn[0]).toBe(drawn[1] as number);
  });

  test("tells the watch what it is in", async () => {
    const seen: number[][] = [];
    const { state, fire } = bench({
      default: ({ timer }: Transaction) => {
        seen.push([state.phase, state.timerSlot]);
        timer("inner", () => seen.push([state.phase, state.timerSlot]));
        seen.push([state.phase, state.timerSlot]);
      },
    });
    await fire();
    expect(seen.map(([phase]) => phase)).toEqual([PHASE.run, PHASE.run, PHASE.run]);
    expect(seen[0]?.[1]).toBe(-1);
    expect(seen[1]?.[1]).toBeGreaterThan(0);
    expect(seen[2]?.[1]).toBe(-1);
    expect([state.phase, state.started, state.finished]).toEqual([PHASE.none, 1, 1]);
  });
});
