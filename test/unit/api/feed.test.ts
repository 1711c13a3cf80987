// Unit and property tests of data files: what is read, which row a transaction gets, what happens at
// the end.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import type { FeedFacts } from "../../../src/api/context.ts";
import { EndOfData, type Feed, type FeedOptions, feed } from "../../../src/api/index.ts";
import { Random } from "../../../src/base/random.ts";
import { shuffledRow } from "../../../src/pace/row.ts";
import { apiBench, type BenchOptions } from "../../support/api-host.ts";
import { tempFolder } from "../../support/temp.ts";

function withFile(name: string, text: string, options: BenchOptions = {}) {
  const folder = tempFolder();
  writeFileSync(folder.file(name), text);
  const bench = apiBench({ ...options, folders: [`${folder.path}/scripts`, folder.path] });
  return {
    ...bench,
    [Symbol.dispose]() {
      bench.close();
      folder[Symbol.dispose]();
    },
  };
}

const NUMBERS = JSON.stringify(Array.from({ length: 5 }, (_, i) => i));

async function rowsOf(rows: Feed<number>, bench: ReturnType<typeof withFile>, count: number) {
  const found: (number | string)[] = [];
  for (let i = 0; i < count; i++) {
    const row = rows.row(bench.transaction).catch((thrown: Error) => thrown.name);
    found.push(await row);
  }
  return found;
}

describe("feed reads", () => {
  test.each<[string, string, FeedOptions, unknown]>([
    ["a.csv", "name,age\nAnn,3\n\nBo,4\n", {}, [row("Ann", "3"), row("Bo", "4")]],
    ["a.csv", "\uFEFFname;age\r\nAnn;3\r\n", {}, [row("Ann", "3")]],
    ["a.tsv", "name\tage\nAnn\t3", {}, [row("Ann", "3")]],
    ["a.csv", 'name,age\n"A, ""n""\nn",3', {}, [row('A, "n"\nn', "3")]],
    ["a.csv", "Ann,3", { columns: ["name", "age"] }, [row("Ann", "3")]],
    ["a.txt", "name|age\nAnn|3", { delimiter: "|" }, [row("Ann", "3")]],
    ["a.json", '[{"a":1}, 2, "x"]', {}, [{ a: 1 }, 2, "x"]],
    ["a.jsonl", '{"a":1}\n\n[2]\n', {}, [{ a: 1 }, [2]]],
    ["a.ndjson", "1\n2", {}, [1, 2]],
  ])("%s of %j", (name, text, options, rows) => {
    using bench = withFile(name, text);
    expect(feed(name, options).rows).toEqual(rows as never);
    expect(bench.measured.counts.size).toBe(0);
  });

  test.each<[string, string, FeedOptions, string]>([
    ["a.csv", "name,age\nAnn,3\nBo\n", {}, "a.csv, row 3: 1 fields where there are 2 columns"],
    ["a.csv", "name,age\nAnn,3,4\n", {}, "a.csv, row 2: 3 fields"],
    ["a.csv", 'name,age\nAnn,"3\n', {}, "a.csv, row"],
    ["a.csv", "name,name\nAnn,3\n", {}, 'column "name" is named twice'],
    ["a.csv", "__proto__,b\nAnn,3\n", {}, "__proto__"],
    ["a.csv", "name,age\n", {}, "a.csv has no rows"],
    ["a.csv", "", {}, "a.csv has no rows"],
    ["a.json", "{}", {}, "not a JSON array"],
    ["a.json", "[]", {}, "a.json has no rows"],
    ["a.json", "[1,", {}, "a.json: "],
    ["a.jsonl", "1\n2\n{x\n", {}, "a.jsonl:3: "],
    ["a.json", "[1]", { order: "random" as "unique" }, "order is sequential"],
    ["a.json", "[1]", { atEnd: "loop" as "stop" }, "atEnd is stop"],
    ["a.json", "[1]", { order: "unique", atEnd: "again" }, "can not be used again"],
  ])("%s of %j: refuses", (name, text, options, message) => {
    using bench = withFile(name, text);
    expect(() => feed(name, options)).toThrow(message);
    expect(bench.measured.failures).toEqual([]);
  });

  test("a file that lies at the root of a pack, whatever its folder was", () => {
    using bench = withFile("a.json", "[1]");
    expect(feed("../data/a.json").rows).toEqual([1]);
    expect(bench.measured.failures).toEqual([]);
  });

  test("says where a missing file should be", () => {
    using bench = withFile("a.csv", "");
    expect(() => feed("b.csv")).toThrow("b.csv does not exist");
    expect(() => feed("")).toThrow("needs a file");
    expect(bench.measured.failures).toEqual([]);
  });
});

function row(name: string, age: string) {
  return { name, age };
}

