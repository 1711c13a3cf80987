// Peers of the oct link that speak nonsense, too much, or for others.

import { describe, expect, test } from "bun:test";
import { LINK_VERSION } from "../../src/protocol/messages.ts";
import { tempFolder } from "../support/temp.ts";
import { firing } from "./support/hq-firing.ts";
import { HqWorld, RUN_ID, status } from "./support/hq-world.ts";

/** A hello with fields that the codec would not write. */
function helloFrame(fields: object): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(fields));
  const frame = new Uint8Array(6 + json.length);
  frame.set([LINK_VERSION, 1]);
  new DataView(frame.buffer).setUint32(2, json.length, true);
  frame.set(json, 6);
  return frame;
}

describe("HqRun and hostile peers of the link", () => {
  test("noise is counted, another version is refused with a reason, strangers get no answer", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    peer.sayRaw(new Uint8Array(0));
    peer.sayRaw(new Uint8Array([LINK_VERSION, 200, 0, 0, 0, 0]));
    peer.sayRaw(new Uint8Array([LINK_VERSION + 1, 1, 0, 0, 0, 0]));
    peer.say({ type: "ping", sentTurretUs: 1 });
    peer.ready();
    peer.say(peer.batch(3));
    await world.turn();
    expect(peer.heard()).toMatchObject([
      { type: "refused", reason: expect.stringContaining("another version") },
    ]);
    expect(world.hq.malformed.counts()).toEqual({
      "link message that cannot be read": 2,
      "link message of another version": 1,
    });
  });

  test.each([
    ["too long", { name: "x".repeat(256) }, "name is longer than 255"],
    ["of no text", { name: 7 }, "name is not a text"],
    ["with a uuid without end", { uuid: "u".repeat(100) }, "uuid is longer than 64"],
  ])("a hello %s is refused with the reason, and counted", async (_, parts, reason) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    const fields = { octVersion: "1", uuid: "u", name: "n", host: "h", pid: 1, cores: 1 };
    const hello = { ...fields, platform: "p", runId: "", state: "joining", ...parts };
    peer.sayRaw(helloFrame(hello));
    await world.turn();
    expect(peer.heard()).toMatchObject([
      { type: "refused", reason: `its hello cannot be read: ${reason}` },
    ]);
    expect(world.hq.malformed.counts()).toEqual({ "link message that cannot be read": 1 });
    expect(world.hq.snapshot().turrets).toEqual([]);
  });

  test.each([
    ["that steers a terminal", "\u001b[2J\r\nfired 9,999"],
    ["written from the right", "\u202Eevil"],
    ["of markup", "<script>alert(1)</script>"],
    ["of nothing visible", "\u200B\u200B"],
  ])("a name %s is refused in one printable line", async (_, name) => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    peer.hello({ name });
    await world.turn();
    expect(peer.heard()).toMatchObject([
      { type: "refused", reason: expect.stringContaining("defines no turret called") },
    ]);
    expect(world.lines.join("")).not.toMatch(/[\p{Cc}\u202E]/u);
  });

  test("a protocol-1 status cannot speak for a turret of the link", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path);
    world.protocol1.push(status({ uuid: peer.uuid, turret: "impostor", status: "Killed" }));
    await world.turn();
    expect(world.hq.snapshot().turrets).toMatchObject([
      { name: "navigation", wire: "link", status: "Running" },
      { name: "impostor", wire: "protocol 1", status: "Killed" },
    ]);
  });

  test("a flood of events, chunk requests and stats stays bounded", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path);
    peer.heard();
    const stats = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`n${i}`, i]));
    peer.say({ type: "heartbeat", runId: RUN_ID, state: "firing", stats: { ...stats, x: "y" } });
    for (let i = 0; i < 1_000; i++) {
      peer.say({ type: "event", runId: RUN_ID, level: "info", text: `event ${i}` });
      peer.say({ type: "pack-wanted", hash: "a".repeat(64), offsetBytes: 0 });
    }
    await world.turn();
    expect(peer.types().filter((type) => type === "pack-chunk")).toHaveLength(4);
    expect(world.journal().events.filter((event) => event["turretIndex"] === 0)).toHaveLength(500);
    expect(world.lines.length).toBeLessThan(220);
    expect(world.hq.malformed.counts()).toEqual({ "event of a turret that says too much": 500 });
    expect(Object.keys(world.hq.snapshot().turrets[0]?.stats ?? {})).toHaveLength(32);
  });

  test("chunks of a pack come by hash and offset, others are not answered", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    peer.hello();
    await world.turn();
    peer.heard();
    const hash = "a".repeat(64);
    peer.say({ type: "pack-wanted", hash, offsetBytes: 262_144 });
    peer.say({ type: "pack-wanted", hash, offsetBytes: 300_000 });
    peer.say({ type: "pack-wanted", hash: "c".repeat(64), offsetBytes: 0 });
    await world.turn();
    const chunks = peer.heard().filter((message) => message.type === "pack-chunk");
    expect(chunks.map(({ bytes }) => bytes.length)).toEqual([37_856]);
  });
});
