// The small parts of an HQ: registry, packs, counts of what is malformed, lines, verdict.

import { describe, expect, test } from "bun:test";
import type { LineKind } from "../../../src/hq/core.ts";
import { longDecimal, shortDecimal } from "../../../src/hq/decimal.ts";
import { Lines } from "../../../src/hq/lines.ts";
import { MalformedLog } from "../../../src/hq/malformed.ts";
import { Packs } from "../../../src/hq/packs.ts";
import { Registry, turretCounts } from "../../../src/hq/registry.ts";
import { judge } from "../../../src/hq/verdict.ts";
import { NamedTally } from "../../../src/stats/tally.ts";
import type { CountsRecord, MalformedRecord } from "../../../src/store/records.ts";
import { definition } from "../../sim/support/world.ts";

describe("Registry", () => {
  test("gives the least served definition, the first of several, and does not count the lost", () => {
    const registry = new Registry();
    const definitions = [definition("a"), definition("b")];
    const names: string[] = [];
    for (let i = 0; i < 5; i++) {
      const turret = registry.add(`uuid ${i}`, "link", 0);
      turret.definition = registry.leastServed(definitions);
      names.push(turret.definition?.name ?? "");
    }
    expect(names).toEqual(["a", "b", "a", "b", "a"]);
    for (const turret of registry.all()) turret.isLost = turret.definition?.name === "b";
    expect(registry.leastServed(definitions)?.name).toBe("b");
    expect(registry.leastServed([])).toBeUndefined();
  });

  test("a connection belongs to the last turret that used it, and the old one is forgotten", () => {
    const registry = new Registry();
    const turret = registry.add("uuid", "link", 0);
    registry.setPeer(turret, "one");
    registry.setPeer(turret, "two");
    expect(registry.byPeer("one")).toBeUndefined();
    expect(registry.byPeer("two")).toBe(turret);
  });

  test("the same uuid on the two wires is two turrets", () => {
    const registry = new Registry();
    const link = registry.add("uuid", "link", 0);
    const other = registry.add("uuid", "protocol 1", 0);
    expect(registry.byUuid("link", "uuid")).toBe(link);
    expect(registry.byUuid("protocol 1", "uuid")).toBe(other);
    expect([link.index, other.index]).toEqual([0, 1]);
  });
});

describe("Packs", () => {
  test("packs each definition once", async () => {
    let made = 0;
    const packs = new Packs(async ({ name }) => {
      made++;
      return { bytes: new Uint8Array(3), hash: name };
    });
    const one = definition("a");
    expect(await packs.of(one)).toBe(await packs.of(one));
    await packs.of(definition("b"));
    expect(made).toBe(2);
    expect(packs.chunk("a", 1)).toHaveLength(2);
    expect(packs.chunk("a", 3)).toBeUndefined();
    expect(packs.chunk("nobody", 0)).toBeUndefined();
  });
});

describe("MalformedLog", () => {
  test("keeps three of each kind, 4 KiB of each, and at most a hundred kinds", () => {
    const kept: MalformedRecord[] = [];
    const log = new MalformedLog((record) => kept.push(record));
    for (let i = 0; i < 10; i++) log.add("big", 5, new Uint8Array(100_000));
    expect(kept).toHaveLength(3);
    expect(Buffer.from(kept[0]?.sampleBase64 ?? "", "base64")).toHaveLength(4_096);
    expect(kept[0]).toMatchObject({ kind: "big", atUs: 5, sizeBytes: 100_000 });
    for (let i = 0; i < 500; i++) log.add(`kind ${i}`, 0, new Uint8Array(1));
    expect(Object.keys(log.counts())).toHaveLength(100);
    expect(log.total).toBe(510);
  });
});

