// What keeps one script from ending a thread: process.exit() throws, stray rejections and exceptions
// are counted and shown. The process is handed in by thread.ts.

import { errorText } from "../base/errors.ts";
import { HttpError } from "../http/errors.ts";
import { placeOfError } from "./script-places.ts";

/** What of the process is guarded. */
export type GuardedProcess = Pick<NodeJS.Process, "on">;

/** Where counters and texts of strays go. */
export interface StrayWatcher {
  readonly directory: string;
  onStray(counter: string, text: string): void;
}

/** Counters of what went wrong outside of any transaction. */
export const STRAY_COUNTER = {
  rejection: "oct.stray_rejections",
  exception: "oct.stray_exceptions",
} as const;

class ProcessExitCalled extends Error {
  override readonly name = "ProcessExitCalled";
}

/** Makes `process.exit()` and its kin throw an error that names file and line. */
export function guardExit(directory: string, target: GuardedProcess): void {
  const guard = (name: string) => (code?: unknown) => {
    const thrown = new ProcessExitCalled();
    const place = placeOfError(directory, thrown);
    const call = `process.${name}(${code === undefined ? "" : String(code)})`;
    thrown.message = `${call} was called${place === "" ? "" : ` at ${place}`}: a script can not end its turret`;
    throw thrown;
  };
  for (const name of ["exit", "reallyExit", "abort"] as const) {
    Object.defineProperty(target, name, { value: guard(name), configurable: true });
  }
}

/** Counts and shows what scripts leave unhandled; the thread lives on. */
export function watchStrays(watcher: StrayWatcher, target: GuardedProcess): void {
  target.on("unhandledRejection", (thrown) => {
    const text = describe(watcher.directory, thrown);
    watcher.onStray(STRAY_COUNTER.rejection, `a promise was rejected that nobody awaits: ${text}`);
  });
  target.on("uncaughtException", (thrown) => {
    const text = describe(watcher.directory, thrown);
    watcher.onStray(STRAY_COUNTER.exception, `an exception outside of any transaction: ${text}`);
  });
}

function describe(directory: string, thrown: unknown): string {
  const place = thrown instanceof HttpError ? "" : placeOfError(directory, thrown);
  return `${place === "" ? "" : `${place}: `}${errorText(thrown)}`;
}