describe("feed gives rows where transactions have no number", () => {
  test("in the order of the file, again from the first", async () => {
    using bench = withFile("n.json", NUMBERS);
    expect(await rowsOf(feed("n.json"), bench, 7)).toEqual([0, 1, 2, 3, 4, 0, 1]);
  });

  test("shuffled, each pass whole and in an order of its own", async () => {
    using bench = withFile("n.json", NUMBERS);
    const found = await rowsOf(feed("n.json", { order: "shuffled" }), bench, 15);
    const passes = [found.slice(0, 5), found.slice(5, 10), found.slice(10)];
    for (const pass of passes) expect([...pass].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(passes.map(String)).size).toBeGreaterThan(1);
  });

  test("leased, until nothing is left", async () => {
    const leases = [
      { first: 2, end: 4 },
      { first: 4, end: 9 },
    ];
    const leaseRows = async () => leases.shift() ?? { first: 0, end: 0 };
    using bench = withFile("n.json", NUMBERS, { thread: { leaseRows } });
    const rows = feed<number>("n.json", { order: "unique", atEnd: "fail" });
    const all = Array.from({ length: 5 }, () =>
      rows.row(bench.transaction).catch((thrown: Error) => thrown.message),
    );
    const nothing = "n.json has no row left";
    expect(await Promise.all(all)).toEqual([2, 3, 4, nothing, nothing]);
  });

  test("unique never, unless somebody shares them out", async () => {
    using bench = withFile("n.json", NUMBERS);
    const rows = feed("n.json", { order: "unique" });
    await expect(rows.row(bench.transaction)).rejects.toThrow("nobody shares out unique rows");
  });

  test("only to a transaction", async () => {
    using bench = withFile("n.json", NUMBERS);
    const rows = feed("n.json");
    await expect(rows.row({} as typeof bench.transaction)).rejects.toThrow("row(this)");
  });
});

describe("feed gives rows by the transaction's number", () => {
  test("the same when it is asked for again within the transaction", async () => {
    const cannon = { transactionNumber: 1 };
    using bench = withFile("n.json", NUMBERS, { cannon });
    const rows = feed<number>("n.json");
    expect(await rowsOf(rows, bench, 3)).toEqual([0, 0, 0]);
    Object.assign(bench.host, { transactionNumber: 2 });
    expect(await rowsOf(rows, bench, 2)).toEqual([1, 1]);
  });

  test.each<[FeedOptions["atEnd"], (number | string)[], number]>([
    ["again", [3, 4, 0, 1], 0],
    ["fail", [3, 4, "Error", "Error"], 0],
    ["stop", [3, 4, "EndOfData", "EndOfData"], 2],
  ])("and at the end: %s", async (atEnd, expected, retired) => {
    let k = 3;
    let retirements = 0;
    const cannon = { dataRow: () => k++, retire: () => void retirements++ };
    using bench = withFile("n.json", NUMBERS, { cannon });
    const rows = feed<number>("n.json", atEnd === undefined ? {} : { atEnd });
    expect(await rowsOf(rows, bench, 4)).toEqual(expected);
    expect(retirements).toBe(retired);
  });

  test("stops with unique rows where nothing else is said", async () => {
    using bench = withFile("n.json", NUMBERS, { cannon: { dataRow: () => 5 } });
    const rows = feed("n.json", { order: "unique" });
    await expect(rows.row(bench.transaction)).rejects.toBeInstanceOf(EndOfData);
  });

  test("every row once in a pass, whoever fires the transactions, in every order", async () => {
    using bench = withFile("n.json", NUMBERS);
    const orders = fc.constantFrom("sequential", "shuffled", "unique");
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 7 }),
      orders,
      fc.nat(),
      async (rowCount, turrets, order, seed) => {
        using own = withFile("p.json", JSON.stringify([...Array(rowCount).keys()]));
        const counts = new Map<number, number>();
        const rows = feed<number>("p.json", { order, atEnd: "fail" });
        const ks = new Random(seed).shuffle([...Array(rowCount).keys()]);
        for (let turret = 0; turret < turrets; turret++) {
          const host = { ...own.host };
          for (const k of ks.filter((one) => one % turrets === turret)) {
            const numberOf = (facts: FeedFacts) =>
              facts.order === "shuffled" ? shuffledRow(k, { rows: facts.rowCount, seed }) : k;
            Object.assign(own.host, { ...host, dataRow: numberOf });
            const found = await rows.row(own.transaction);
            counts.set(found, (counts.get(found) ?? 0) + 1);
          }
        }
        expect(counts.size).toBe(rowCount);
        expect([...counts.values()].every((count) => count === 1)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 60 });
    expect(bench.measured.failures).toEqual([]);
  });
});

describe("feed survives", () => {
  test("any text as CSV and as JSON: rows, or an error that names the file", () => {
    using bench = withFile("x.csv", "a\n1");
    const property = fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a,;"\n\r\t1{}[]') })),
      fc.constantFrom("x.csv", "x.json", "x.jsonl"),
      (text, name) => {
        using own = withFile(name, text);
        try {
          expect(feed(name).rows.length).toBeGreaterThan(0);
        } catch (thrown) {
          expect(String(thrown)).toContain(name);
        }
        expect(own.measured.failures).toEqual([]);
      },
    );
    fc.assert(property, { numRuns: 200 });
    expect(bench.measured.failures).toEqual([]);
  });
});
