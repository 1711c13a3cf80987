// A thread as the target of oct calibrate (cli/calibrate-target.ts): tells its port once, then takes
// new delays and hands over what it noted.

import type { Clock } from "../base/clock.ts";
import { DelayTarget } from "../http/delay-target.ts";

export interface TargetOrder {
  readonly delayUs?: number;
  readonly isTaking?: boolean;
}

export function serveTarget(
  clock: Clock,
  post: (message: { port: number } | { delays: Float64Array }) => void,
): (order: TargetOrder) => void {
  const target = new DelayTarget(clock);
  post({ port: target.port });
  return ({ delayUs, isTaking }) => {
    if (delayUs !== undefined) target.delayUs = delayUs;
    if (isTaking === true) post({ delays: target.takeDelaysUs() });
  };
}
