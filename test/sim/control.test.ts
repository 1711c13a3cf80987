// What is asked of a run while it fires, at the HQ and at a turret: on time, lost, repeated, late, and
// to those who cannot follow.

import { describe, expect, test } from "bun:test";
import { loadOf } from "../../src/config/turret-load.ts";
import { buildReportModel } from "../../src/report/model.ts";
import { openResults } from "../../src/store/query.ts";
import { rebuildDatabase } from "../../src/store/rebuild.ts";
import { RECORD_KIND } from "../../src/store/records.ts";
import { readJournal } from "../../src/store/segments.ts";
import { tempFolder } from "../support/temp.ts";
import { firing, join } from "./support/hq-firing.ts";
import { HqWorld, type LinkPeer, RUN_ID, status } from "./support/hq-world.ts";
import { TURN_US, TurretWorld } from "./support/turret-world.ts";
import { definition, World } from "./support/world.ts";

const S = 1_000_000;
const LEAD_US = 500_000;

function controlsIn(peer: LinkPeer) {
  return peer.heard().flatMap((message) => (message.type === "control" ? [message] : []));
}

function acknowledge(peer: LinkPeer, revision: number, error = ""): void {
  peer.say({ type: "controlled", runId: RUN_ID, revision, error });
}

function controlRecords(world: HqWorld): Record<string, unknown>[] {
  const records: Record<string, unknown>[] = [];
  readJournal(world.directory, (kind, payload) => {
    if (kind === RECORD_KIND.control) records.push(JSON.parse(new TextDecoder().decode(payload)));
  });
  return records;
}

function openDefinition(name: string, more: object = {}) {
  const merged = { name, script: "test_scripts/v_user.ts", rate: 10, ...more };
  return definition(name, { load: loadOf(merged, 10 * S), merged });
}

