import { describe, expect, test } from "bun:test";
import { ByteWriter, MalformedBytes } from "../../../src/base/bytes.ts";
import {
  decodeHqMessage,
  decodeTurretMessage,
  encodeHqMessage,
  encodeTurretMessage,
  ForeignVersion,
} from "../../../src/protocol/codec.ts";
import { type HqMessage, LINK_LIMIT, type TurretMessage } from "../../../src/protocol/messages.ts";
import { HQ_SAMPLES, TURRET_SAMPLES } from "../../support/link-samples.ts";

/** A frame by hand: what a peer of another make might send. */
function frameOf(code: number, json: string | Uint8Array, parts: { version?: number } = {}) {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const writer = new ByteWriter();
  writer.u8(parts.version ?? 1);
  writer.u8(code);
  writer.u32(bytes.length);
  writer.raw(bytes);
  return writer.finish();
}

function fieldsOf(message: TurretMessage): Record<string, unknown> {
  const { type: _type, ...fields } = message as { type: string } & Record<string, unknown>;
  return fields;
}

const HELLO = fieldsOf(TURRET_SAMPLES.hello);
const hello = (parts: object) => frameOf(1, JSON.stringify({ ...HELLO, ...parts }));

describe("decodeTurretMessage", () => {
  test.each<readonly [string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "needs 1 bytes"],
    ["a version alone", new Uint8Array([1]), "needs 1 bytes"],
    ["an unknown type", frameOf(200, "{}"), "unknown message type 200"],
    ["a type of the HQ", frameOf(66, "{}"), "unknown message type 66"],
    ["JSON that is none", frameOf(2, "{"), "not JSON"],
    ["JSON that is not UTF-8", frameOf(2, new Uint8Array([34, 255, 34])), "not JSON"],
    ["an array", frameOf(2, "[]"), "not a JSON object"],
    ["null", frameOf(2, "null"), "not a JSON object"],
    ["a missing field", frameOf(2, "{}"), "sentTurretUs is not a number"],
    ["a number as a text", frameOf(2, '{"sentTurretUs":"1"}'), "sentTurretUs is not a number"],
    ["a number out of range", frameOf(2, '{"sentTurretUs":1e300}'), "out of range"],
    ["an infinite number", frameOf(2, '{"sentTurretUs":1e999}'), "is not a number"],
    ["a count that is not whole", hello({ pid: 1.5 }), "pid is not whole"],
    ["a count below zero", hello({ pid: -1 }), "pid is out of range"],
    ["too many cores", hello({ cores: 65_537 }), "cores is out of range"],
    ["a long name", hello({ name: "n".repeat(256) }), "name is longer than 255"],
    ["a field from a prototype", frameOf(2, '{"__proto__":{"sentTurretUs":1}}'), "is not a number"],
    [
      "bytes behind a message that has none",
      new Uint8Array([...encodeTurretMessage(TURRET_SAMPLES.ping), 0]),
      "1 bytes too many",
    ],
  ])("%s is malformed", (_, frame, reason) => {
    expect(() => decodeTurretMessage(frame)).toThrow(MalformedBytes);
    expect(() => decodeTurretMessage(frame)).toThrow(reason);
  });

  test("fields that a newer peer adds are left behind", () => {
    const frame = frameOf(2, '{"sentTurretUs":5,"mood":"fine"}');
    expect(decodeTurretMessage(frame)).toEqual({ type: "ping", sentTurretUs: 5 });
  });

  test("JSON that nests too deep is malformed and not followed", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const heartbeat = (stats: string) =>
      frameOf(6, `{"runId":"","state":"idle","stats":{"a":${stats}}}`);
    expect(() => decodeTurretMessage(heartbeat(deep))).toThrow(MalformedBytes);
    expect(() => decodeTurretMessage(heartbeat("[".repeat(1_000_000)))).toThrow(MalformedBytes);
    expect(decodeTurretMessage(heartbeat("[[[1]]]"))).toMatchObject({ stats: { a: [[[1]]] } });
  });

  test("JSON over its limit is refused by its length, before it is read", () => {
    const writer = new ByteWriter();
    writer.u8(1);
    writer.u8(2);
    writer.u32(LINK_LIMIT.jsonBytes + 1);
    writer.raw(new Uint8Array(LINK_LIMIT.jsonBytes + 1));
    expect(() => decodeTurretMessage(writer.view())).toThrow("JSON too large");
  });

  test("a frame over its limit is refused", () => {
    const frame = new Uint8Array(LINK_LIMIT.frameBytes + 1);
    expect(() => decodeTurretMessage(frame)).toThrow("frame too large");
  });

  test("the bytes of a batch are a view of the frame", () => {
    const frame = encodeTurretMessage(TURRET_SAMPLES.batch);
    const message = decodeTurretMessage(frame) as Extract<TurretMessage, { type: "batch" }>;
    expect(message.bytes.buffer).toBe(frame.buffer);
    expect(message.bytes).toEqual(TURRET_SAMPLES.batch.bytes);
  });

  test("a frame inside a larger buffer is read at its place", () => {
    const frame = encodeTurretMessage(TURRET_SAMPLES.bye);
    const around = new Uint8Array(frame.length + 20).fill(255);
    around.set(frame, 7);
    const inside = around.subarray(7, 7 + frame.length);
    expect(decodeTurretMessage(inside)).toEqual(TURRET_SAMPLES.bye);
  });
});

