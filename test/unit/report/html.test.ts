import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { REPORT_BYTES_MAX, renderReport } from "../../../src/report/html.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import { REPORT_LIMIT } from "../../../src/report/types.ts";
import type { Results } from "../../../src/store/results.ts";
import {
  emptyResults,
  HOSTILE_NAMES,
  hostileResults,
  hugeResults,
  shopResults,
  singleResults,
} from "../../support/report-samples.ts";

// The largest run that a report may be of is made here, on whatever machine.
setDefaultTimeout(60_000);

const htmlOf = (results: Results) => renderReport(buildReportModel(results));

/** The page without what is ours and the same in every report. */
function bodyOf(html: string): string {
  return html.slice(html.indexOf("<body>"), html.indexOf('<script type="application/json"'));
}

function rowsOf(html: string, section: string): number {
  const part = html.slice(html.indexOf(`<section id="${section}"`));
  return (part.slice(0, part.indexOf("</tbody>")).match(/<tr><th scope="row"/g) ?? []).length;
}

describe("renderReport", () => {
  test("is one file that loads nothing", () => {
    const html = htmlOf(shopResults());
    expect(html).toStartWith("<!doctype html>");
    expect(html).toContain("default-src 'none'");
    const loads =
      /<link|<img|<iframe|<script[^>]+src|@import|url\(|\bfetch\(|XMLHttpRequest|import\(/;
    expect(html.match(loads)).toBeNull();
    const addresses = [...html.matchAll(/https?:\/\/[^\s"'<)]+/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith("https://github.com/"))).toEqual([]);
  });

  test("is the same text for the same results", () => {
    expect(htmlOf(shopResults())).toBe(htmlOf(shopResults()));
  });

  test("shows every figure of the model for 0, 1 and many results", () => {
    for (const [results, count] of [
      [emptyResults(), "0"],
      [singleResults(), "1"],
      [shopResults(), "33,634"],
    ] as const) {
      const html = htmlOf(results);
      expect(html).toContain(`<dt>Transactions</dt><dd><span class="value">${count}</span>`);
      expect(bodyOf(html).match(/undefined|NaN|\[object|Infinity/)).toBeNull();
    }
  });

  test("prints the verdict with its reasons, the identities and the method", () => {
    const model = buildReportModel(hostileResults());
    const html = renderReport(model);
    expect(html).toContain('<div class="verdict warn"><p><strong>PARTIAL</strong>');
    for (const line of model.counts.lines) expect(html).toContain(`>${line}`);
    for (const sentence of model.method) expect(html).toContain(sentence.replaceAll("&", "&amp;"));
  });
});

describe("hostile texts in the page", () => {
  const html = htmlOf(hostileResults());

  test("are text, wherever they come from", () => {
    const body = bodyOf(html);
    expect(body.match(/<script|<img|<!--|<style|<\/style|" onmouseover=/g)).toBeNull();
    expect(body).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html.match(/<\/script/g)).toHaveLength(3);
  });

  test("show what would hide or move other text", () => {
    expect(bodyOf(html).match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)).toBeNull();
    expect(html).toContain("&lt;U+202E&gt;right to left override");
  });

  test("never become an anchor", () => {
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1] as string);
    expect(ids.filter((id) => !/^[a-z][a-z0-9-]*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...html.matchAll(/href="#([^"]*)"/g)].map((match) => match[1] as string);
    expect(links.length).toBeGreaterThan(HOSTILE_NAMES.length);
    expect(links.filter((link) => !ids.includes(link))).toEqual([]);
  });
});

describe("the size of a report", () => {
  test("of 1,000 timers over 12 hours is under a megabyte, and nothing big is left out", () => {
    const model = buildReportModel(hugeResults({ timers: 1000, seconds: 43_200 }));
    expect(model.timers).toHaveLength(REPORT_LIMIT.timers);
    expect(model.timers.filter((timer) => timer.charts)).toHaveLength(REPORT_LIMIT.charts);
    for (const timer of [model.all, ...model.timers]) {
      expect(timer.charts?.p99.length ?? 0).toBeLessThanOrEqual(REPORT_LIMIT.points);
      expect(timer.charts?.fine.max.length ?? 0).toBeLessThanOrEqual(REPORT_LIMIT.points);
      expect(timer.table?.rows.length ?? 0).toBeLessThanOrEqual(REPORT_LIMIT.intervals);
    }
    const html = renderReport(model);
    expect(Buffer.byteLength(html)).toBeLessThan(REPORT_BYTES_MAX);
    const shown = rowsOf(html, "timers");
    expect(shown).toBe(REPORT_LIMIT.timers);
    expect(html).toContain(`${1000 - shown} more timers are not shown`);
    expect(html.match(/<section id="t\d+"/g)).toHaveLength(REPORT_LIMIT.charts);
    expect(/and \d+ more texts/.test(html)).toBe(true);
  });

  test("of names that grow sixfold when escaped is under a megabyte too", () => {
    const nameOf = (i: number) => `${i} ${'"&<'.repeat(1400)}`;
    const html = htmlOf(hugeResults({ timers: 1000, seconds: 7200, nameOf }));
    expect(Buffer.byteLength(html)).toBeLessThan(REPORT_BYTES_MAX);
    expect(rowsOf(html, "timers")).toBeGreaterThan(10);
    expect(html).toContain("more timers are not shown");
    expect(html).toContain('data-timer="all"');
  });
});
