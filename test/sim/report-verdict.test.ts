// A run from its first batch to its report: the verdict that the report shows is the HQ's, reason by
// reason, and the exit code followed from the same.

import { describe, expect, test } from "bun:test";
import { EXIT } from "../../src/base/errors.ts";
import { buildReportModel } from "../../src/report/model.ts";
import { openResults } from "../../src/store/query.ts";
import { rebuildDatabase } from "../../src/store/rebuild.ts";
import { tempFolder } from "../support/temp.ts";
import { firing } from "./support/hq-firing.ts";
import type { HqWorld, LinkPeer } from "./support/hq-world.ts";

async function verdictOf(directory: string) {
  const { databasePath } = await rebuildDatabase({ directory });
  const results = await openResults(databasePath);
  try {
    return buildReportModel(results).verdict;
  } finally {
    results.close();
  }
}

/** Fires on until the run drains; then the turret says goodbye, if it does. */
async function drain(world: HqWorld, peer: LinkPeer): Promise<void> {
  await world.until(() => {
    if (world.clock.nowUs() % 500_000 === 0) peer.heartbeat("firing");
    return world.hq.phase === "draining";
  });
}

const ENDINGS: readonly (readonly [
  name: string,
  say: (world: HqWorld, peer: LinkPeer) => Promise<void>,
  reasons: number,
])[] = [
  [
    "everything came",
    async (world, peer) => {
      peer.say(peer.batch(4));
      await drain(world, peer);
      peer.bye();
    },
    0,
  ],
  [
    "a batch never came",
    async (world, peer) => {
      peer.say(peer.batch(4));
      peer.batch(6);
      await drain(world, peer);
      peer.bye();
    },
    1,
  ],
  [
    "a batch could not be read",
    async (world, peer) => {
      const broken = peer.batch(10);
      peer.say({ ...broken, bytes: broken.bytes.slice(0, -1) });
      peer.say(peer.batch(3));
      await drain(world, peer);
      peer.bye();
    },
    1,
  ],
  [
    "its numbers do not add up and some were lost",
    async (world, peer) => {
      peer.say(peer.batch(4));
      await drain(world, peer);
      peer.bye({ planned: 10, started: 9, lostTransactions: 2 });
    },
    2,
  ],
  [
    "more came than the turret told of",
    async (world, peer) => {
      peer.say(peer.batch(4));
      await drain(world, peer);
      peer.bye({ planned: 3, started: 3, transactions: 3 });
    },
    1,
  ],
  [
    "the turret fell silent while it fired",
    async (_, peer) => {
      peer.say(peer.batch(4));
    },
    1,
  ],
];

describe("the verdict of the report", () => {
  for (const [name, say, reasons] of ENDINGS) {
    test(`is the HQ's where ${name}`, async () => {
      using folder = tempFolder();
      const { world, peer } = await firing(folder.path, { runTimeUs: 15_000_000 });
      await say(world, peer);
      expect(await world.until(() => world.hq.isOver, 120_000_000)).toBe(true);
      const { outcome } = world.hq;
      expect(outcome.verdict.reasons).toHaveLength(reasons);
      const verdict = await verdictOf(folder.path);
      expect(verdict.reasons).toEqual([...outcome.verdict.reasons]);
      expect(verdict.word).toBe(outcome.verdict.word);
      expect(outcome.exitCode).toBe(verdict.word === "VALID" ? EXIT.ok : EXIT.dataMissing);
    });
  }
});
