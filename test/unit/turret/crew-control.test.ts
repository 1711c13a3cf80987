// A crew with real threads whose schedule is changed while it fires.

import { describe, expect, test } from "bun:test";
import { systemClock } from "../../../src/base/clock.ts";
import type { ControlSegment } from "../../../src/pace/control.ts";
import { LONE_PLACE } from "../../../src/protocol/messages.ts";
import {
  type CrewRun,
  type CrewRunOptions,
  loadCrewRun,
  TEST_SCRIPT,
} from "../../support/crew-run.ts";
import { until } from "../../support/wait.ts";

const S = 1_000_000;
const FILES = {
  [TEST_SCRIPT]: `import { Transaction, sleep } from "oct";
export class Visitor extends Transaction {
  async run() {
    await sleep(0.001);
  }
}
`,
};

function segment(parts: Partial<ControlSegment>): ControlSegment {
  return { atUs: 0, kind: "rate", definition: "", value: 0, isPercent: false, ...parts };
}

/** Starts half a second ahead, with `segments` known before. */
async function start(
  options: Omit<CrewRunOptions, "files"> & { readonly files?: CrewRunOptions["files"] },
  segments: readonly ControlSegment[] = [],
): Promise<CrewRun> {
  const run = await loadCrewRun({ files: FILES, ...options });
  if (segments.length > 0) run.crew?.control(segments);
  run.crew?.start(systemClock().nowUs() + S / 2, run.startWallMs, LONE_PLACE);
  return run;
}

describe("a crew that is controlled", () => {
  test("fires exactly what the changed rates add up to, with the pause left out", async () => {
    const segments = [
      segment({ kind: "pause", atUs: 0.3 * S }),
      segment({ kind: "resume", atUs: 0.6 * S }),
      segment({ value: 300, atUs: 0.8 * S }),
    ];
    using run = await start(
      { definition: { rate: 100, cannons: 200 }, job: { threads: 2, runTimeUs: S } },
      segments.slice(0, 1),
    );
    run.crew?.control(segments);
    await until(() => run.isDone, { what: "the end of the run" });
    expect(run.totals).toMatchObject({ planned: 50 + 150, started: 200, transactions: 200 });
    expect(run.transactions).toBe(200);
  });

  test("threads end together when nothing is left, long before the time is over", async () => {
    using run = await start({
      definition: { phases: [{ duration: 0.2, rate: 25 }], cannons: 200 },
      job: { threads: 3, runTimeUs: 600 * S },
    });
    await until(() => run.isDone, { what: "the end of the run" });
    expect(run.totals).toMatchObject({ planned: 5, started: 5, dropped: 0 });
  });

  test("a thread that is replaced goes on by the changed schedule", async () => {
    const script = `import { existsSync, writeFileSync } from "node:fs";
import { Transaction, sleep } from "oct";
export class Visitor extends Transaction {
  async run() {
    await sleep(0.001);
    if (this.cannon.index !== 4 || existsSync(import.meta.dir + "/flag")) return;
    writeFileSync(import.meta.dir + "/flag", "");
    while (true) {}
  }
}
`;
    using run = await start(
      {
        files: { [TEST_SCRIPT]: script },
        definition: { cannons: 2 },
        job: { threads: 2, runTimeUs: 600 * S },
        limit: { silenceUs: 800_000 },
      },
      [segment({ kind: "cannons", value: 5 })],
    );
    await until(() => run.events.some((text) => text.includes("it was replaced")), {
      what: "a thread to be replaced",
    });
    await until(() => run.crew?.stats()["cannons"] === 5, { what: "all five cannons" });
    run.crew?.stop(S);
    await until(() => run.isDone, { what: "the end of the run" });
    const { totals } = run;
    expect(totals?.threadsReplaced).toBe(1);
    expect(totals?.started).toBe((totals?.transactions ?? 0) + (totals?.unfinished ?? 0));
  }, 20_000);

  test("a pause without an end is ended by a stop", async () => {
    using run = await start(
      { definition: { cannons: 3, pacing: 0.01 }, job: { threads: 2, runTimeUs: S } },
      [segment({ kind: "pause", atUs: 0.2 * S })],
    );
    await until(() => run.transactions > 10, { what: "transactions before the pause" });
    run.crew?.stop(S);
    await until(() => run.isDone, { what: "the end of the run" });
    expect(run.totals?.unfinished).toBe(0);
  });
});