describe("HqRun that is controlled", () => {
  test("a pause takes effect ahead of now, is heard by the turret, and moves the end", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path);
    await world.pass(1 * S);
    const reply = world.hq.control({ kind: "pause" }, "page");
    const askedUs = world.hq.atUs();
    expect(reply).toMatchObject({ isDone: true, atUs: askedUs + LEAD_US });
    expect(reply.text).toStartWith("paused, from ");
    await world.turn();
    const [control] = controlsIn(peer);
    expect(control).toMatchObject({ revision: 1, segments: [{ kind: "pause", atUs: reply.atUs }] });
    acknowledge(peer, 1);
    expect(world.hq.snapshot().isPaused).toBe(false);
    await world.pass(LEAD_US);
    expect(world.hq.snapshot().isPaused).toBe(true);
    for (let i = 0; i < 20; i++) {
      peer.heartbeat("firing");
      await world.pass(1 * S);
    }
    expect(world.hq.phase).toBe("firing");
    const resumed = world.hq.control({ kind: "resume" }, "oct ctl");
    await world.pass(LEAD_US);
    const pausedUs = resumed.atUs - reply.atUs;
    expect(world.hq.snapshot()).toMatchObject({
      isPaused: false,
      runTimeUs: 10 * S + pausedUs,
    });
    await world.until(() => {
      peer.heartbeat("firing");
      return world.hq.phase === "draining";
    });
    expect(world.hq.atUs() - pausedUs).toBeWithin(10 * S, 10 * S + 20_000);
    peer.bye();
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(controlRecords(world)).toMatchObject([
      { kind: "pause", by: "page", atUs: reply.atUs, text: "paused" },
      { kind: "resume", by: "oct ctl", atUs: resumed.atUs, text: "resumed" },
    ]);
    await rebuildDatabase({ directory: world.directory });
    const results = await openResults(`${world.directory}/results.sqlite`);
    expect(results.controls()).toMatchObject([
      { kind: "pause", by: "page", atUs: reply.atUs, definition: "", isPercent: false },
      { kind: "resume", by: "oct ctl", atUs: resumed.atUs },
    ]);
    expect(buildReportModel(results).details.marks).toMatchObject([
      { atS: reply.atUs / S, kind: "control", text: "paused, by page" },
      { atS: resumed.atUs / S, kind: "control", text: "resumed, by oct ctl" },
    ]);
    results.close();
    const events = world.journal().events.filter((event) => event["level"] === "control");
    expect(events).toMatchObject([
      { atUs: reply.atUs, text: "paused, by page" },
      { atUs: resumed.atUs, text: "resumed, by oct ctl" },
    ]);
  });

  test("is told again until the turret says that it heard, and no longer", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { turrets: [openDefinition("shop")] });
    world.hq.control({ kind: "rate", value: 50 }, "page");
    world.hq.control({ kind: "rate", percent: 150, turret: "shop" }, "page");
    await world.pass(400_000);
    const told = controlsIn(peer);
    expect(told).toHaveLength(3);
    expect(told.every(({ segments }) => segments.length === 2)).toBe(true);
    acknowledge(peer, 1);
    await world.pass(200_000);
    expect(controlsIn(peer).length).toBeGreaterThan(0);
    acknowledge(peer, 2);
    acknowledge(peer, 7_000);
    await world.turn();
    controlsIn(peer);
    await world.pass(2 * S);
    expect(controlsIn(peer)).toEqual([]);
    expect(world.lines.join("\n")).toContain("rate 50.0/s, from ");
    expect(world.lines.join("\n")).toContain("rate 150 % of the plan (shop), from ");
  });

  test("a turret that never says so is told of once; one that cannot says why", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 60 * S, minTurrets: 1 });
    const other = world.addPeer();
    await join(world, other);
    world.hq.control({ kind: "cannons", value: 9 }, "page");
    await world.turn();
    acknowledge(other, 1, "it had ended its load");
    for (let i = 0; i < 9; i++) {
      peer.heartbeat("firing");
      other.heartbeat("firing");
      await world.pass(1 * S);
    }
    const warned = world.journal().events.filter(({ level }) => level === "warn");
    expect(warned.map(({ text }) => text)).toEqual([
      "does not follow: it had ended its load",
      "does not follow: it has not said for 5.00 s that it heard",
    ]);
  });

  test("a turret that comes late hears all before its start, and one that was away when it is back", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 60 * S });
    world.hq.control({ kind: "cannons", value: 9 }, "page");
    await world.turn();
    acknowledge(peer, 1);
    const late = world.addPeer();
    await join(world, late);
    const types = late.types().filter((type) => type === "control" || type === "start");
    expect(types.slice(0, 2)).toEqual(["control", "start"]);
    acknowledge(late, 1);
    await world.pass(5 * S);
    late.heartbeat("firing");
    await world.turn();
    expect(world.hq.control({ kind: "pause" }, "page").text).toEndWith("are lost: 1 of 2");
    await world.turn();
    acknowledge(late, 2);
    await world.pass(2 * S);
    controlsIn(peer);
    peer.hello({ runId: RUN_ID, state: "firing" });
    await world.pass(1_100_000);
    expect(controlsIn(peer).at(-1)).toMatchObject({ revision: 2 });
  });

  test("what makes no sense is refused with a reason, and nothing is journaled of it", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, {
      runTimeUs: 10 * S,
      turrets: [
        openDefinition("exact", { spacing: "poisson", exact_count: true }),
        definition("looped", {
          load: loadOf({ name: "looped", script: "a.ts", cannons: 2, iterations: 5 }, 10 * S),
        }),
      ],
      minTurrets: 1,
    });
    const no = (action: Parameters<typeof world.hq.control>[0]) => {
      const reply = world.hq.control(action, "page");
      expect(reply.isDone).toBe(false);
      return reply.text;
    };
    expect(no({ kind: "pause" })).toBe("the run has not begun");
    const peer = world.addPeer();
    await join(world, peer);
    await world.until(() => world.hq.phase === "firing");
    expect(no({ kind: "resume" })).toBe("the run is not paused");
    expect(no({ kind: "rate", value: 5 })).toContain("number of arrivals is exact");
    expect(no({ kind: "rate", value: 5, turret: "looped" })).toContain("it has no rate");
    expect(no({ kind: "cannons", value: 5, turret: "looped" })).toContain("(iterations)");
    expect(no({ kind: "cannons", value: 5, turret: "exact" })).toContain("it fires by a rate");
    expect(no({ kind: "cannons", value: 5, turret: "<b>" })).toContain("no turret called <b>");
    expect(no({ kind: "cannons", value: 2.5 })).toContain("whole number");
    expect(no({ kind: "rate", value: Number.NaN })).toContain("a rate is a number");
    expect(no({ kind: "rate", percent: -1 })).toContain("percent are a number");
    expect(world.hq.control({ kind: "pause" }, "page").isDone).toBe(true);
    expect(no({ kind: "pause" })).toBe("the run is paused already");
    world.hq.requestStop("enough");
    await world.turn();
    expect(no({ kind: "resume" })).toBe("the run is ending already");
    expect(controlRecords(world).map(({ kind }) => kind)).toEqual(["pause"]);
  });

  test("a run is changed a bounded number of times", async () => {
    using folder = tempFolder();
    const { world } = await firing(folder.path, { turrets: [openDefinition("shop")] });
    for (let i = 0; i < 1_000; i++) world.hq.control({ kind: "rate", value: i }, "page");
    expect(world.hq.control({ kind: "rate", value: 1 }, "page")).toMatchObject({
      isDone: false,
      text: "a run is changed 1,000 times at the most",
    });
  });

  test("a pause that lasts too long ends the run, and says so", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path);
    world.hq.control({ kind: "pause" }, "page");
    await world.turn();
    acknowledge(peer, 1);
    for (let i = 0; i < 601 && world.hq.phase === "firing"; i++) {
      peer.heartbeat("firing");
      await world.pass(1 * S);
    }
    peer.bye();
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.reason).toBe("paused for longer than 10m 00s");
    expect(world.hq.aggregate.lateCells).toBe(0);
  });

  test("turrets of protocol 1 do not follow: alone they cannot be asked, with others it is said", async () => {
    using folder = tempFolder();
    const alone = new HqWorld(folder.path);
    await alone.begin();
    expect(alone.hq.control({ kind: "pause" }, "page")).toMatchObject({
      isDone: false,
      text: "turrets of OCT protocol 1 cannot be controlled, only stopped",
    });
    expect(alone.hq.control({ kind: "stop" }, "page").isDone).toBe(true);
    using other = tempFolder();
    const { world } = await firing(other.path);
    world.protocol1.push(status({ uuid: "uuid-9", status: "Running" }));
    await world.turn();
    const reply = world.hq.control({ kind: "pause" }, "page");
    await world.turn();
    expect(reply.text).toEndWith("; turrets of OCT protocol 1 fire on as they do: 1");
    const warned = world.journal().events.filter(({ level }) => level === "warn");
    expect(warned).toMatchObject([{ text: expect.stringContaining("OCT protocol 1") }]);
  });
});

