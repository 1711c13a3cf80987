// What a crew tells in a heartbeat: sums over its threads, of lag the longest. Read from the memory
// that threads share, so it costs them nothing and is true also of one that hangs.

import type { JsonObject } from "../base/json.ts";
import { US_PER_MS } from "../base/units.ts";
import type { ThreadState } from "./thread-state.ts";

/** Numbers of the threads that are not over. */
export function crewStats(states: readonly ThreadState[]): JsonObject {
  const signs = states.map((state) => state.vitals);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    threads: states.length,
    cannons: sum(states.map((state) => state.cannons)),
    in_flight: sum(signs.map((sign) => sign.inFlight)),
    cpu_percent: rounded(sum(signs.map((sign) => sign.cpuPercent))),
    lag_ms: rounded(Math.max(0, ...signs.map((sign) => sign.lagUs)) / US_PER_MS),
    sockets: sum(signs.map((sign) => sign.sockets)),
    // One process: every thread would tell the same.
    memory_mb: rounded(Math.max(0, ...signs.map((sign) => sign.memoryMb))),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
