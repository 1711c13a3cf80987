// What a scripted turret measures, second by second, for tests of the live view and its page.

import { BatchBuilder } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { type HqWorld, type LinkPeer, RUN_ID } from "./hq-world.ts";

/** What one turret measures, and hands over as its next batch. */
export class Gun {
  readonly builder = new BatchBuilder({ turretName: "scripted" });
  readonly #peer: LinkPeer;

  constructor(peer: LinkPeer) {
    this.#peer = peer;
  }

  fire(second: number, durationUs: number, name = "home", error = ""): void {
    const { builder } = this;
    builder.countTransaction();
    builder.record(builder.slot(CELL_KIND.timer, ""), second, durationUs, error !== "");
    builder.record(builder.slot(CELL_KIND.timer, name), second, durationUs / 2, false);
    if (error !== "") builder.add(builder.slot(CELL_KIND.error, error), second, 1, 0, 0);
  }

  respond(second: number, durationUs: number): void {
    this.builder.record(this.builder.slot(CELL_KIND.response, ""), second, durationUs, false);
  }

  gauge(second: number, name: string, value: number): void {
    this.builder.record(this.builder.slot(CELL_KIND.gauge, name), second, value, false);
  }

  count(second: number, name: string, sum: number): void {
    this.builder.add(this.builder.slot(CELL_KIND.counter, name), second, 1, 0, sum);
  }

  check(second: number, name: string, count: number, failed: number): void {
    this.builder.add(this.builder.slot(CELL_KIND.check, name), second, count, failed, 0);
  }

  send(): void {
    const taken = this.builder.take() ?? { bytes: new Uint8Array(0), transactions: 0 };
    this.#peer.transactions += taken.transactions;
    this.#peer.say({ type: "batch", runId: RUN_ID, sequence: ++this.#peer.sequence, ...taken });
  }
}

/** Fires as `each` says at the end of every second, until `isDone`. */
export async function fireSeconds(
  world: HqWorld,
  peer: LinkPeer,
  each: (second: number) => void,
  isDone = () => world.hq.phase === "draining",
): Promise<void> {
  let second = 0;
  await world.until(() => {
    const atS = Math.floor(world.hq.atUs() / 1_000_000);
    for (; second < atS; second++) {
      each(second);
      peer.heartbeat("firing");
    }
    return isDone();
  }, 3_600_000_000);
}
