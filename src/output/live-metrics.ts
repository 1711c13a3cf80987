// What is told of a run only while it goes, beside the totals of metrics.ts: its phase, what it was asked
// for, what fires at the moment, and each turret.

import type { LiveTurret, LiveView } from "../live/types.ts";
import type { Labels, MetricFamily } from "./metrics.ts";

const PHASES = ["gathering", "arming", "firing", "draining", "over"] as const;
const US_PER_S = 1e6;

type Row = readonly [labels: Labels, value: number | null];

export function liveFamilies(view: LiveView): MetricFamily[] {
  const families = [...runFamilies(view), ...turretFamilies(view.turrets)];
  return families.filter(({ points }) => points.length > 0);
}

function runFamilies(view: LiveView): MetricFamily[] {
  return [
    gauge(
      "oct.phase",
      "1 for the phase that the run is in.",
      PHASES.map((phase) => [{ phase }, phase === view.phase ? 1 : 0]),
    ),
    gauge("oct.paused", "1 while the run is paused.", one(view.isPaused ? 1 : 0)),
    seconds("oct.elapsed", "Since the start of the run.", one(view.elapsedS)),
    gauge(
      "oct.planned.rate",
      "Transactions a second that the plan asks for.",
      one(view.plannedPerSec),
    ),
    gauge("oct.planned.cannons", "Cannons that the plan asks for.", one(view.plannedCannons)),
    gauge("oct.cannons", "Cannons that fire.", one(view.cannons)),
    gauge("oct.in.flight", "Transactions in flight.", one(view.inFlight)),
    gauge("oct.rate", "Transactions of the last full second.", one(view.nowPerSec)),
    counter(
      "oct.late",
      "Transactions that found all cannons busy and started late.",
      one(view.late),
    ),
    counter("oct.dropped", "Planned transactions that were never started.", one(view.dropped)),
    counter("oct.malformed", "Messages that could not be read.", one(view.malformed)),
    counter(
      "oct.received",
      "Transactions that turrets sent and the HQ received.",
      one(view.received),
    ),
    counter("oct.journaled", "Transactions that are in the journal.", one(view.journaled)),
    gauge(
      "oct.threshold.holds",
      "1 where a threshold holds so far.",
      view.thresholds.map(({ text, holds }, i) => [
        { threshold: text, index: String(i) },
        holds ? 1 : 0,
      ]),
    ),
  ];
}

function turretFamilies(turrets: readonly LiveTurret[]): MetricFamily[] {
  const each = (pick: (turret: LiveTurret) => number | null): Row[] =>
    turrets.map((turret) => [{ turret: turret.name, index: String(turret.index) }, pick(turret)]);
  return [
    gauge(
      "oct.turret.up",
      "0 for a turret that is lost.",
      each(({ isLost }) => (isLost ? 0 : 1)),
    ),
    gauge(
      "oct.turret.rate",
      "Transactions of a turret's last second.",
      each((one) => one.ratePerSec),
    ),
    gauge(
      "oct.turret.cannons",
      "Cannons of a turret.",
      each((one) => one.cannons),
    ),
    gauge(
      "oct.turret.cpu.percent",
      "Of one processor, all threads.",
      each((one) => one.cpuPercent),
    ),
    seconds(
      "oct.turret.lag",
      "Longest time that a turret's loop stood still in its last second.",
      each(({ lagUs }) => (lagUs === null ? null : lagUs / US_PER_S)),
    ),
    counter(
      "oct.turret.transactions",
      "Transactions of a turret.",
      // Results of protocol 1 do not say whose they are.
      turrets
        .filter(({ wire }) => wire === "link")
        .map(({ name, index, transactions }) => [
          { turret: name, index: String(index) },
          transactions,
        ]),
    ),
  ];
}

const one = (value: number | null): Row[] => [[{}, value]];

function gauge(name: string, help: string, rows: readonly Row[]): MetricFamily {
  return { name, help, unit: "", type: "gauge", points: pointsOf(rows) };
}

function seconds(name: string, help: string, rows: readonly Row[]): MetricFamily {
  return { name, help, unit: "s", type: "gauge", points: pointsOf(rows) };
}

function counter(name: string, help: string, rows: readonly Row[]): MetricFamily {
  return { name, help, unit: "", type: "counter", points: pointsOf(rows) };
}

function pointsOf(rows: readonly Row[]): { labels: Labels; value: number }[] {
  return rows.flatMap(([labels, value]) => (value === null ? [] : [{ labels, value }]));
}
