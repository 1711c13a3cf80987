import { describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import { isIp, isIpv4 } from "../../../src/base/ip.ts";
import { Random } from "../../../src/base/random.ts";

const PARTS = ["0", "1", "12", "255", "256", "01", "ff", "FFFF", "abcde", ":", "::", ".", "%", ""];

describe("isIp", () => {
  test.each([
    ["127.0.0.1", 4],
    ["255.255.255.255", 4],
    ["256.0.0.1", 0],
    ["1.2.3", 0],
    ["01.2.3.4", 0],
    ["::", 6],
    ["::1", 6],
    ["2001:db8::8a2e:370:7334", 6],
    ["::ffff:10.0.0.1", 6],
    ["fe80::1%eth0", 6],
    ["1::2::3", 0],
    ["[::1]", 0],
    ["localhost", 0],
    ["", 0],
    ["127.0.0.1\n", 0],
  ])("of %j is %d", (text, version) => {
    expect([isIp(text), isIpv4(text)]).toEqual([version as 0 | 4 | 6, version === 4]);
  });

  test("says of any text what node says", () => {
    const random = new Random(3);
    const texts = Array.from({ length: 20_000 }, () => {
      const glue = random.pick([".", ":", ""]);
      const size = random.integer(0, 9);
      return Array.from({ length: size }, () => random.pick(PARTS)).join(glue);
    });
    const found = new Set(texts.map((text) => isIp(text)));
    expect(texts.filter((text) => isIp(text) !== isIP(text))).toEqual([]);
    expect(found.size).toBe(3);
  });
});
