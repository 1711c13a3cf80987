// The codec of the oct link against any message and any bytes.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MalformedBytes } from "../../src/base/bytes.ts";
import {
  decodeHqMessage,
  decodeTurretMessage,
  encodeHqMessage,
  encodeTurretMessage,
} from "../../src/protocol/codec.ts";
import type { HqMessage, TurretMessage } from "../../src/protocol/messages.ts";
import {
  HQ_ARBITRARIES,
  HQ_SAMPLES,
  TURRET_ARBITRARIES,
  TURRET_SAMPLES,
} from "../support/link-samples.ts";

const anyTurretMessage: fc.Arbitrary<TurretMessage> = fc.oneof(
  ...Object.values<fc.Arbitrary<TurretMessage>>(TURRET_ARBITRARIES),
);
const anyHqMessage: fc.Arbitrary<HqMessage> = fc.oneof(
  ...Object.values<fc.Arbitrary<HqMessage>>(HQ_ARBITRARIES),
);
const FRAMES = [
  ...Object.values<TurretMessage>(TURRET_SAMPLES).map(encodeTurretMessage),
  ...Object.values<HqMessage>(HQ_SAMPLES).map(encodeHqMessage),
];
const anyFrame = fc.oneof(
  anyTurretMessage.map(encodeTurretMessage),
  anyHqMessage.map(encodeHqMessage),
  fc.constantFrom(...FRAMES),
);
const RUNS = { numRuns: 400 };

/** Decodes on both sides; gives what came out, and fails on anything thrown but MalformedBytes. */
function decodeBoth(frame: Uint8Array): object[] {
  const messages: object[] = [];
  for (const decode of [decodeTurretMessage, decodeHqMessage]) {
    try {
      messages.push(decode(frame));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(MalformedBytes);
    }
  }
  return messages;
}

describe("codec round trip", () => {
  test.each(Object.entries(TURRET_ARBITRARIES))("of a turret's %s", (_, messages) => {
    fc.assert(
      fc.property(messages as fc.Arbitrary<TurretMessage>, (message) => {
        expect(decodeTurretMessage(encodeTurretMessage(message))).toEqual(message);
      }),
      { numRuns: 100 },
    );
  });

  test.each(Object.entries(HQ_ARBITRARIES))("of an HQ's %s", (_, messages) => {
    fc.assert(
      fc.property(messages as fc.Arbitrary<HqMessage>, (message) => {
        expect(decodeHqMessage(encodeHqMessage(message))).toEqual(message);
      }),
      { numRuns: 100 },
    );
  });

  test("no message of one side is taken for one of the other", () => {
    fc.assert(
      fc.property(anyTurretMessage, anyHqMessage, (turret, hq) => {
        expect(() => decodeHqMessage(encodeTurretMessage(turret))).toThrow(MalformedBytes);
        expect(() => decodeTurretMessage(encodeHqMessage(hq))).toThrow(MalformedBytes);
      }),
      { numRuns: 100 },
    );
  });
});

describe("decode is total", () => {
  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (frame) => {
        decodeBoth(frame);
      }),
      RUNS,
    );
  });

  test("random bytes behind a head that is right", () => {
    const head = fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 100 }), fc.uint8Array());
    fc.assert(
      fc.property(head, ([code, sizeBytes, tail]) => {
        decodeBoth(new Uint8Array([1, code, sizeBytes, 0, 0, 0, ...tail]));
      }),
      RUNS,
    );
  });

  test("a frame that was cut short, except in the bulk behind its fields, is malformed", () => {
    fc.assert(
      fc.property(anyFrame, fc.double({ min: 0, max: 1, noNaN: true }), (frame, part) => {
        const length = Math.min(frame.length - 1, Math.floor(frame.length * part));
        const jsonBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(2, true);
        const messages = decodeBoth(frame.subarray(0, length));
        if (length < 6 + jsonBytes) expect(messages).toEqual([]);
      }),
      RUNS,
    );
  });

  test("flipped bits give MalformedBytes or a message within the limits", () => {
    const flips = fc.array(fc.nat({ max: 1 << 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyFrame, flips, (whole, bits) => {
        const frame = whole.slice();
        for (const bit of bits) {
          const at = (bit >> 3) % frame.length;
          frame[at] = (frame[at] as number) ^ (1 << (bit & 7));
        }
        for (const message of decodeBoth(frame)) expect(message).toHaveProperty("type");
      }),
      RUNS,
    );
  });

  test("a length of the JSON that lies is malformed, whatever it says", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FRAMES), fc.nat({ max: 0xffff_ffff }), (whole, lie) => {
        const frame = whole.slice();
        const view = new DataView(frame.buffer, frame.byteOffset);
        fc.pre(view.getUint32(2, true) !== lie);
        view.setUint32(2, lie, true);
        expect(decodeBoth(frame)).toEqual([]);
      }),
      RUNS,
    );
  });

  test("fields of any kind in place of the right ones", () => {
    const types = [...Object.keys(TURRET_SAMPLES), ...Object.keys(HQ_SAMPLES)];
    const samples = { ...HQ_SAMPLES, ...TURRET_SAMPLES } as Record<string, object>;
    const hostile = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constantFrom(-1, 1.5, 2 ** 53, 1e308, "", "x".repeat(5_000), "__proto__", [], {}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.nat(), hostile, (type, place, value) => {
        const fields = { ...samples[type] } as Record<string, unknown>;
        const names = Object.keys(fields).filter((name) => name !== "type" && name !== "bytes");
        fields[names[place % names.length] as string] = value;
        for (const encode of [encodeTurretMessage, encodeHqMessage]) {
          const message = fields as unknown as TurretMessage & HqMessage;
          if (!(type in (encode === encodeHqMessage ? HQ_SAMPLES : TURRET_SAMPLES))) continue;
          decodeBoth(encode(message));
        }
      }),
      RUNS,
    );
  });
});
