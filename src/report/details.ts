// The depth of a run's report, put together: the model's `details`.

import type { EventRecord } from "../store/records.ts";
import type { Results } from "../store/results.ts";
import type { ClocksModel, DetailModel } from "./detail-types.ts";
import { errorGroups } from "./error-groups.ts";
import { loadModel } from "./load.ts";
import { markModels } from "./marks.ts";
import { measurementRows } from "./measurement.ts";
import { checkModels, phaseModels, slowModels, statusModels } from "./requests.ts";
import type { TimerModels } from "./timers.ts";
import { turretCharts } from "./turret-charts.ts";
import type { CountsModel, TurretModel } from "./types.ts";

export function detailModel(parts: {
  readonly results: Results;
  readonly made: TimerModels;
  readonly intervalS: number;
  readonly counts: CountsModel;
  readonly turrets: readonly TurretModel[];
  readonly events: readonly EventRecord[];
  readonly nameOf: (turretIndex: number) => string | undefined;
}): DetailModel {
  const { results, made, intervalS, counts, turrets, nameOf } = parts;
  const totals = results.totals();
  const spanS = Math.max(1, made.measuredS);
  return {
    clocks: clocksModel(made),
    load: results.origin === "old" ? undefined : loadModel(results, spanS, intervalS),
    ...statusModels(results, totals, spanS),
    phases: phaseModels(totals, made.measuredS),
    slowest: slowModels(results),
    ...checkModels(totals),
    ...errorGroups(results, spanS),
    ...turretCharts(results, nameOf),
    measurement: measurementRows({
      results,
      totals,
      counts,
      turrets,
      p50Us: (made.other?.clock === "response" ? made.other : made.all).figures.p50Us,
    }),
    marks: markModels(parts.events),
  };
}

function clocksModel({ all, other }: TimerModels): ClocksModel | undefined {
  const timers = all.clock === "response" ? [all, other] : [other, all];
  const [response, service] = timers.map((timer) => timer?.charts);
  if (response === undefined || service === undefined) return undefined;
  if (response.stepS !== service.stepS) return undefined;
  return {
    stepS: response.stepS,
    responseP50: response.p50,
    responseP99: response.p99,
    serviceP50: service.p50,
    serviceP99: service.p99,
  };
}
