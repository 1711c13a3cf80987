// All transactions and the named timers of a run: their figures, and for the busiest their charts.

import { clip } from "../base/errors.ts";
import { CELL_KIND } from "../stats/cell.ts";
import { headlineClock } from "../stats/headline.ts";
import { measuredSeconds } from "../stats/measured.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import { distributionOf } from "./distribution.ts";
import { figuresOf } from "./figures-of.ts";
import { HEAT_LIMIT } from "./heat.ts";
import {
  chartsAndTable,
  type IntervalSource,
  pointsEach,
  rowSource,
  rowValues,
  storedSource,
} from "./intervals.ts";
import { type ClockName, REPORT_LIMIT, type TimerModel } from "./types.ts";

export interface TimerModels {
  readonly all: TimerModel;
  readonly other: TimerModel | undefined;
  /** The busiest, in the order of their names. */
  readonly timers: readonly TimerModel[];
  readonly timersTotal: number;
  readonly timerValues: number;
  readonly measuredS: number;
}

export function timerModels(results: Results, intervalS: number): TimerModels {
  const totals = results.totals();
  const service = totals.find((one) => one.kind === CELL_KIND.timer && one.name === "");
  const response = totals.find(
    (one) => one.kind === CELL_KIND.response && one.name === "" && one.count > 0,
  );
  const named = totals.filter((one) => one.kind === CELL_KIND.timer && one.name !== "");
  const busiest = [...named].sort((a, b) => b.count - a.count).slice(0, REPORT_LIMIT.timers);
  const charted = busiest.slice(0, REPORT_LIMIT.charts).filter((one) => one.count > 0);
  const sourceOf = openSources(results, charted);
  const transactions = sourceOf(CELL_KIND.timer, "");
  const { runTimeUs, durationUs } = results.facts;
  const measuredS = measuredSeconds({ spanS: transactions.spanS, runTimeUs, durationUs });
  const pointsOfEach = pointsEach(charted.length + (response === undefined ? 0 : 1));
  const choice = { intervalS, measuredS, pointsOfEach };
  const make = (total: StoredTotal | undefined, shape: TimerShape) =>
    timerModel(total, shape, choice);
  const clock = headlineClock({ service: service?.count ?? 0, response: response?.count ?? 0 });
  const serviceModel = make(service, {
    id: clock === "service" ? "all" : "service",
    name: "All transactions",
    clock: "service",
    source: transactions,
  });
  const responseModel =
    response &&
    make(response, {
      id: clock === "response" ? "all" : "response",
      name: "All transactions",
      clock: "response",
      source: sourceOf(CELL_KIND.response, ""),
    });
  const shown = new Set(busiest);
  return {
    ...(responseModel === undefined || clock === "service"
      ? { all: serviceModel, other: responseModel }
      : { all: responseModel, other: serviceModel }),
    timers: named
      .filter((total) => shown.has(total))
      .map((total, i) =>
        make(total, {
          id: `t${i + 1}`,
          name: clip(total.name, REPORT_LIMIT.name),
          clock: "service",
          source: charted.includes(total) ? sourceOf(CELL_KIND.timer, total.name) : undefined,
        }),
      ),
    timersTotal: named.length,
    timerValues: named.reduce((sum, total) => sum + total.count, 0),
    measuredS,
  };
}

function timerModel(
  total: StoredTotal | undefined,
  shape: TimerShape,
  choice: {
    readonly intervalS: number;
    readonly measuredS: number;
    readonly pointsOfEach: number;
  },
): TimerModel {
  const { intervalS, measuredS, pointsOfEach } = choice;
  const { id, name, clock, source } = shape;
  // Both clocks of all transactions are held against each other: of the same steps.
  const isWhole = WHOLE_IDS.has(id);
  const chosen =
    source &&
    chartsAndTable(source, {
      intervalS,
      measuredS,
      pointsMax: isWhole ? REPORT_LIMIT.points : pointsOfEach,
      rowsMax: isWhole ? REPORT_LIMIT.intervals : REPORT_LIMIT.timerIntervals,
      heatColumns: isWhole ? HEAT_LIMIT.columns : HEAT_LIMIT.timerColumns,
    });
  return {
    id,
    name,
    clock,
    figures: figuresOf(total, measuredS),
    charts: chosen?.charts,
    heat: chosen?.heat,
    distribution: chosen === undefined ? undefined : distributionOf(total),
    table: chosen?.table,
  };
}

const WHOLE_IDS: ReadonlySet<string> = new Set(["all", "service", "response"]);

interface TimerShape {
  readonly id: string;
  readonly name: string;
  readonly clock: ClockName;
  /** Undefined where the timer has no charts. */
  readonly source: IntervalSource | undefined;
}

type OpenSource = (kind: StoredTotal["kind"], name: string) => IntervalSource;

function openSources(results: Results, charted: readonly StoredTotal[]): OpenSource {
  if (results.origin === "oct") return (kind, name) => storedSource({ results, kind, name });
  const values = rowValues(results, new Set(["", ...charted.map((total) => total.name)]));
  return (_, name) => rowSource(values.get(name) ?? { second: [], valueS: [], isError: [] });
}
