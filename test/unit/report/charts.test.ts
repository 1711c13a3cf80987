import { describe, expect, test } from "bun:test";
import { type ChartData, chartJson, scriptJson, sparkPath } from "../../../src/report/charts.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import {
  emptyResults,
  HOSTILE_NAMES,
  hostileResults,
  shopResults,
} from "../../support/report-samples.ts";

const column = (text: string) =>
  text === "" ? [] : text.split(",").map((part) => (part === "" ? null : Number(part)));

describe("chartJson", () => {
  test("carries every column, in milliseconds and rates of five places", () => {
    const model = buildReportModel(shopResults());
    const data = JSON.parse(chartJson(model, [model.all, ...model.timers])) as ChartData;
    expect(data).toMatchObject({ runS: 300, startWallMs: model.startWallMs as number });
    expect(data.timers.map((timer) => timer.id)).toEqual([
      "all",
      "t1",
      "t2",
      "t3",
      "t4",
      "t5",
      "t6",
    ]);
    const rounded = (values: readonly (number | null)[] | undefined, divisor = 1000) =>
      values?.map((value) => (value === null ? null : Number((value / divisor).toPrecision(5))));
    const { charts } = model.all;
    const columns = data.timers[0]?.columns ?? {};
    expect(column(columns.p99 ?? "")).toEqual(rounded(charts?.p99) as number[]);
    expect(column(columns.rate ?? "")).toEqual(rounded(charts?.ratePerSec, 1) as number[]);
    expect(column(columns.fineMax ?? "")).toEqual(rounded(charts?.fine.max) as number[]);
    const lengths = Object.entries(columns).map(([name, text]) => [
      name.startsWith("fine"),
      column(text).length,
    ]);
    expect(new Set(lengths.map(String))).toEqual(new Set(["false,30", "true,300"]));
  });

  test("of nothing has no timers", () => {
    const model = buildReportModel(emptyResults());
    expect(JSON.parse(chartJson(model, [model.all]))).toMatchObject({ timers: [] });
  });

  test("keeps hostile names whole and inside its element", () => {
    const model = buildReportModel(hostileResults());
    const json = chartJson(model, model.timers);
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    const names = (JSON.parse(json) as ChartData).timers.map((timer) => timer.name);
    expect(names).toEqual(model.timers.map((timer) => timer.name));
    expect(names).toContain(HOSTILE_NAMES[0] as string);
  });
});

describe("scriptJson", () => {
  test("means the same value and can not end or open anything", () => {
    const value = { "</script>": ["<!--", "-->", "a & b", "\u2028\u2029", "]]>"] };
    const json = scriptJson(value);
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
  });
});

describe("sparkPath", () => {
  test("is empty where there is no line", () => {
    expect([undefined, [], [5], [null, 3, null]].map(sparkPath)).toEqual(["", "", "", ""]);
  });

  test("goes from the left to the right, from zero to the highest", () => {
    expect(sparkPath([0, 50, 100])).toBe("M0 23L50 12L100 1");
    expect(sparkPath([7, 7])).toBe("M0 1L100 1");
    expect(sparkPath([0, 0])).toBe("M0 23L100 23");
  });

  test("lifts the pen over gaps", () => {
    expect(sparkPath([1, 1, null, 1, 1])).toBe("M0 1L25 1M75 1L100 1");
  });

  test("stays short and keeps the highest, however long the column", () => {
    const long = Array.from({ length: 5000 }, (_, i) => (i === 3333 ? 900 : 10));
    const path = sparkPath(long);
    expect(path.length).toBeLessThan(600);
    expect(path).toContain(" 1L");
  });
});
