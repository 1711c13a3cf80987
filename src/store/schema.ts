// The tables of results.sqlite. `result` and `turret` are OCT's to the letter, so that whatever read
// the old databases reads these; ours are beside them, all named oct_*. The database is derived from
// the journal and can be made again from it; within it oct_error, oct_total and oct_turret_total are
// derived from the same cells as oct_interval.
//
//   oct_run           facts of the run: key, value as JSON text (keys: FACT)
//   oct_name          what was measured: kind (CELL_KIND) and name
//   oct_interval      cells: second since the start (a multiple of the base interval), numbers and the
//                     sparse histogram (stats/count-list.ts; HdrHistogram's V2 payload)
//   oct_total         the same over the whole run
//   oct_turret_total  the same of each turret, without histograms
//   oct_error         failed transactions by text
//   oct_turret        what OCT's turret table has no place for, by turret index; row = turret.id
//   oct_turret_event  every change of a turret's status
//   oct_event         what people should read, at its time
//   oct_control       what was asked of the run while it fired: at_us is when it took effect, kind and
//                     value as in ControlRecord (records.ts), asked_by says who
//   oct_malformed     samples of malformed messages; oct_malformed_count their number by kind
//   oct_count         the count identities of each turret (turret_index 4294967295: protocol 1)
//   oct_turret_interval  how the first turrets were doing over time: means over the step, of lag and
//                     waiting batches the highest, of batches and transactions the last; NULL: not told
//   oct_slowest       the slowest requests, slowest first, with their phases
//   oct_response      response time from the intended start in seconds, by result.id
//
// Times ending in _us are microseconds since the run's start; values of durations are microseconds,
// but those of result and oct_response are seconds, as in OCT.

/** Raised when a reader of the older version would be wrong. */
export const SCHEMA_VERSION = 1;

/** Keys of oct_run. */
export const FACT = {
  schemaVersion: "schema_version",
  opened: "opened",
  started: "started",
  closed: "closed",
  isKilled: "is_killed",
  transactions: "transactions",
  errorCount: "error_count",
  rowsKept: "rows_kept",
  rowsCounted: "rows_counted",
  baseIntervalS: "base_interval_s",
  firstEpochS: "first_epoch_s",
  lastEpochS: "last_epoch_s",
  durationUs: "duration_us",
  journal: "journal",
} as const;

const NUMBERS = `"count" INTEGER NOT NULL, "error_count" INTEGER NOT NULL, "sum" REAL NOT NULL,
  "sum_squares" REAL NOT NULL, "min" REAL NOT NULL, "max" REAL NOT NULL`;

/** OCT's tables, exactly as the old OCT made them. */
export const OCT_TABLES: readonly string[] = [
  `CREATE TABLE "result" ("id" INTEGER NOT NULL PRIMARY KEY, "error" TEXT, ` +
    `"scriptrun_time" REAL NOT NULL, "elapsed" REAL NOT NULL, "epoch" REAL NOT NULL, ` +
    `"custom_timers" TEXT, "turret_name" VARCHAR(255) NOT NULL)`,
  `CREATE TABLE "turret" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, ` +
    `"uuid" TEXT NOT NULL, "cannons" INTEGER NOT NULL, "script" TEXT NOT NULL, ` +
    `"rampup" INTEGER NOT NULL, "status" TEXT NOT NULL, "updated_at" DATETIME NOT NULL)`,
];

