// A turret of OCT protocol 1 on a clock moved by hand: every order in every state, an HQ that dies and
// comes back, the next run.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import type { JsonObject, JsonValue } from "../../../src/base/json.ts";
import type { Protocol1Turret } from "../../../src/protocol/link.ts";
import { formatOrder, type OrderCommand } from "../../../src/protocol/protocol1.ts";
import { Protocol1TurretRole } from "../../../src/turret/protocol1-turret.ts";
import { FakeCrews } from "../../sim/support/fake-crew.ts";

const TURN_US = 10_000;

/** The wires to an HQ; `room` is how many messages fit while nobody takes them. */
class FakeWire implements Protocol1Turret {
  readonly orders: Uint8Array[] = [];
  readonly sent: string[] = [];
  room = Number.POSITIVE_INFINITY;
  isClosed = false;

  receive(): Uint8Array | undefined {
    return this.orders.shift();
  }

  send(message: string): boolean {
    if (this.room <= 0) return false;
    this.room--;
    this.sent.push(message);
    return true;
  }

  close(): void {
    this.isClosed = true;
  }
}

class World {
  readonly clock = new ManualClock(1_000_000);
  readonly wire = new FakeWire();
  readonly crews = new FakeCrews();
  readonly lines: string[] = [];
  readonly turret: Protocol1TurretRole;

  constructor(definition: JsonObject = {}, loadError = "") {
    this.crews.loadError = loadError;
    this.turret = new Protocol1TurretRole({
      clock: this.clock,
      link: this.wire,
      loadCrew: this.crews.load,
      directory: "/pack",
      definition: {
        name: "navigation",
        cannons: 2,
        rampup: 10,
        script: "test_scripts/v_user.ts",
        ...definition,
      },
      uuid: "uuid-1",
      threads: 3,
      onLine: (text) => this.lines.push(text),
    });
  }

  async pass(durationUs: number): Promise<void> {
    const endUs = this.clock.nowUs() + durationUs;
    while (this.clock.nowUs() < endUs) {
      this.clock.advance(TURN_US);
      this.turret.tick();
      for (let i = 0; i < 6; i++) await Promise.resolve();
    }
  }

  async order(command: OrderCommand, message: JsonValue = null): Promise<void> {
    await this.say(formatOrder(command, message));
  }

  async say(frame: string): Promise<void> {
    this.wire.orders.push(new TextEncoder().encode(frame));
    await this.pass(2 * TURN_US);
  }

  /** The words of the statuses said since the last call. */
  statuses(): string[] {
    return this.#take((message) => message["status"] as string | undefined);
  }

  results(): JsonObject[] {
    return this.#take((message) => (message["elapsed"] === undefined ? undefined : message));
  }

  #take<T>(pick: (message: JsonObject) => T | undefined): T[] {
    const all = this.wire.sent.splice(0).map((text) => JSON.parse(text) as JsonObject);
    return all.map(pick).filter((picked): picked is T => picked !== undefined);
  }
}

async function idle(definition: JsonObject = {}): Promise<World> {
  const world = new World(definition);
  await world.pass(200_000);
  world.statuses();
  return world;
}

async function running(definition: JsonObject = {}): Promise<World> {
  const world = await idle(definition);
  await world.order("start", "open fire");
  expect(world.statuses().at(-1)).toBe("Running");
  return world;
}

/** Stopped by its HQ while a cannon is still in its transaction. */
async function stopping(): Promise<World> {
  const world = await running();
  await world.order("stop", "premature stop");
  world.statuses();
  return world;
}

async function aborted(): Promise<World> {
  const world = new World({}, "v_user.ts:3:5: no such thing");
  await world.pass(200_000);
  expect(world.statuses().at(-1)).toBe("Aborted");
  return world;
}

