// OCT's real-time stream of results: a PUB socket that whoever likes subscribes to by topic. Frames: the
// topic, then one result as JSON. A subscriber that is too slow loses messages; nobody waits for it.

import { listen } from "./listen.ts";
import { bindable } from "./resolve.ts";
import { PubSocket, ZmqContext } from "./socket.ts";

const LINGER_MS = 500;
/** Messages that wait for one subscriber: two seconds of the most that are published. */
const SEND_HIGH_WATER = 40_000;
/** What a subscriber may say: topics. */
const SUBSCRIPTION_BYTES_MAX = 64 * 1024;

export interface Publisher {
  readonly port: number;
  /** False where it was not taken. */
  publish(topic: Uint8Array, payload: Uint8Array): boolean;
  close(): void;
}

/** Listens; port 0 takes a free one. Throws OctError where it cannot. */
export function bindPublisher(options: {
  readonly address: string;
  readonly port: number;
}): Publisher {
  const at = bindable(options.address);
  const context = new ZmqContext();
  try {
    const pub = new PubSocket(context, {
      ipv6: at.ipv6,
      lingerMs: LINGER_MS,
      sendHighWater: SEND_HIGH_WATER,
      messageBytesMax: SUBSCRIPTION_BYTES_MAX,
    });
    return {
      port: listen(pub, at, options.port),
      publish: (topic, payload) => !pub.isClosed && pub.send(topic, payload),
      close: () => context.close(),
    };
  } catch (thrown) {
    context.close();
    throw thrown;
  }
}
