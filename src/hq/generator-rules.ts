// Whether the generator itself spoilt what it measured. The rules follow the damage to the answer:
// how late arrivals were and how long a thread's loop stood still, held against the times measured.
// How busy a core was is no rule: a busy core that answers in time measures well.
//
// Where the numbers come from: scripts/bench/accuracy. With a lateness or lag p99 below the limit the
// error of the p99 of service times was small as well; a quiet machine keeps below 1.5 ms, one whose core
// is shared with a busy loop does not keep below 2.5 ms.

import { formatCount, formatDuration } from "../base/units.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import { CELL_KIND, COUNTER } from "../stats/cell.ts";
import { GENERATOR_LIMIT, generatorLimitUs } from "../stats/generator-limit.ts";

export { GENERATOR_LIMIT };

type Totals = Pick<Aggregate, "total" | "totals">;

/** Sentences, one for each limit that was reached; empty when the measurement can be trusted. */
export function generatorReasons(aggregate: Totals): string[] {
  return [
    dropped(aggregate),
    late(aggregate),
    lagging(aggregate),
    refusedHere(aggregate, "too-many-files", "its limit of open files (ulimit -n)"),
    refusedHere(
      aggregate,
      "no-free-ports",
      "its free local ports (more addresses, or fewer cannons)",
    ),
  ].filter((text) => text !== "");
}

function dropped(aggregate: Totals): string {
  const lost = counter(aggregate, COUNTER.dropped);
  if (lost === 0) return "";
  const planned = counter(aggregate, COUNTER.started) + lost;
  return (
    `${formatCount(lost)} of ${formatCount(planned)} planned transactions were dropped: ` +
    "all cannons were busy (more cannons, or a lower rate)"
  );
}

function late(aggregate: Totals): string {
  const started = counter(aggregate, COUNTER.started);
  const queued = counter(aggregate, COUNTER.late);
  if (queued > started * GENERATOR_LIMIT.queuedShare) return "";
  const p99Us = p99Of(aggregate, CELL_KIND.lateness);
  const limitUs = limitOf(aggregate);
  if (p99Us <= limitUs) return "";
  return (
    `1 % of the transactions started ${formatDuration(p99Us)} late or later ` +
    `(limit here ${formatDuration(limitUs)}): the generator did not keep up`
  );
}

function lagging(aggregate: Totals): string {
  const p99Us = p99Of(aggregate, CELL_KIND.lag);
  const limitUs = limitOf(aggregate);
  if (p99Us <= limitUs) return "";
  return (
    `the generator's own loop stood still for ${formatDuration(p99Us)} in 1 % of looks ` +
    `(limit here ${formatDuration(limitUs)}): times are too long, and the rate is a lower bound`
  );
}

// A request that this machine could not send says nothing about the target. Answers and failures are
// counted as `METHOD status` and `METHOD kind`.
function refusedHere(aggregate: Totals, kind: string, what: string): string {
  const count = aggregate
    .totals(CELL_KIND.status)
    .filter(({ name }) => name.endsWith(` ${kind}`))
    .reduce((sum, total) => sum + total.count, 0);
  return count === 0
    ? ""
    : `${formatCount(count)} requests were not sent: the turret reached ${what}`;
}

function limitOf(aggregate: Totals): number {
  const timed = aggregate.total(CELL_KIND.response, "") ?? aggregate.total(CELL_KIND.timer, "");
  const p50Us = timed?.histogram?.percentile(50) ?? 0;
  return generatorLimitUs(p50Us);
}

function p99Of(aggregate: Totals, kind: typeof CELL_KIND.lateness | typeof CELL_KIND.lag): number {
  const total = aggregate.total(kind, "");
  if (total === undefined || total.count < GENERATOR_LIMIT.samplesMin) return 0;
  return total.histogram?.percentile(99) ?? 0;
}

function counter(aggregate: Totals, name: string): number {
  return aggregate.total(CELL_KIND.counter, name)?.sum ?? 0;
}
