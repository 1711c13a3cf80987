// The first batch of a thread is made while it fires, and code that runs for the first time is slow:
// milliseconds by which arrivals would start late. So a thread that has arrivals to keep to makes a few
// batches of nothing in particular before it says that it is ready.

import { BatchBuilder } from "../stats/batch.ts";
import { CELL_KIND } from "../stats/cell.ts";

const BATCHES = 4;
const VALUES = 200;

export function warmUpBatches(): void {
  const batch = new BatchBuilder({ turretName: "" });
  const slots = [CELL_KIND.timer, CELL_KIND.response, CELL_KIND.lateness, CELL_KIND.phase].map(
    (kind) => batch.slot(kind, ""),
  );
  for (let second = 0; second < BATCHES; second++) {
    for (let i = 0; i < VALUES; i++) {
      for (const slot of slots)
        batch.record(slot, second, 100 + ((i * 7919) % 100_000), i % 9 === 0);
    }
    batch.take();
  }
}
