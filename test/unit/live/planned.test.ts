// What the plan asks for at a moment, of all turrets together.

import { describe, expect, test } from "bun:test";
import { type LoadModel, readLoad } from "../../../src/config/load-model.ts";
import type { ProjectConfig } from "../../../src/config/project.ts";
import { FieldReader } from "../../../src/config/reader.ts";
import type { TurretView } from "../../../src/hq/types.ts";
import { liveLoads, PlannedLoad } from "../../../src/live/planned.ts";

const RUN_TIME_US = 60_000_000;

function loadOf(keys: Record<string, never>): LoadModel {
  const places = { issue: (_: unknown, text: string) => ({ path: "", text }) };
  return readLoad(new FieldReader(keys, [], places, []), RUN_TIME_US);
}

function planOf(turrets: Record<string, object>): { plan: PlannedLoad; config: ProjectConfig } {
  const config = {
    runTimeUs: RUN_TIME_US,
    turrets: Object.entries(turrets).map(([name, keys]) => ({
      name,
      load: loadOf(keys as Record<string, never>),
    })),
  } as unknown as ProjectConfig;
  return { plan: new PlannedLoad(config), config };
}

function turret(definition: string, more: Partial<TurretView> = {}): TurretView {
  return {
    definition,
    wire: "link",
    isLost: false,
    hasEnded: false,
    cannons: 0,
    ...more,
  } as TurretView;
}

describe("PlannedLoad", () => {
  const { plan, config } = planOf({
    closed: { cannons: 10, rampup: 20 },
    open: { stages: [{ duration: 40, rate: 100 }] },
    split: { rate: 80, split: true },
    cycles: { cycles: "5:10", iterations: 4 },
  });

  test.each([
    ["nobody", [], null, null],
    ["cannons of each turret, on their ramp", [turret("closed"), turret("closed")], null, 12],
    ["rates of each turret, on their ramp", [turret("open"), turret("open")], 50, null],
    ["a rate that is divided counts once", [turret("split"), turret("split")], 80, null],
    ["rates add up", [turret("open"), turret("split")], 105, null],
    ["no rate where another has none", [turret("open"), turret("closed")], null, null],
    ["no cannons where nobody knows them", [turret("closed"), turret("cycles")], null, null],
    ["turrets that are lost ask for nothing", [turret("open", { isLost: true })], null, null],
    ["turrets that have ended neither", [turret("closed", { hasEnded: true })], null, null],
    [
      "cannons of protocol 1 are what it says",
      [turret("", { wire: "protocol 1", cannons: 7 }), turret("closed")],
      null,
      13,
    ],
  ] as const)("%s", (_, turrets, perSec, cannons) => {
    expect(plan.at(10_000_000, turrets)).toEqual({ perSec, cannons });
  });

  test("follows what was asked since: percent, numbers, pauses", () => {
    const asked = { definition: "", value: 0, isPercent: false };
    const open = [turret("split")];
    const segments = [
      { ...asked, kind: "rate", atUs: 10_000_000, value: 50, isPercent: true },
      { ...asked, kind: "pause", atUs: 20_000_000 },
      { ...asked, kind: "resume", atUs: 30_000_000 },
      { ...asked, kind: "rate", atUs: 40_000_000, value: 7 },
    ] as const;
    const at = (second: number, count: number) =>
      plan.at(second * 1e6, open, segments.slice(0, count)).perSec;
    expect([at(9, 1), at(11, 1), at(21, 2), at(31, 3), at(41, 4)]).toEqual([80, 40, 0, 40, 7]);
  });

  test("says what can be changed, and why the rest cannot", () => {
    expect(liveLoads(config)).toEqual([
      { turret: "closed", kind: "cannons", whyFixed: "" },
      { turret: "open", kind: "rate", whyFixed: "" },
      { turret: "split", kind: "rate", whyFixed: "" },
      { turret: "cycles", kind: "cannons", whyFixed: "it fires in cycles" },
    ]);
  });
});
