// --notify: the summary of a run, posted when it is over.

import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import { DELIVERY_LIMIT, DeliveryError, type Transport } from "../output/delivery.ts";
import { shownHook } from "../output/safe-url.ts";
import type { FollowerParts } from "./follower.ts";
import { httpTransport } from "./out-transports.ts";

/** A line that is said at the end. */
export interface EndLine {
  readonly text: string;
  readonly isBad: boolean;
}

const ATTEMPTS = 3;
const PAUSE_US = 500_000;

/** Posts to all at once; resolves with a line for each. */
export async function notifyAll(
  parts: FollowerParts & { readonly body: string },
): Promise<readonly EndLine[]> {
  const { env, values, body } = parts;
  const token = env.variables["OCT_NOTIFY_TOKEN"] ?? "";
  const headers = {
    "Content-Type": "application/json",
    ...(token === "" ? {} : { Authorization: `Bearer ${token}` }),
  };
  return await Promise.all(
    values.asked.hooks.map(async (url) => {
      const transport = httpTransport({ name: `notify ${shownHook(url)}`, url, headers });
      const failure = await notify(transport, body, env.clock);
      return failure === ""
        ? { text: `notified ${shownHook(url)}`, isBad: false }
        : { text: `${transport.name}: not delivered: ${failure}`, isBad: true };
    }),
  );
}

async function notify(transport: Transport, body: string, clock: Clock): Promise<string> {
  let reason = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await clock.sleep(PAUSE_US);
    const limit = new AbortController();
    const over = new AbortController();
    const stop = clock.sleep(DELIVERY_LIMIT.sendUs, over.signal).then(
      () => limit.abort(new DeliveryError("no answer in time", true)),
      () => {},
    );
    try {
      await transport.send({ body, units: 1 }, limit.signal);
      return "";
    } catch (thrown) {
      reason = limit.signal.aborted ? "no answer in time" : errorText(thrown);
      if (limit.signal.aborted || (thrown as DeliveryError).isFinal) return reason;
    } finally {
      over.abort();
      await stop;
    }
  }
  return reason;
}
