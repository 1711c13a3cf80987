// What people and machines get of a finished run, to the letter: the summary in a terminal of each
// width, with colour and without, and the model of a database that the old OCT made. After a wanted
// change, OCT_GOLDEN=write writes the files anew: read the difference before it is committed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildReportModel, type ReportModel } from "../../src/report/model.ts";
import { renderSummary } from "../../src/report/text.ts";
import { openResults } from "../../src/store/query.ts";
import type { Results } from "../../src/store/results.ts";
import {
  emptyResults,
  hostileResults,
  shopResults,
  singleResults,
  twoClockResults,
} from "../support/report-samples.ts";

const FIXTURE = path.resolve(import.meta.dir, "../fixtures/oct-results.sqlite");

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function expectGolden(name: string, text: string): void {
  const file = path.join(import.meta.dir, "report", name);
  if (process.env.OCT_GOLDEN === "write") writeFileSync(file, `${text}\n`);
  expect(text).toBe(readFileSync(file, "utf8").replace(/\n$/, ""));
}

const SAMPLES: readonly (readonly [name: string, make: () => Results])[] = [
  ["empty", emptyResults],
  ["single", singleResults],
  ["shop", shopResults],
  ["clocks", twoClockResults],
  ["hostile", hostileResults],
];

const models = new Map<string, ReportModel>();
function modelOf(name: string, make: () => Results): ReportModel {
  const known = models.get(name) ?? buildReportModel(make());
  models.set(name, known);
  return known;
}

/** Escape codes spelled out, so that the files are text. */
const spelled = (text: string) => text.replaceAll("\u001b", "␛");

describe("renderSummary", () => {
  for (const [name, make] of SAMPLES) {
    for (const columns of [60, 80, 120]) {
      test(`of ${name} in ${columns} columns`, () => {
        const text = renderSummary(modelOf(name, make), { columns });
        expect(text).not.toContain("\u001b");
        expect(
          Math.max(...text.split("\n").map((line) => Bun.stringWidth(line))),
        ).toBeLessThanOrEqual(columns);
        expectGolden(`${name}-${columns}.txt`, text);
      });

      test(`of ${name} in ${columns} columns is the same text in colour`, () => {
        const model = modelOf(name, make);
        const colored = renderSummary(model, { columns, color: true });
        expect(colored).toContain("\u001b[");
        expect(Bun.stripANSI(colored)).toBe(renderSummary(model, { columns }));
        if (columns === 80) expectGolden(`${name}-color.txt`, spelled(colored));
      });
    }
  }

  test("of an old database", async () => {
    const results = await openResults(FIXTURE);
    try {
      expectGolden("old-80.txt", renderSummary(buildReportModel(results), { columns: 80 }));
    } finally {
      results.close();
    }
  });
});

describe("buildReportModel", () => {
  test("of an old database, as JSON", async () => {
    const results = await openResults(FIXTURE);
    try {
      const model = buildReportModel(results, { intervalS: 5 });
      const rounded = JSON.stringify(
        model,
        (_, value: unknown) => {
          if (Array.isArray(value) && value.length > 0 && value.every(Number.isInteger)) {
            return value.join(",");
          }
          return typeof value === "number" ? Number(value.toPrecision(12)) : value;
        },
        1,
      );
      expectGolden("old-model.json", rounded);
    } finally {
      results.close();
    }
  });
});