describe("Turret that is controlled", () => {
  const segment = (kind: "pause" | "resume", atUs: number) => {
    return { atUs, kind, definition: "", value: 0, isPercent: false };
  };

  test("tells its crew of what is new, and says each time that it heard", async () => {
    const world = new TurretWorld();
    await world.firing();
    const say = (revision: number, segments: ReturnType<typeof segment>[]) => {
      world.say({ type: "control", runId: "run-1", revision, segments });
    };
    const one = segment("pause", 5 * S);
    const two = segment("resume", 9 * S);
    say(1, [one]);
    say(1, [one]);
    say(2, [one, two]);
    say(1, [one]);
    await world.pass(2 * TURN_US);
    expect(world.of("controlled").map(({ revision, error }) => [revision, error])).toEqual([
      [1, ""],
      [1, ""],
      [2, ""],
      [1, ""],
    ]);
    expect(world.crews.last.controls).toEqual([[one], [one, two]]);
    world.say({ type: "control", runId: "run-9", revision: 3, segments: [one, two, one] });
    await world.pass(2 * TURN_US);
    expect(world.of("controlled")).toEqual([]);
  });

  test("what it hears while it loads is there at its start", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    world.say({ type: "control", runId: "run-1", revision: 1, segments: [segment("pause", 1)] });
    await world.deliverPack();
    expect(world.crews.last.controls).toEqual([[segment("pause", 1)]]);
    expect(world.crews.last.startUs).toBeUndefined();
  });

  test("heard late it is applied at once, and said; at its end it can do nothing more", async () => {
    const world = new TurretWorld();
    await world.firing();
    await world.pass(2 * S);
    world.say({ type: "control", runId: "run-1", revision: 1, segments: [segment("pause", S)] });
    await world.pass(2 * TURN_US);
    const heard = world.heard();
    const event = heard.find((message) => message.type === "event");
    expect(event).toMatchObject({ level: "warn", text: expect.stringContaining("late: pause") });
    expect(world.crews.last.controls).toHaveLength(1);
    world.stop();
    await world.pass(2 * TURN_US);
    const segments = [segment("pause", S), segment("resume", 2 * S)];
    world.say({ type: "control", runId: "run-1", revision: 2, segments });
    await world.pass(2 * TURN_US);
    expect(world.of("controlled")).toMatchObject([{ revision: 2, error: "it had ended its load" }]);
    expect(world.crews.last.controls).toHaveLength(1);
  });
});

describe("HQ and turrets", () => {
  test("a wire that is cut while something is asked: heard when it is whole again", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { runTimeUs: 60 * S, silenceUs: 20 * S });
    const [one, two] = [world.addTurret(), world.addTurret()];
    await world.until(() => [one, two].every(({ turret }) => turret.state === "firing"));
    await world.pass(1 * S);
    one.link.cut();
    world.hq.control({ kind: "cannons", value: 5 }, "page");
    await world.pass(1 * S);
    expect([one, two].map(({ crews }) => crews.last.controls.length)).toEqual([0, 1]);
    one.link.restore();
    await world.until(() => one.crews.last.controls.length > 0);
    await world.pass(3 * S);
    expect([one, two].map(({ crews }) => crews.last.controls.length)).toEqual([1, 1]);
    expect(one.crews.last.controls).toEqual(two.crews.last.controls);
    expect(one.lines.join("\n")).toContain("late: cannons; applied at once");
  });
});
