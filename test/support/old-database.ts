// A results database as the old OCT made them, of any number of rows: quick to make, and enough for
// commands that read results.

import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Random } from "../../src/base/random.ts";

const SCHEMA = path.resolve(import.meta.dir, "../fixtures/oct-schema.sql");

export interface OldDatabase {
  readonly file: string;
  readonly seed: number;
  readonly seconds?: number;
  readonly perSecond?: number;
  /** Factor on every duration. */
  readonly slowness?: number;
  readonly errorShare?: number;
  readonly cannons?: number;
}

export function writeOldDatabase(options: OldDatabase): void {
  const { seconds = 60, perSecond = 50, slowness = 1, errorShare = 0, cannons = 10 } = options;
  const random = new Random(options.seed);
  using database = new Database(options.file, { create: true });
  database.run(readFileSync(SCHEMA, "utf8"));
  database.run(
    "INSERT INTO turret VALUES (1, 'shop', 'u', ?, 'v_user.py', 0, 'stopped', '2026-01-01 00:00:00.000000')",
    [cannons],
  );
  const insert = database.prepare("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, 'shop')");
  database.transaction(() => {
    for (let i = 0; i < seconds * perSecond; i++) {
      const valueS = 0.1 * slowness * Math.exp(random.normal(0, 0.5));
      const error = random.unit() < errorShare ? "failed" : "";
      const elapsedS = i / perSecond;
      const timers = JSON.stringify({ Login: valueS / 2 });
      insert.run(i + 1, error, valueS, elapsedS, 1_767_225_600 + elapsedS, timers);
    }
  })();
}
