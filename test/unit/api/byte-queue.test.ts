// Property test of the queue of bytes against a plain array.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteQueue } from "../../../src/api/byte-queue.ts";

const step = fc.oneof(
  fc.record({ push: fc.uint8Array({ maxLength: 5_000 }) }),
  fc.record({ take: fc.nat(6_000), skip: fc.nat(3) }),
  fc.record({ find: fc.uint8Array({ minLength: 1, maxLength: 2 }), from: fc.nat(8_000) }),
);

describe("ByteQueue", () => {
  test("is the same as a plain array, whatever is pushed, taken and looked for", () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ByteQueue();
      let plain = Buffer.alloc(0);
      let taken = 0;
      for (const one of steps) {
        if ("push" in one) {
          queue.push(one.push);
          plain = Buffer.concat([plain, one.push]);
        } else if ("take" in one) {
          const found = queue.take(one.take, one.skip);
          expect(Buffer.from(found).equals(plain.subarray(0, one.take))).toBe(true);
          const gone = Math.min(plain.length, Math.min(one.take, plain.length) + one.skip);
          plain = plain.subarray(gone);
          taken += gone;
        } else {
          const offset = Math.min(plain.length, one.from);
          const at = plain.subarray(offset).indexOf(one.find);
          expect(queue.find(one.find, taken + one.from)).toBe(at < 0 ? -1 : at + offset);
        }
        expect([queue.length, queue.position]).toEqual([plain.length, taken]);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("gives bytes that later ones do not overwrite", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1, 2, 3));
    const first = queue.take(3);
    queue.push(Uint8Array.of(7, 8, 9));
    expect(first).toEqual(Uint8Array.of(1, 2, 3));
    expect(queue.take(9)).toEqual(Uint8Array.of(7, 8, 9));
  });
});