describe("an idle protocol 1 turret", () => {
  test("says ready at once and every two seconds, with the six fields", async () => {
    const world = new World();
    await world.pass(TURN_US);
    expect(world.wire.sent.map((text) => JSON.parse(text))).toEqual([
      {
        turret: "navigation",
        status: "ready",
        uuid: "uuid-1",
        rampup: 10,
        script: "test_scripts/v_user.ts",
        cannons: 2,
      },
    ]);
    world.statuses();
    await world.pass(6_000_000);
    expect(world.statuses()).toEqual(["ready", "ready", "ready"]);
  });

  test.each<readonly [string, JsonObject, JsonObject]>([
    ["texts", { cannons: "250", rampup: "30" }, { cannons: 250, rampup: 30 }],
    ["durations", { rampup: "1m30s" }, { cannons: 2, rampup: 90 }],
    ["the old word", { cannons: null, canons: 7 }, { cannons: 7 }],
    ["no numbers", { cannons: "many", rampup: {} }, { cannons: 0, rampup: 0 }],
  ])("numbers of its definition that are %s", async (_, definition, said) => {
    const world = new World(definition);
    await world.pass(TURN_US);
    expect(JSON.parse(world.wire.sent[0] as string)).toMatchObject(said);
  });

  test.each<readonly [string, string]>([
    ["status_request", formatOrder("status_request", null)],
    ["stop", formatOrder("stop", "premature stop")],
    ["an unknown order", ' {"command":"dance","msg":null}'],
    ["an order with a channel word", 'uuid-1 {"command":"status_request","msg":null}'],
  ])("%s: says ready and stays idle", async (_, frame) => {
    const world = await idle();
    await world.say(frame);
    expect(world.statuses()).toEqual(["ready"]);
    expect(world.crews.last.startUs).toBeUndefined();
    expect(world.crews.last.stopGraceUs).toBeUndefined();
  });

  test.each([["{"], [""], ["[]"], [' {"msg":"x"}'], ["\u0000\u0001"]])(
    "%p is no order and changes nothing",
    async (frame) => {
      const world = await idle();
      await world.say(frame);
      expect(world.statuses()).toEqual([]);
      await world.order("start");
      expect(world.statuses()).toEqual(["Running"]);
    },
  );

  test("a flood of requests is answered a few times at once and then at a steady rate", async () => {
    const world = await idle();
    for (let i = 0; i < 5_000; i++) {
      world.wire.orders.push(new TextEncoder().encode(formatOrder("status_request", null)));
    }
    await world.pass(1_000_000);
    const answers = world.statuses().length;
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThanOrEqual(24);
    await world.order("start");
    expect(world.statuses()).toContain("Running");
  });

  test("the context reaches the crew that is loaded, merged, and the next one", async () => {
    const world = await idle();
    await world.order("set_transaction_context", { a: 1, b: 1 });
    await world.order("set_transaction_context", { b: 2 });
    await world.order("set_transaction_context", [1]);
    expect(world.crews.last.context).toEqual({ a: 1, b: 2 });
    await world.order("start");
    world.crews.last.done();
    await world.pass(TURN_US);
    expect(world.crews.jobs).toHaveLength(2);
    expect(world.crews.last.context).toEqual({ a: 1, b: 2 });
    expect(world.crews.jobs[1]?.context).toEqual({ a: 1, b: 2 });
  });

  test("kill: says Killed and ends with code 1", async () => {
    const world = await idle();
    await world.order("kill");
    expect(world.statuses()).toEqual(["Killed"]);
    expect([world.turret.isOver, world.turret.exitCode]).toEqual([true, 1]);
    expect(world.crews.last.isClosed).toBe(true);
  });

  test("its operator's stop ends it with code 0", async () => {
    const world = await idle();
    world.turret.stop("interrupted");
    expect([world.turret.isOver, world.turret.exitCode]).toEqual([true, 0]);
    expect(world.crews.last.isClosed).toBe(true);
    expect(world.lines.at(-1)).toBe("navigation: ended, interrupted");
    await world.order("start");
    expect(world.statuses()).toEqual([]);
  });
});

