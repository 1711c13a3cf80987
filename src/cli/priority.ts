// Whoever is due to fire goes first. Where threads share a core, the scheduler of Linux lets a running one
// finish its slice of milliseconds before it turns to one that woke up; a lower priority cuts that short.
// On Linux a priority is a thread's own, and the call without a number is for the thread that calls. A load
// that fires as fast as it can has no instants to keep to, and needs its compilers sooner.

import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";

/** Of the main thread, which counts and shows while others fire. */
const MAIN_NICE = 10;
/** Of the compiler's threads: what fires a lot still wants to become fast soon. */
const COMPILER_NICE = 5;
const COMPILERS = new Set(["JITWorker", "JSCWarmUp", "mi-scavenger"]);
const TASKS = "/proc/self/task";

/** Lets cannon threads of this process go before the thread that calls, and before compilers. */
export function giveWayToOthers(): void {
  // Elsewhere a priority is the whole process's, and nothing would be won.
  if (os.platform() !== "linux") return;
  try {
    os.setPriority(MAIN_NICE);
    for (const task of readdirSync(TASKS)) {
      const name = readFileSync(`${TASKS}/${task}/comm`, "utf8").trim();
      if (COMPILERS.has(name)) os.setPriority(Number(task), COMPILER_NICE);
    }
  } catch {
    // Where the system forbids it, or a thread has just ended, they share as equals.
  }
}
