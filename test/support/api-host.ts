// A cannon and a thread for tests of the script module: what is measured lands in plain maps.

import {
  type CannonHost,
  installThread,
  type ThreadHost,
  withHost,
} from "../../src/api/context.ts";
import type { HttpSession } from "../../src/api/session.ts";
import { FunctionTransaction, type Transaction } from "../../src/api/transaction.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Random } from "../../src/base/random.ts";

export interface Measured {
  readonly counts: Map<string, number>;
  readonly checks: Map<string, { passed: number; failed: number }>;
  readonly gauges: Map<string, number[]>;
  readonly timers: { name: string; isError: boolean; durationUs: number }[];
  readonly failures: string[];
}

export interface Bench extends Disposable {
  readonly thread: ThreadHost;
  readonly host: CannonHost;
  readonly measured: Measured;
  /** A transaction of this cannon, with the members that function scripts get. */
  readonly transaction: Transaction;
  make<T>(construct: () => T): T;
  /** As when the run is over. */
  close(): void;
}

export interface BenchOptions {
  readonly clock?: Clock;
  readonly seed?: number;
  readonly config?: ThreadHost["config"];
  /** Where data files are. */
  readonly folders?: readonly string[];
  readonly thread?: Partial<ThreadHost>;
  readonly cannon?: Partial<CannonHost>;
}

export function apiBench(options: BenchOptions = {}): Bench {
  const { clock = systemClock(), seed = 1 } = options;
  const measured: Measured = {
    counts: new Map(),
    checks: new Map(),
    gauges: new Map(),
    timers: [],
    failures: [],
  };
  const meter = meterOf(measured);
  const abort = new AbortController();
  const thread: ThreadHost = {
    clock,
    signal: abort.signal,
    sleep: (durationUs) => clock.sleep(durationUs, abort.signal),
    config: options.config ?? {},
    context: {},
    random: new Random(seed),
    suspend: () => 0,
    resume: () => {},
    ...meter,
    ...options.thread,
  };
  const closing = new Set<() => void>();
  const host: CannonHost = {
    thread,
    index: 0,
    turretName: "t",
    http: {} as HttpSession,
    random: new Random(seed, 1),
    beginTimer: (name) => ({
      name,
      startUs: clock.nowUs(),
      transaction: 1,
      slot: 0,
      outerSlot: -1,
    }),
    endTimer: (mark, isError) =>
      measured.timers.push({
        name: mark.name,
        isError,
        durationUs: clock.nowUs() - mark.startUs,
      }),
    recordTimer: (name, durationUs, isError) => measured.timers.push({ name, isError, durationUs }),
    ...meter,
    fail: (text) => measured.failures.push(text),
    onClose(dispose) {
      closing.add(dispose);
      return () => closing.delete(dispose);
    },
    ...options.cannon,
  };
  installThread(thread, options.folders);
  const close = () => {
    abort.abort(new Error("the run ended"));
    for (const dispose of closing) dispose();
  };
  return {
    thread,
    host,
    measured,
    transaction: withHost(host, () => new FunctionTransaction(() => undefined)),
    make: (construct) => withHost(host, construct),
    close,
    [Symbol.dispose]: close,
  };
}

function meterOf(measured: Measured) {
  return {
    count(name: string, amount: number) {
      measured.counts.set(name, (measured.counts.get(name) ?? 0) + amount);
    },
    gauge(name: string, value: number) {
      measured.gauges.set(name, [...(measured.gauges.get(name) ?? []), value]);
    },
    check(name: string, isOk: boolean) {
      const { passed = 0, failed = 0 } = measured.checks.get(name) ?? {};
      measured.checks.set(
        name,
        isOk ? { passed: passed + 1, failed } : { passed, failed: failed + 1 },
      );
    },
  };
}
