// Tables that came later than the first files of ours: one that lacks them has nothing to tell.

import type { SlowRequest } from "../stats/slowest.ts";
import { SLOWEST_LIMIT } from "../stats/slowest.ts";
import type { Database } from "./database.ts";
import type { ValueReader } from "./query-values.ts";
import type { ControlRecord } from "./records.ts";
import { STORY_LIMIT } from "./run-story.ts";
import { TURRET_SERIES_LIMIT, type TurretStep, VITALS } from "./turret-series.ts";

const TURRET_ROWS_MAX = TURRET_SERIES_LIMIT.turrets * (TURRET_SERIES_LIMIT.steps + 1);

/** Slowest first. */
export function readSlowest(database: Database, values: ValueReader): readonly SlowRequest[] {
  if (!hasTable(database, "oct_slowest")) return [];
  const rows = database.all(`SELECT "start_us", "duration_us", "dns_us", "connect_us", "tls_us",
    "send_us", "wait_us", "receive_us", "name", "status", "turret" FROM "oct_slowest"
    ORDER BY "id" LIMIT ${SLOWEST_LIMIT.requests}`);
  return rows.map((row) => {
    const time = (at: number) => values.number(row[at], "a time of a slow request");
    return {
      startUs: time(0),
      durationUs: time(1),
      dnsUs: time(2),
      connectUs: time(3),
      tlsUs: time(4),
      sendUs: time(5),
      waitUs: time(6),
      receiveUs: time(7),
      name: values.text(row[8], "the name of a slow request"),
      status: values.text(row[9], "the status of a slow request"),
      turret: values.text(row[10], "the turret of a slow request"),
    };
  });
}

/** In the order of asking. */
export function readControls(database: Database, values: ValueReader): readonly ControlRecord[] {
  if (!hasTable(database, "oct_control")) return [];
  const rows = database.all(`SELECT "at_us", "kind", "definition", "value", "is_percent",
    "asked_by", "text" FROM "oct_control" ORDER BY "id" LIMIT ${STORY_LIMIT.events}`);
  return rows.map((row) => ({
    atUs: values.number(row[0], "the time of a control"),
    kind: values.text(row[1], "the kind of a control"),
    definition: values.text(row[2], "the definition of a control"),
    value: values.number(row[3], "the value of a control"),
    isPercent: values.number(row[4], "the unit of a control") === 1,
    by: values.text(row[5], "who asked for a control"),
    text: values.text(row[6], "the text of a control"),
  }));
}

/** By turret index, ascending by second. */
export function readTurretSteps(
  database: Database,
  values: ValueReader,
): ReadonlyMap<number, readonly TurretStep[]> {
  const byTurret = new Map<number, TurretStep[]>();
  if (!hasTable(database, "oct_turret_interval")) return byTurret;
  const columns = VITALS.map((name) => `"${snake(name)}"`).join(", ");
  const rows = database.each(`SELECT "turret_index", "second", "seconds", ${columns}
    FROM "oct_turret_interval" ORDER BY "turret_index", "second" LIMIT ${TURRET_ROWS_MAX}`);
  for (const row of rows) {
    const number = (at: number) => values.number(row[at], "a number of a turret's interval");
    const told = VITALS.map((name, i) => {
      return [name, values.maybeNumber(row[3 + i], `${name} of a turret's interval`)];
    });
    const step = { second: number(1), seconds: number(2), ...Object.fromEntries(told) };
    const steps = byTurret.get(number(0)) ?? [];
    if (steps.length === 0) byTurret.set(number(0), steps);
    steps.push(step as TurretStep);
  }
  return byTurret;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function hasTable(database: Database, table: string): boolean {
  return database.all(`PRAGMA table_info("${table}")`).length > 0;
}