describe("a running protocol 1 turret", () => {
  test("fires on all its threads, from now, alone in its place", async () => {
    const world = await running();
    expect(world.crews.jobs[0]).toMatchObject({ threads: 3, directory: "/pack" });
    expect(world.crews.last.startUs as number).toBeLessThanOrEqual(world.clock.nowUs());
    expect(world.lines).toContain("navigation: Running");
  });

  test("sends one result for each transaction and no heartbeat", async () => {
    const world = await running();
    world.crews.last.fire(3, 1);
    await world.pass(10_000_000);
    const said = world.wire.sent.splice(0).map((text) => JSON.parse(text));
    expect(said).toHaveLength(3);
    expect(said[0]).toEqual({
      turret_name: "navigation",
      elapsed: 1,
      epoch: 1_700_000_001,
      scriptrun_time: 0.001,
      error: "",
      custom_timers: { "a timer": 0.001 },
    });
  });

  test("status_request: says Running", async () => {
    const world = await running();
    await world.order("status_request");
    expect(world.statuses()).toEqual(["Running"]);
  });

  test("start: is not started twice", async () => {
    const world = await running();
    const { startUs } = world.crews.last;
    await world.order("start");
    expect(world.crews.last.startUs).toBe(startUs as number);
    expect(world.statuses()).toEqual([]);
    expect(world.crews.crews).toHaveLength(1);
  });

  test("the context reaches cannons that fire", async () => {
    const world = await running();
    await world.order("set_transaction_context", { token: "t" });
    expect(world.crews.last.context).toEqual({ token: "t" });
  });

  test("stop: cannons end, what they still measured is sent, then it is ready for the next run", async () => {
    const world = await running();
    world.crews.last.fire(5);
    await world.order("stop", "premature stop");
    await world.order("stop", "premature stop");
    expect(world.crews.last.stopGraceUs).toBeGreaterThan(0);
    expect(world.statuses()).toEqual([]);
    world.crews.last.fire(2);
    world.crews.last.done({ unfinished: 1 });
    await world.pass(100_000);
    const said = world.wire.sent.map((text) => JSON.parse(text).status ?? "result");
    expect(said).toEqual(["result", "result", "ready"]);
    expect(world.lines.at(-1)).toBe("navigation: ready again, fired 7 transactions, 1 unfinished");
    expect(world.crews.crews[0]?.isClosed).toBe(true);
    await world.order("start", "open fire");
    expect(world.statuses().at(-1)).toBe("Running");
    expect(world.crews.crews).toHaveLength(2);
    world.crews.last.fire(1);
    world.crews.last.done();
    await world.pass(100_000);
    expect(world.results()).toHaveLength(1);
    expect(world.lines.at(-1)).toBe("navigation: ready again, fired 1 transactions");
  });

  test("kill: the cannons are not waited for", async () => {
    const world = await running();
    world.crews.last.fire(1);
    await world.order("kill");
    expect(world.turret.exitCode).toBe(1);
    expect(world.crews.last.isClosed).toBe(true);
    const said = world.wire.sent.map((text) => JSON.parse(text).status ?? "result");
    expect(said).toEqual(["Killed", "result"]);
  });

  test("its operator's stop: says Aborted and ends with code 0", async () => {
    const world = await running();
    world.crews.last.fire(1);
    world.turret.stop("interrupted");
    const said = world.wire.sent.map((text) => JSON.parse(text).status ?? "result");
    expect(said.sort()).toEqual(["Aborted", "result"]);
    expect([world.turret.isOver, world.turret.exitCode]).toEqual([true, 0]);
  });

  test("what was lost with a thread is said", async () => {
    const world = await running();
    world.crews.last.fire(4);
    world.crews.last.done({ lost: 3, replaced: 1 });
    expect(world.lines.at(-1)).toBe(
      "navigation: ready again, fired 4 transactions, 3 lost with their thread",
    );
  });
});

describe("a protocol 1 turret whose cannons are ending", () => {
  test("a start of the next run is kept until they have ended", async () => {
    const world = await stopping();
    await world.order("start", "open fire");
    expect(world.crews.crews).toHaveLength(1);
    world.crews.last.done();
    await world.pass(TURN_US);
    expect(world.crews.crews).toHaveLength(2);
    expect(world.crews.last.startUs).toBeDefined();
    expect(world.statuses()).toEqual(["ready", "Running"]);
  });

  test("a stop takes that start back", async () => {
    const world = await stopping();
    await world.order("start", "open fire");
    await world.order("stop", "premature stop");
    world.crews.last.done();
    await world.pass(TURN_US);
    expect(world.crews.last.startUs).toBeUndefined();
    expect(world.statuses().at(-1)).toBe("ready");
  });

  test("status_request: still Running; kill ends it", async () => {
    const world = await stopping();
    await world.order("status_request");
    expect(world.statuses()).toEqual(["Running"]);
    await world.order("kill");
    expect(world.statuses()).toEqual(["Killed"]);
    expect(world.turret.isOver).toBe(true);
  });
});

