// OCT's real-time stream of results, -p TOPIC: a PUB socket on the port `external_publisher`, for what
// was written to look at runs of OCT while they go.

import { formatCount } from "../base/units.ts";
import { ResultStream } from "../output/result-stream.ts";
import type { Follower, FollowerParts } from "./follower.ts";

/** With -p, or where the configuration names the port; then the topic is made up, as OCT did. */
export async function openPublisher(parts: FollowerParts): Promise<Follower | undefined> {
  const { input, config, screen } = parts;
  const given = input.text("publisher-channel");
  if (given === undefined && config.raw["external_publisher"] === undefined) return undefined;
  const topic = given ?? crypto.randomUUID().replaceAll("-", "");
  const { bindPublisher } = await import("../zmq/publisher.ts");
  // A run of this machine alone opens nothing to others unless it is told to.
  const address = input.text("listen") ?? (input.isOn("local") ? "127.0.0.1" : "*");
  const publisher = bindPublisher({ address, port: config.externalPublisher });
  const topicBytes = new TextEncoder().encode(topic);
  const stream = new ResultStream((payload) => publisher.publish(topicBytes, payload));
  screen.line(`External publishing topic is ${topic}, on port ${publisher.port}`);
  let transactions = 0;
  return {
    observer: {
      name: "publisher",
      onBatch: (batch) => stream.add(batch),
      onSecond: () => stream.refill(),
      onEnd: (run) => {
        transactions = run.aggregate.transactions;
      },
    },
    async finish() {
      const rest = transactions - stream.published;
      const text = `published ${formatCount(stream.published)} results on port ${publisher.port}`;
      if (rest <= 0) return [text];
      return [`${text}; ${formatCount(rest)} more were not (rows ended, or too many a second)`];
    },
    close: async () => publisher.close(),
  };
}
