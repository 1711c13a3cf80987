// Runs a script with real threads and collects what they measured.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { LONE_PLACE } from "../../src/protocol/messages.ts";
import { decodeBatch } from "../../src/stats/batch.ts";
import { CELL_KIND, type CellKind } from "../../src/stats/cell.ts";
import { type CrewLimit, createCrewLoader } from "../../src/turret/crew.ts";
import type { Crew, CrewTotals, Job } from "../../src/turret/crew-contract.ts";
import { tempFolder } from "./temp.ts";

export const TEST_SCRIPT = "test_scripts/v_user.ts";

export interface CrewRunOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly definition?: JsonObject;
  readonly context?: JsonObject;
  readonly job?: Partial<Job>;
  readonly limit?: Partial<CrewLimit>;
}

export interface Row {
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  readonly error: string;
  readonly timers: Readonly<Record<string, number>>;
}

/** A run in progress; disposing it ends the threads and removes the files. */
export class CrewRun implements Disposable {
  readonly events: string[] = [];
  readonly rows: Row[] = [];
  transactions = 0;
  totals: CrewTotals | undefined;
  crew: Crew | undefined;
  readonly startWallMs: number;
  readonly #folder = tempFolder();
  readonly #cells = new Map<string, { count: number; errorCount: number; sum: number }>();

  constructor(startWallMs: number) {
    this.startWallMs = startWallMs;
  }

  get directory(): string {
    return this.#folder.path;
  }

  count(kind: CellKind, name: string): number {
    return this.#cells.get(`${kind} ${name}`)?.count ?? 0;
  }

  sum(kind: CellKind, name: string): number {
    return this.#cells.get(`${kind} ${name}`)?.sum ?? 0;
  }

  errorCount(kind: CellKind, name: string): number {
    return this.#cells.get(`${kind} ${name}`)?.errorCount ?? 0;
  }

  /** Texts of failed transactions and how many there were. */
  get errors(): Record<string, number> {
    const prefix = `${CELL_KIND.error} `;
    const found = [...this.#cells].filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(found.map(([key, { count }]) => [key.slice(prefix.length), count]));
  }

  get isDone(): boolean {
    return this.totals !== undefined;
  }

  take(bytes: Uint8Array, transactions: number): void {
    this.transactions += transactions;
    const { cells, rows, texts } = decodeBatch(bytes);
    for (const cell of cells) {
      const key = `${cell.kind} ${cell.name}`;
      const before = this.#cells.get(key) ?? { count: 0, errorCount: 0, sum: 0 };
      this.#cells.set(key, {
        count: before.count + cell.count,
        errorCount: before.errorCount + cell.errorCount,
        sum: before.sum + cell.sum,
      });
    }
    for (let i = 0; i < rows.count; i++) {
      const timers: Record<string, number> = {};
      for (let t = i === 0 ? 0 : (rows.timerEnd[i - 1] ?? 0); t < (rows.timerEnd[i] ?? 0); t++) {
        timers[texts[rows.timerText[t] ?? 0] ?? ""] = rows.timerS[t] ?? 0;
      }
      this.rows.push({
        elapsedS: rows.elapsedS[i] ?? 0,
        epochS: rows.epochS[i] ?? 0,
        scriptrunS: rows.scriptrunS[i] ?? 0,
        error: texts[rows.errorText[i] ?? 0] ?? "",
        timers,
      });
    }
  }

  [Symbol.dispose](): void {
    this.crew?.close();
    this.#folder[Symbol.dispose]();
  }
}

/** Loads a script in threads; rejects as the loader does. */
export async function loadCrewRun(options: CrewRunOptions): Promise<CrewRun> {
  const clock = systemClock();
  const run = new CrewRun(clock.wallMs());
  for (const [name, text] of Object.entries(options.files)) {
    const file = path.join(run.directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const loadCrew = createCrewLoader({
    clock,
    workerUrl: new URL("../../src/worker.ts", import.meta.url),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  const definition = { name: "navigation", cannons: 1, rampup: 0, script: TEST_SCRIPT };
  const job: Job = {
    runId: "run-1",
    directory: run.directory,
    definition: { ...definition, ...options.definition },
    context: options.context ?? {},
    seed: 1,
    turretIndex: 0,
    turretName: "navigation",
    runTimeUs: 300_000,
    flushPeriodUs: 20_000,
    threads: 1,
    graceUs: 10_000_000,
    ...options.job,
  };
  try {
    run.crew = await loadCrew(job, {
      onBatch: (bytes, transactions) => run.take(bytes, transactions),
      onEvent: (level, text) => run.events.push(`${level} ${text}`),
      onDone: (totals) => {
        run.totals = totals;
      },
    });
  } catch (thrown) {
    run[Symbol.dispose]();
    throw thrown;
  }
  return run;
}

/** Loads and starts. */
export async function startCrewRun(options: CrewRunOptions): Promise<CrewRun> {
  const run = await loadCrewRun(options);
  run.crew?.start(systemClock().nowUs(), run.startWallMs, LONE_PLACE);
  return run;
}