describe("another version of the link", () => {
  test("is told from noise, with its number", () => {
    const frame = encodeTurretMessage(TURRET_SAMPLES.hello);
    frame[0] = 2;
    expect(() => decodeTurretMessage(frame)).toThrow(ForeignVersion);
    expect(() => decodeTurretMessage(frame)).toThrow("link version 2, this side speaks 1");
    const pong = encodeHqMessage(HQ_SAMPLES.pong);
    pong[0] = 2;
    expect(() => decodeHqMessage(pong)).toThrow(ForeignVersion);
  });

  test("its refusal is read all the same", () => {
    const frame = encodeHqMessage(HQ_SAMPLES.refused);
    frame[0] = 200;
    expect(decodeHqMessage(frame)).toEqual(HQ_SAMPLES.refused);
  });

  test("a refusal that cannot be read is malformed, and a turret cannot refuse", () => {
    expect(() => decodeHqMessage(frameOf(65, "{}", { version: 2 }))).toThrow(MalformedBytes);
    expect(() => decodeTurretMessage(encodeHqMessage(HQ_SAMPLES.refused))).toThrow(MalformedBytes);
  });
});

describe("decodeHqMessage", () => {
  const start = (place: unknown) => {
    const { type: _type, ...fields } = HQ_SAMPLES.start;
    return frameOf(69, JSON.stringify({ ...fields, place }));
  };

  test.each<readonly [string, Uint8Array, string]>([
    ["no place", start(undefined), "place is not an object"],
    ["a place without its parts", start({ index: 0 }), "parts is not a number"],
    ["a place that is an array", start([0, 1]), "place is not an object"],
    [
      "an answer that is no yes or no",
      frameOf(71, '{"runId":"","sequence":1,"wantRows":1}'),
      "not",
    ],
    ["a pack over its limit", assignOf({ packBytes: LINK_LIMIT.packBytes + 1 }), "out of range"],
    ["a duration below zero", assignOf({ graceUs: -1 }), "graceUs is out of range"],
    ["a definition that is a list", assignOf({ definition: [] }), "definition is not an object"],
  ])("%s is malformed", (_, frame, reason) => {
    expect(() => decodeHqMessage(frame)).toThrow(MalformedBytes);
    expect(() => decodeHqMessage(frame)).toThrow(reason);
  });

  test("keys of a definition are kept as they are, whatever they are called", () => {
    const frame = frameOf(
      67,
      JSON.stringify(HQ_SAMPLES.assign).replace('"context":{', '"context":{"__proto__":{"a":1},'),
    );
    const message = decodeHqMessage(frame) as Extract<HqMessage, { type: "assign" }>;
    expect(Object.hasOwn(message.context, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});

function assignOf(parts: object): Uint8Array {
  return frameOf(67, JSON.stringify({ ...HQ_SAMPLES.assign, ...parts }));
}
