import { describe, expect, test } from "bun:test";
import { askedInWords } from "../../../src/cli/load-asked.ts";

const RUN = { runTimeUs: 60_000_000, turrets: 1 } as const;

describe("askedInWords", () => {
  test("says the load of the one definition, and of several with their names", () => {
    const web = { name: "web", script: "a.ts", cannons: 50, rampup: 10 };
    const jobs = { name: "jobs", script: "b.ts", rate: 5 };
    expect(askedInWords({ ...RUN, config: { turrets: [web] } })).toEqual([
      "50 cannons, started over 10.00 s, for 1m 00s",
    ]);
    const [first, second] = askedInWords({ ...RUN, turrets: 4, config: { turrets: [web, jobs] } });
    expect(first).toBe("web: each of 2 turrets: 50 cannons, started over 10.00 s, for 1m 00s");
    expect(second).toStartWith("jobs: each of 2 turrets: transactions arrive at 5.00/s for 1m 00s");
  });

  test.each([
    [undefined],
    [{}],
    [{ turrets: "many" }],
    [{ turrets: [7, null] }],
    [{ turrets: [{ name: "x", cannons: "fifty" }] }],
    [{ turrets: [{ name: "x", stages: "nonsense" }] }],
  ])("a configuration of any shape says nothing rather than fail: %j", (config) => {
    expect(askedInWords({ ...RUN, config })).toEqual([]);
  });

  test("a file that does not know its run time says nothing", () => {
    const config = { turrets: [{ name: "web", cannons: 5 }] };
    expect(askedInWords({ config, runTimeUs: undefined, turrets: 1 })).toEqual([]);
  });
});
