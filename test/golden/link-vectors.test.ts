// The wire of the oct link, byte for byte: turrets of another release must read what this one writes.
// A frame that is changed here on purpose needs a new LINK_VERSION, unless old peers read it alike.

import { describe, expect, test } from "bun:test";
import path from "node:path";
import {
  decodeHqMessage,
  decodeTurretMessage,
  encodeHqMessage,
  encodeTurretMessage,
} from "../../src/protocol/codec.ts";
import { type HqMessage, LINK_VERSION, type TurretMessage } from "../../src/protocol/messages.ts";
import { HQ_SAMPLES, TURRET_SAMPLES } from "../support/link-samples.ts";

interface Vectors {
  readonly linkVersion: number;
  readonly turret: Readonly<Record<string, string>>;
  readonly hq: Readonly<Record<string, string>>;
}

const vectors: Vectors = await Bun.file(
  path.resolve(import.meta.dir, "../fixtures/link-vectors.json"),
).json();

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

describe("frames of the oct link", () => {
  test("there is one for every message of this version", () => {
    expect(vectors.linkVersion).toBe(LINK_VERSION);
    expect(Object.keys(vectors.turret).sort()).toEqual(Object.keys(TURRET_SAMPLES).sort());
    expect(Object.keys(vectors.hq).sort()).toEqual(Object.keys(HQ_SAMPLES).sort());
  });

  test.each(Object.entries<TurretMessage>(TURRET_SAMPLES))("a turret's %s", (type, message) => {
    const hex = vectors.turret[type] as string;
    expect(hexOf(encodeTurretMessage(message))).toBe(hex);
    expect(decodeTurretMessage(bytesOf(hex))).toEqual(message);
  });

  test.each(Object.entries<HqMessage>(HQ_SAMPLES))("an HQ's %s", (type, message) => {
    const hex = vectors.hq[type] as string;
    expect(hexOf(encodeHqMessage(message))).toBe(hex);
    expect(decodeHqMessage(bytesOf(hex))).toEqual(message);
  });

  test("one frame spelled out: version, type, size of the JSON, JSON, bulk", () => {
    const json = '{"runId":"r","sequence":1,"transactions":2}';
    const frame = encodeTurretMessage({
      type: "batch",
      runId: "r",
      sequence: 1,
      transactions: 2,
      bytes: new Uint8Array([9, 8]),
    });
    expect([...frame]).toEqual([1, 7, json.length, 0, 0, 0, ...Buffer.from(json), 9, 8]);
  });
});
