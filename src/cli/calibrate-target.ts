// The target of oct calibrate: a server of known delay in a thread of its own.

import { OctError } from "../base/errors.ts";
import type { Env } from "./env.ts";

export interface TargetThread {
  readonly port: number;
  setDelay(delayUs: number): void;
  /** What the target took for each request since the last call, in microseconds. */
  takeDelays(): Promise<Float64Array>;
  close(): void;
}

export function startTarget(env: Env): Promise<TargetThread> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(env.workerUrl);
    let onDelays: (delays: Float64Array) => void = () => {};
    worker.addEventListener("message", (event: MessageEvent) => {
      const { port, delays } = event.data as { port?: unknown; delays?: unknown };
      if (delays instanceof Float64Array) onDelays(delays);
      if (typeof port !== "number") return;
      resolve({
        port,
        setDelay: (delayUs) => worker.postMessage({ type: "target", delayUs }),
        takeDelays: () =>
          new Promise((taken) => {
            onDelays = taken;
            worker.postMessage({ type: "target", isTaking: true });
          }),
        close: () => worker.terminate(),
      });
    });
    worker.addEventListener("error", (event: ErrorEvent) => {
      reject(new OctError(`the target could not be started: ${event.message}`));
    });
    worker.postMessage({ type: "target", delayUs: 0 });
  });
}
