// What the threads of a crew are told of the run: the job of each but for its number.

import { OctError } from "../base/errors.ts";
import { loadOf } from "../config/turret-load.ts";
import { Board, stepsOf } from "./board.ts";
import type { Job } from "./crew-contract.ts";
import type { ThreadJob } from "./thread-messages.ts";

/** Path of the script; "" where a request is fired without one. Throws OctError. */
export function scriptOf(job: Job): string {
  const script = job.definition["script"];
  if (typeof script === "string" && script !== "") return script;
  if (job.definition["fire"] !== undefined) return "";
  throw new OctError(`turret ${job.turretName} names no script`, { where: job.turretName });
}

/** What all threads of a job share; `threadIndex` is each one's own. */
export function threadJob(job: Job, workerUrl: string): ThreadJob {
  const { definition, runTimeUs } = job;
  const load = loadOf(definition, runTimeUs);
  const threadCount = Math.max(1, Math.min(job.threads, load.cannons));
  return {
    directory: job.directory,
    script: scriptOf(job),
    definition,
    context: job.context,
    seed: job.seed,
    turretIndex: job.turretIndex,
    turretName: job.turretName,
    load,
    runTimeUs,
    graceUs: job.graceUs,
    flushPeriodUs: job.flushPeriodUs,
    threadIndex: 0,
    threadCount,
    generation: 0,
    done: 0,
    rowsTaken: 0,
    board: new Board({ threads: threadCount, steps: stepsOf(load) }).buffer,
    workerUrl,
    wantRows: definition["rows"] !== false,
  };
}
