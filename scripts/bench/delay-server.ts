// An HTTP server whose delays are known (src/http/delay-target.ts) in a process of its own, for
// holding what a load tester says against what really happened.
//
//   bun scripts/bench/delay-server.ts constant:5 | bimodal:1:100 | stall:1000:10000 | none
//
// Times are milliseconds; one answer in ten is the slow one of `bimodal`; `stall:1000:10000` answers at
// once but for one second in ten. Prints its port, and for each line that it is sent the percentiles of
// its own delays since the line before, in us as JSON. It ends when its input does.

import { systemClock } from "../../src/base/clock.ts";
import { US_PER_MS } from "../../src/base/units.ts";
import { DelayTarget } from "../../src/http/delay-target.ts";
import { Histogram } from "../../src/stats/histogram.ts";

const SLOW_ONE_IN = 10;

const [mode = "none", ...numbers] = (process.argv[2] ?? "none").split(":");
const [first = 0, second = 0] = numbers.map((ms) => Number(ms) * US_PER_MS);
const clock = systemClock();
const target = new DelayTarget(clock);
const startUs = clock.nowUs();
let answered = 0;

target.dueUs = (cameUs) => {
  if (mode === "constant") return cameUs + first;
  if (mode === "bimodal") {
    return cameUs + (answered++ % SLOW_ONE_IN === SLOW_ONE_IN - 1 ? second : first);
  }
  if (mode !== "stall") return cameUs;
  const phaseUs = (cameUs - startUs) % second;
  return phaseUs < first ? cameUs - phaseUs + first : cameUs;
};

console.log(target.port);
for await (const _ of console) {
  const truth = new Histogram();
  for (const delayUs of target.takeDelaysUs()) truth.record(Math.max(1, Math.round(delayUs)));
  const [p50, p90, p99, p999] = [50, 90, 99, 99.9].map((p) => truth.percentile(p));
  console.log(JSON.stringify({ count: truth.count, p50, p90, p99, p999 }));
}
target.close();
process.exit(0);