describe("a protocol 1 turret that loads", () => {
  test("a start that comes meanwhile is kept", async () => {
    const world = new World();
    world.wire.orders.push(new TextEncoder().encode(formatOrder("start", "open fire")));
    world.turret.tick();
    expect(world.crews.crews[0]?.startUs).toBeUndefined();
    await world.pass(TURN_US);
    expect(world.statuses()).toContain("Running");
    expect(world.crews.crews[0]?.startUs).toBeDefined();
  });

  test("a stop takes it back", async () => {
    const world = new World();
    for (const command of ["start", "stop"] as const) {
      world.wire.orders.push(new TextEncoder().encode(formatOrder(command, null)));
    }
    await world.pass(100_000);
    expect(world.crews.last.startUs).toBeUndefined();
    expect(world.statuses()).toEqual(["ready"]);
  });

  test("a kill meanwhile: the crew is closed as soon as it is there", async () => {
    const world = new World();
    world.wire.orders.push(new TextEncoder().encode(formatOrder("kill", null)));
    world.turret.tick();
    for (let i = 0; i < 6; i++) await Promise.resolve();
    expect(world.turret.isOver).toBe(true);
    expect(world.crews.last.isClosed).toBe(true);
    expect(world.statuses().at(-1)).toBe("Killed");
  });
});

describe("a protocol 1 turret whose script cannot load", () => {
  test("names file and line, and says Aborted every two seconds", async () => {
    const world = await aborted();
    expect(world.lines.at(-1)).toBe("navigation: Aborted: v_user.ts:3:5: no such thing");
    await world.pass(4_000_000);
    expect(world.statuses()).toEqual(["Aborted", "Aborted"]);
    expect(world.turret.isOver).toBe(false);
  });

  test.each<OrderCommand>(["status_request", "stop", "set_transaction_context"])(
    "%s: says Aborted, loads nothing",
    async (command) => {
      const world = await aborted();
      await world.order(command, {});
      expect(world.statuses()).toEqual(["Aborted"]);
      expect(world.crews.jobs).toHaveLength(1);
    },
  );

  test("a start tries again: still broken, still Aborted", async () => {
    const world = await aborted();
    await world.order("start");
    expect(world.crews.jobs).toHaveLength(2);
    expect(world.statuses()).toContain("Aborted");
    await world.pass(10_000_000);
    expect(world.crews.jobs).toHaveLength(2);
  });

  test("a start tries again: mended, it runs", async () => {
    const world = await aborted();
    world.crews.loadError = "";
    await world.order("start");
    expect(world.statuses()).toEqual(expect.arrayContaining(["ready", "Running"]));
    expect(world.crews.last.startUs).toBeDefined();
  });

  test("kill ends it", async () => {
    const world = await aborted();
    await world.order("kill");
    expect([world.turret.isOver, world.turret.exitCode]).toEqual([true, 1]);
  });
});

describe("a protocol 1 turret whose HQ dies", () => {
  test("while it fires: results wait, and the HQ that comes back gets them in order", async () => {
    const world = await running();
    world.wire.room = 0;
    world.crews.last.fire(3, 1);
    world.crews.last.fire(2, 2);
    await world.pass(60_000_000);
    expect(world.wire.sent).toEqual([]);
    world.wire.room = 4;
    await world.pass(TURN_US);
    world.wire.room = Number.POSITIVE_INFINITY;
    await world.order("stop");
    world.crews.last.done();
    await world.pass(TURN_US);
    expect(world.results().map((result) => result["elapsed"])).toEqual([1, 1, 1, 2, 2]);
    await world.order("start", "open fire");
    expect(world.statuses()).toContain("Running");
  });

  test("while it is idle: it says ready again to the one that comes", async () => {
    const world = await idle();
    world.wire.room = 0;
    await world.pass(30_000_000);
    world.wire.room = Number.POSITIVE_INFINITY;
    await world.pass(200_000);
    expect(world.statuses()).toEqual(["ready"]);
  });

  test("a status that found no room is said when there is some", async () => {
    const world = await running();
    world.wire.room = 0;
    await world.order("status_request");
    world.wire.room = Number.POSITIVE_INFINITY;
    await world.pass(200_000);
    expect(world.statuses()).toEqual(["Running"]);
  });

  test("results past the limit are dropped, counted and said", async () => {
    const world = await running();
    world.wire.room = 0;
    for (let i = 0; i < 6; i++) world.crews.last.fire(100_000, i);
    world.crews.last.done();
    expect(world.lines.at(-1)).toContain("fired 600,000 transactions, 100,000 results dropped");
  });
});
