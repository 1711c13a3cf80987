// Unit tests of the cache of addresses, on a clock moved by hand.

import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import { type Address, DnsCache, type DnsOptions, sharedDns } from "../../../src/http/dns.ts";
import { Timeouts } from "../../../src/http/timeouts.ts";

const BOTH: readonly Address[] = [
  { address: "::1", family: 6 },
  { address: "10.0.0.1", family: 4 },
  { address: "10.0.0.2", family: 4 },
  { address: "::2", family: 6 },
];

function cacheOf(options: DnsOptions): { dns: DnsCache; clock: ManualClock } {
  const clock = new ManualClock();
  const resolve = async () => BOTH;
  return { dns: new DnsCache(new Timeouts(clock), { resolve, ...options }), clock };
}

describe("DnsCache", () => {
  test.each([
    [0, ["10.0.0.1", "10.0.0.2", "::1", "::2"]],
    ["6-first", ["::1", "::2", "10.0.0.1", "10.0.0.2"]],
    [4, ["10.0.0.1", "10.0.0.2"]],
    [6, ["::1", "::2"]],
  ] as const)("with family %p gives %p", async (family, addresses) => {
    expect(await cacheOf({ family }).dns.addresses("a")).toEqual([...addresses]);
  });

  test("gives each address its turn, the other family staying behind", async () => {
    const { dns } = cacheOf({});
    const firsts: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const found = await dns.addresses("a");
      firsts.push(found[0]);
      expect(found.slice(2)).toEqual(["::1", "::2"]);
    }
    expect(firsts).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"]);
    expect(dns.lookupCount).toBe(1);
  });

  test.each([
    ["once", 1],
    ["connection", 4],
    [{ ttlUs: 1_000_000 }, 2],
  ] as const)("with policy %p asks %i times", async (policy, count) => {
    const { dns, clock } = cacheOf({ policy });
    await dns.addresses("a");
    await dns.addresses("a");
    clock.advance(1_000_001);
    await dns.addresses("a");
    await dns.addresses("a");
    expect(dns.lookupCount).toBe(count);
  });

  test("answers at once what it knows, and addresses without asking", async () => {
    const { dns } = cacheOf({ policy: "once" });
    expect(dns.addresses("127.0.0.1")).toEqual(["127.0.0.1"]);
    expect(dns.addresses("::1")).toEqual(["::1"]);
    const [one, two] = [dns.addresses("a"), dns.addresses("a")];
    expect(one).toBeInstanceOf(Promise);
    expect([await one, await two].map((found) => found.length)).toEqual([4, 4]);
    expect(Array.isArray(dns.addresses("a"))).toBe(true);
    expect(dns.lookupCount).toBe(1);
  });

  test("rejects what has no address of the family, and asks again", async () => {
    const { dns } = cacheOf({ family: 6, resolve: async () => BOTH.slice(1, 2) });
    for (let i = 0; i < 2; i++) {
      expect(await Promise.resolve(dns.addresses("a")).catch((thrown) => thrown.code)).toBe(
        "ENOTFOUND",
      );
    }
    expect(dns.lookupCount).toBe(2);
  });

  test("is one for all with the same timeouts", () => {
    const [one, other] = [new Timeouts(new ManualClock()), new Timeouts(new ManualClock())];
    expect(sharedDns(one)).toBe(sharedDns(one));
    expect(sharedDns(one)).not.toBe(sharedDns(other));
  });
});
