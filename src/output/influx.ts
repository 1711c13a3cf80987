// One second of a run as InfluxDB's line protocol, stamped with the second itself in nanoseconds:
//
//   oct_transactions,project=shop,run=... count=120i,errors=0i,mean_us=...,p95_us=... 1795243200000000000
//   oct_timer,project=shop,run=...,timer=Login count=60i,...

import { CELL_KIND, GAUGE } from "../stats/cell.ts";
import { gaugeLevel } from "../stats/gauges.ts";
import { summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";
import { type Labels, METRICS_LIMIT } from "./metrics.ts";
import type { ToldSecond } from "./second-window.ts";

type Fields = Readonly<Record<string, string>>;

/** Lines of one second; none where nothing came. */
export function influxLines(second: ToldSecond, common: Labels, startWallMs: number): string[] {
  const at = `${BigInt(Math.round((startWallMs + second.second * 1000) * 1000)) * 1000n}`;
  const line = (measurement: string, tags: Labels, fields: Fields): string => {
    const shownTags = Object.entries({ ...common, ...tags })
      .map(([key, value]) => `,${key}=${tagValue(value)}`)
      .join("");
    const shownFields = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
    return `${measurement}${shownTags} ${shownFields.join(",")} ${at}`;
  };
  const service = second.find(CELL_KIND.timer, "");
  const response = second.find(CELL_KIND.response, "");
  const of = (kind: CellTotal["kind"]) =>
    second
      .of(kind)
      .filter((total) => total.name !== "")
      .slice(0, METRICS_LIMIT.names);
  return [
    ...(service === undefined
      ? []
      : [line("oct_transactions", { clock: "service" }, durationFields(service))]),
    ...(response === undefined
      ? []
      : [line("oct_transactions", { clock: "response" }, durationFields(response))]),
    ...of(CELL_KIND.timer).map((total) =>
      line("oct_timer", { timer: total.name }, durationFields(total)),
    ),
    ...of(CELL_KIND.check).map((total) =>
      line(
        "oct_check",
        { check: total.name },
        { passed: whole(total.count - total.errorCount), failed: whole(total.errorCount) },
      ),
    ),
    ...of(CELL_KIND.status).map((total) =>
      line("oct_response", { response: total.name }, { count: whole(total.count) }),
    ),
    ...of(CELL_KIND.counter).map((total) =>
      line("oct_count", { name: total.name }, { value: String(total.sum) }),
    ),
    ...levelLines(second, line),
  ];
}

function levelLines(
  second: ToldSecond,
  line: (measurement: string, tags: Labels, fields: Fields) => string,
): string[] {
  const fields = Object.entries({ cannons: GAUGE.cannons, in_flight: GAUGE.inFlight }).flatMap(
    ([field, name]): [string, string][] => {
      const total = second.find(CELL_KIND.gauge, name);
      const level = total === undefined ? undefined : gaugeLevel(total, 1);
      return level === undefined ? [] : [[field, String(level)]];
    },
  );
  return fields.length === 0 ? [] : [line("oct_load", {}, Object.fromEntries(fields))];
}

function durationFields(total: CellTotal): Fields {
  const summary = summarise(total);
  return {
    count: whole(summary.count),
    errors: whole(summary.errorCount),
    mean_us: String(summary.meanUs),
    min_us: whole(summary.minUs),
    p50_us: whole(summary.p50Us),
    p90_us: whole(summary.p90Us),
    p95_us: whole(summary.p95Us),
    p99_us: whole(summary.p99Us),
    max_us: whole(summary.maxUs),
  };
}

function whole(value: number): string {
  return `${Math.round(value)}i`;
}

/** A tag's value. Control characters would end a line, and a backslash could hide what follows it. */
export function tagValue(text: string): string {
  const safe = text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f]+/g, " ")
    .replaceAll("\\", "/")
    .replace(/([,= ])/g, "\\$1");
  return safe === "" ? "-" : safe;
}
