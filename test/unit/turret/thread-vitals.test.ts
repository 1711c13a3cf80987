// What a thread tells of itself: gauges that add up to a true sum, heartbeats, the slowest requests.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { HttpError } from "../../../src/http/errors.ts";
import { prepareRequest } from "../../../src/http/request.ts";
import { decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND, GAUGE } from "../../../src/stats/cell.ts";
import { crewStats } from "../../../src/turret/crew-stats.ts";
import type { Scheduler } from "../../../src/turret/scheduler.ts";
import { startGauges } from "../../../src/turret/thread-gauges.ts";
import { ThreadRecorder } from "../../../src/turret/thread-recorder.ts";
import { ThreadState } from "../../../src/turret/thread-state.ts";

function thread(scheduler: { loops: number; inFlight: number }, isFirst = true) {
  const clock = new ManualClock(1_000_000);
  const state = new ThreadState();
  const recorder = new ThreadRecorder({ clock, state, turretName: "t", onName: () => {} });
  recorder.begin(clock.nowUs(), 0);
  const firing = { isFiring: true, startUs: clock.nowUs(), ...scheduler };
  const stop = startGauges({
    clock,
    state,
    recorder,
    scheduler: firing as unknown as Scheduler,
    vitals: {
      cpuUs: () => (clock.nowUs() - 1_000_000) / 4,
      memoryBytes: () => 50e6,
      sockets: () => 3,
    },
    tellsMemory: isFirst,
    onFull: () => {},
  });
  const cells = (name: string) => {
    const batch = decodeBatch(recorder.take()?.bytes ?? new Uint8Array());
    return batch.cells
      .filter((cell) => cell.kind === CELL_KIND.gauge && cell.name === name)
      .map(({ second, count, sum }) => [second, count, sum]);
  };
  return { clock, state, recorder, stop, cells };
}

describe("startGauges", () => {
  test("tells each second once, so that samples of threads add up", () => {
    const { clock, cells, stop } = thread({ loops: 7, inFlight: 5 });
    clock.advance(3_500_000);
    stop();
    expect(cells(GAUGE.cannons)).toEqual([
      [0, 1, 7],
      [1, 1, 7],
      [2, 1, 7],
      [3, 1, 7],
    ]);
  });

  test("counts cannons of an open load while they have something to do", () => {
    const { clock, cells, stop } = thread({ loops: 0, inFlight: 5 });
    clock.advance(900_000);
    stop();
    expect(cells(GAUGE.cannons)).toEqual([[0, 1, 5]]);
  });

  test("leaves how it is doing where the crew can read it", () => {
    const { clock, state, stop } = thread({ loops: 7, inFlight: 5 });
    clock.advance(2_100_000);
    stop();
    const { cpuPercent, ...rest } = state.vitals;
    expect(Math.round(cpuPercent)).toBe(25);
    expect(rest).toEqual({ lagUs: 0, inFlight: 5, sockets: 3, memoryMb: 50 });
    expect(crewStats([state, state])).toEqual({
      threads: 2,
      cannons: 14,
      in_flight: 10,
      cpu_percent: 50,
      lag_ms: 0,
      sockets: 6,
      memory_mb: 50,
    });
    expect(crewStats([])).toMatchObject({ threads: 0, cannons: 0, lag_ms: 0, memory_mb: 0 });
  });
});

describe("ThreadRecorder", () => {
  const request = prepareRequest({ method: "GET", url: "http://127.0.0.1:1/a", name: "page a" });
  const refused = new HttpError("refused", "nobody listens");

  test("keeps requests that got no answer among the slowest, without phases", () => {
    const { clock, recorder, stop } = thread({ loops: 1, inFlight: 1 });
    clock.advance(5_000_000);
    recorder.failure(request, refused, { durationUs: 2_000_000, isTimed: true });
    stop();
    const { slowest } = decodeBatch(recorder.take()?.bytes ?? new Uint8Array());
    expect(slowest).toEqual([
      {
        startUs: 3_000_000,
        durationUs: 2_000_000,
        dnsUs: 0,
        connectUs: 0,
        tlsUs: 0,
        sendUs: 0,
        waitUs: 0,
        receiveUs: 0,
        name: "page a",
        status: "GET refused",
        turret: "t",
      },
    ]);
  });

  test("keeps nothing more of what is not among them", () => {
    const { recorder, stop } = thread({ loops: 1, inFlight: 1 });
    stop();
    for (let i = 0; i < 200; i++) {
      recorder.failure(request, refused, { durationUs: 1_000 + i, isTimed: false });
    }
    const first = decodeBatch(recorder.take()?.bytes ?? new Uint8Array());
    recorder.failure(request, refused, { durationUs: 1_100, isTimed: false });
    const second = decodeBatch(recorder.take()?.bytes ?? new Uint8Array());
    expect(first.slowest.map(({ durationUs }) => durationUs).at(-1)).toBe(1_150);
    expect(second.slowest).toEqual([]);
  });
});