export const OWN_TABLES: readonly string[] = [
  `CREATE TABLE "oct_run" ("key" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL)`,
  `CREATE TABLE "oct_name" ("id" INTEGER NOT NULL PRIMARY KEY, "kind" INTEGER NOT NULL,
  "name" TEXT NOT NULL)`,
  `CREATE TABLE "oct_interval" ("name_id" INTEGER NOT NULL, "second" INTEGER NOT NULL, ${NUMBERS},
  "histogram" BLOB, PRIMARY KEY ("name_id", "second")) WITHOUT ROWID`,
  `CREATE TABLE "oct_total" ("name_id" INTEGER NOT NULL PRIMARY KEY, ${NUMBERS}, "histogram" BLOB)`,
  `CREATE TABLE "oct_turret_total" ("turret_index" INTEGER NOT NULL, "name_id" INTEGER NOT NULL,
  ${NUMBERS}, PRIMARY KEY ("turret_index", "name_id")) WITHOUT ROWID`,
  `CREATE TABLE "oct_error" ("id" INTEGER NOT NULL PRIMARY KEY, "text" TEXT NOT NULL,
  "count" INTEGER NOT NULL, "first_second" INTEGER NOT NULL, "last_second" INTEGER NOT NULL)`,
  `CREATE TABLE "oct_turret" ("turret_index" INTEGER NOT NULL PRIMARY KEY,
  "turret_id" INTEGER NOT NULL, "wire" TEXT NOT NULL, "host" TEXT NOT NULL,
  "oct_version" TEXT NOT NULL, "cores" INTEGER NOT NULL, "clock_offset_us" REAL NOT NULL)`,
  `CREATE TABLE "oct_turret_event" ("id" INTEGER NOT NULL PRIMARY KEY,
  "turret_index" INTEGER NOT NULL, "at_us" REAL NOT NULL, "status" TEXT NOT NULL)`,
  `CREATE TABLE "oct_event" ("id" INTEGER NOT NULL PRIMARY KEY, "at_us" REAL NOT NULL,
  "level" TEXT NOT NULL, "turret_index" INTEGER NOT NULL, "text" TEXT NOT NULL)`,
  `CREATE TABLE "oct_control" ("id" INTEGER NOT NULL PRIMARY KEY, "at_us" REAL NOT NULL,
  "kind" TEXT NOT NULL, "definition" TEXT NOT NULL, "value" REAL NOT NULL,
  "is_percent" INTEGER NOT NULL, "asked_by" TEXT NOT NULL, "text" TEXT NOT NULL)`,
  `CREATE TABLE "oct_malformed" ("id" INTEGER NOT NULL PRIMARY KEY, "kind" TEXT NOT NULL,
  "at_us" REAL NOT NULL, "size_bytes" INTEGER NOT NULL, "sample" BLOB NOT NULL)`,
  `CREATE TABLE "oct_malformed_count" ("kind" TEXT NOT NULL PRIMARY KEY,
  "count" INTEGER NOT NULL)`,
  `CREATE TABLE "oct_count" ("turret_index" INTEGER NOT NULL PRIMARY KEY,
  "sent_transactions" INTEGER, "sent_batches" INTEGER,
  "received_transactions" INTEGER NOT NULL, "received_batches" INTEGER NOT NULL,
  "journaled_transactions" INTEGER NOT NULL, "journaled_batches" INTEGER NOT NULL,
  "repeated_batches" INTEGER NOT NULL, "lost_transactions" INTEGER NOT NULL,
  "unfinished_transactions" INTEGER NOT NULL, "dropped_transactions" INTEGER NOT NULL,
  "planned_transactions" INTEGER, "started_transactions" INTEGER,
  "counted_transactions" INTEGER NOT NULL, "counted_batches" INTEGER NOT NULL)`,
  `CREATE TABLE "oct_turret_interval" ("turret_index" INTEGER NOT NULL, "second" INTEGER NOT NULL,
  "seconds" INTEGER NOT NULL, "cannons" REAL, "in_flight" REAL, "cpu_percent" REAL, "sockets" REAL,
  "memory_mb" REAL, "lag_us" REAL, "waiting_batches" REAL, "batches" REAL, "transactions" REAL,
  PRIMARY KEY ("turret_index", "second")) WITHOUT ROWID`,
  `CREATE TABLE "oct_slowest" ("id" INTEGER NOT NULL PRIMARY KEY, "start_us" REAL NOT NULL,
  "name" TEXT NOT NULL, "status" TEXT NOT NULL, "turret" TEXT NOT NULL, "duration_us" REAL NOT NULL,
  "dns_us" REAL NOT NULL, "connect_us" REAL NOT NULL, "tls_us" REAL NOT NULL,
  "send_us" REAL NOT NULL, "wait_us" REAL NOT NULL, "receive_us" REAL NOT NULL)`,
  `CREATE TABLE "oct_response" ("row_id" INTEGER NOT NULL PRIMARY KEY,
  "response_time" REAL NOT NULL)`,
];

/** What `turret_name` holds for results that do not say whose they are, as the old OCT. */
export const NO_NAME = "Noname";

/** `updated_at` of OCT: local time `YYYY-MM-DD HH:MM:SS.ffffff`. */
export function localTimeText(wallMs: number): string {
  const at = new Date(wallMs);
  if (Number.isNaN(at.getTime())) return localTimeText(0);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const us = Math.floor((wallMs - Math.floor(wallMs / 1000) * 1000) * 1000);
  return `${day} ${time}.${String(us).padStart(6, "0")}`;
}
