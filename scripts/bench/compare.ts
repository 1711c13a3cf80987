// What oct compare is worth, by simulation: how often equal runs raise an alarm, all timers together,
// and how often a delay is found, for servers that wander more and less.
//
//   bun scripts/bench/compare.ts [PAIRS]
//
// 12,000 log-normal samples (sigma 0.5) a side and timer. `wander` is the deviation of the level from
// second to second, `memory` how much of it stays for the next one. A delay of 5 % counts as found where
// the 95 % line itself is called slower; in the last column only durations above the 90 % line are
// delayed, so that no other figure helps.

import { countTrials, TRIAL_TIMERS } from "../../test/support/compare-trials.ts";

const pairs = Number(process.argv[2] ?? 400);
const SAMPLES = 12_000;

interface Setting {
  readonly seconds: number;
  readonly wander: number;
  readonly memory: number;
}

const SETTINGS: readonly Setting[] = [
  { seconds: 600, wander: 0, memory: 0 },
  { seconds: 600, wander: 0.025, memory: 0.6 },
  { seconds: 240, wander: 0.025, memory: 0.6 },
  { seconds: 120, wander: 0.02, memory: 0.6 },
  { seconds: 600, wander: 0.05, memory: 0.9 },
  { seconds: 120, wander: 0.05, memory: 0.8 },
];

const percent = (part: number) => `${((part / pairs) * 100).toFixed(1)} %`.padStart(9);

console.log(`${pairs} pairs each`);
console.log("seconds  wander  memory   alarms, 3 timers   1 timer   +5 % found   tail +5 % found");
for (const [i, setting] of SETTINGS.entries()) {
  const perSecond = SAMPLES / setting.seconds;
  const timers = TRIAL_TIMERS.map((timer) => ({ ...timer, perSecond }));
  const one = timers.slice(0, 1);
  const at = (kind: number) => ({ pairs, firstSeed: (i * 4 + kind) * 10_000_000, ...setting });
  const slow = (valueUs: number) => valueUs * 1.05;
  const tail = (valueUs: number) =>
    valueUs > 300_000 * Math.exp(0.5 * 1.2816) ? slow(valueUs) : valueUs;
  const cells = [
    countTrials({ ...at(0), timers }).alarms,
    countTrials({ ...at(1), timers: one }).alarms,
    countTrials({ ...at(2), timers: one, change: slow }).slowerAtP95,
    countTrials({ ...at(3), timers: one, change: tail }).slowerAtP95,
  ].map(percent);
  console.log(
    `${String(setting.seconds).padStart(7)}  ${String(setting.wander).padStart(6)}  ` +
      `${String(setting.memory).padStart(6)}  ${cells[0]?.padStart(17)} ${cells[1]} ` +
      `${cells[2]?.padStart(12)} ${cells[3]?.padStart(17)}`,
  );
}