describe("Lines", () => {
  test("control characters are made visible and long lines cut", () => {
    const shown: string[] = [];
    const lines = new Lines((text) => shown.push(text));
    lines.say("a\u001b[2Jb\r\nc");
    lines.say("x".repeat(5_000));
    expect(shown[0]).toBe("a\u00b7[2Jb\u00b7\u00b7c");
    expect(shown[1]?.length).toBe(1_000);
  });

  test("each kind has its limit, and the last line says so", () => {
    const shown: string[] = [];
    const lines = new Lines((text) => shown.push(text));
    const kinds: LineKind[] = ["came", "back"];
    for (const kind of kinds) for (let i = 0; i < 300; i++) lines.sayOf(kind, `${kind} ${i}`);
    expect(shown).toHaveLength(400);
    expect(shown[199]).toContain("further lines like this are not shown");
    expect(shown[200]).toBe("back 0");
  });
});

describe("shortDecimal and longDecimal", () => {
  test("are exact or NaN", () => {
    expect(shortDecimal(6_574_220_657, 10)).toBe(0.6574220657);
    expect(shortDecimal(1, 23)).toBeNaN();
    expect(shortDecimal(1, -1)).toBeNaN();
    expect(longDecimal(65_742_206, 57_348_633, 8, 16)).toBe(0.6574220657348633);
    expect(longDecimal(0, 5, 3, 11)).toBe(5e-11);
    expect(longDecimal(1, 5, 3, 2)).toBeNaN();
    expect(longDecimal(1, 5, 3, 23)).toBeNaN();
  });

  test("half way between two doubles is nobody's guess", () => {
    // 2^-1 + 2^-54 lies exactly half way: only more digits could tell.
    const half = 0.5 + 2 ** -53;
    expect(longDecimal(50_000_000, 55_511_151_231_257, 14, 22)).not.toBe(half);
  });
});

describe("judge", () => {
  function facts(received: number, counted = received) {
    const registry = new Registry();
    const turret = registry.add("uuid", "link", 0);
    turret.name = "a";
    turret.hasStarted = true;
    turret.hasFired = true;
    turret.receivedTransactions = received;
    turret.journaledTransactions = received;
    turret.totals = {
      batches: 1,
      transactions: received,
      planned: received,
      started: received,
      dropped: 0,
      unfinished: 0,
      lostBatches: 0,
      lostTransactions: 0,
      threadsReplaced: 0,
    };
    const total = new NamedTally(0, "");
    for (let i = 0; i < counted; i++) total.record(1, false);
    const counts = (): CountsRecord => ({
      atUs: 0,
      malformed: {},
      turrets: registry.all().map(turretCounts),
      rowsKept: 0,
      rowsCounted: received,
    });
    const verdict = (doubt = "") =>
      judge({
        counts: counts(),
        turrets: registry.all(),
        doubt,
        aggregate: { total: () => total },
      });
    return { turret, verdict };
  }

  test("a run in which all numbers agree is VALID", () => {
    expect(facts(10).verdict()).toEqual({ word: "VALID", reasons: [] });
    expect(facts(0).verdict().word).toBe("VALID");
  });

  test("a doubt makes it PARTIAL", () => {
    expect(facts(1).verdict("who knows")).toEqual({ word: "PARTIAL", reasons: ["who knows"] });
  });

  test("what was counted otherwise than received is said", () => {
    expect(facts(10, 9).verdict().reasons).toEqual([
      "received 10, journaled 10 and counted 9 transactions differ",
    ]);
  });

  test("a lost turret counts only while its totals are not known", () => {
    const { turret, verdict } = facts(5);
    turret.isLost = true;
    expect(verdict().word).toBe("VALID");
    turret.totals = undefined;
    expect(verdict().reasons[0]).toContain("turret a was lost");
  });

  test("transactions that a turret lost itself are said", () => {
    const { turret, verdict } = facts(5);
    turret.totals = {
      ...(turret.totals as object),
      lostTransactions: 4,
      started: 9,
      planned: 9,
    } as never;
    expect(verdict().reasons).toEqual(["4 transactions were measured and lost"]);
  });
});
