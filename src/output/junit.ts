// A run as JUnit XML, for CI systems that show tests: its verdict, its thresholds and its checks are the
// test cases. Figures stand in the properties, and the summary of the terminal in the output.

import { formatCount } from "../base/units.ts";
import { formatMs, formatPercent, formatPerSec } from "../report/figures.ts";
import { renderSummary } from "../report/text.ts";
import { thresholdFound } from "../report/threshold-text.ts";
import type { ReportModel } from "../report/types.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { FinishedFigures } from "./finished.ts";
import { xmlAttribute, xmlText } from "./xml.ts";

export const JUNIT_LIMIT = {
  /** Checks that are test cases of their own; the rest is one. */
  checks: 1_000,
} as const;

interface TestCase {
  readonly name: string;
  /** Why it has failed; "" where it has not. */
  readonly failure: string;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/** The whole document. */
export function renderJunit(finished: FinishedFigures): string {
  const { model } = finished;
  const seconds = (model.measuredUs / 1e6).toFixed(3);
  const suites = [verdictSuite(model), thresholdSuite(model), checkSuite(finished)].filter(
    (suite) => suite.cases.length > 0,
  );
  const cases = suites.flatMap((suite) => suite.cases);
  const timestamp =
    model.startWallMs === undefined
      ? ""
      : ` timestamp="${new Date(model.startWallMs).toISOString().slice(0, 19)}"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xmlAttribute(`oct ${model.title}`)}" ${tally(cases)} time="${seconds}">`,
    ...suites.flatMap((suite, i) => [
      `  <testsuite name="${xmlAttribute(suite.name)}" ${tally(suite.cases)} ` +
        `time="${i === 0 ? seconds : "0.000"}"${timestamp}>`,
      ...(i === 0 ? propertyLines(model) : []),
      ...suite.cases.map((one) => caseLine(one, `oct.${suite.name}`)),
      ...(i === 0 ? [outputLine(model)] : []),
      "  </testsuite>",
    ]),
    "</testsuites>",
  ].join("\n")}\n`;
}

function tally(cases: readonly TestCase[]): string {
  const failures = cases.filter((one) => one.failure !== "").length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="0"`;
}

function verdictSuite({ verdict }: ReportModel): Suite {
  const isBad = verdict.word === "PARTIAL" || verdict.word === "INVALID";
  const failure = isBad ? [`${verdict.word}: ${verdict.sentence}`, ...verdict.reasons] : [];
  return {
    name: "run",
    cases: [{ name: "everything measured is there", failure: failure.join("\n") }],
  };
}

function thresholdSuite(model: ReportModel): Suite {
  return {
    name: "thresholds",
    cases: model.thresholds.map((threshold) => ({
      name: threshold.text,
      failure: threshold.holds ? "" : thresholdFound(threshold),
    })),
  };
}

function checkSuite({ totals }: FinishedFigures): Suite {
  const checks = totals.filter((total) => total.kind === CELL_KIND.check);
  const shown = checks.slice(0, JUNIT_LIMIT.checks);
  const rest = checks.slice(JUNIT_LIMIT.checks);
  const restFailed = rest.filter((check) => check.errorCount > 0).length;
  return {
    name: "checks",
    cases: [
      ...shown.map(({ name, count, errorCount }) => ({
        name,
        failure:
          errorCount === 0
            ? ""
            : `${formatCount(errorCount)} of ${formatCount(count)} failed ` +
              `(${formatPercent((errorCount / count) * 100)})`,
      })),
      ...(rest.length === 0
        ? []
        : [
            {
              name: `${formatCount(rest.length)} more checks`,
              failure: restFailed === 0 ? "" : `${formatCount(restFailed)} of them have failures`,
            },
          ]),
    ],
  };
}

function propertyLines(model: ReportModel): string[] {
  const { figures, clock } = model.all;
  const properties: readonly (readonly [string, string])[] = [
    ["verdict", model.verdict.word],
    ["transactions", String(model.transactions)],
    ["errors", String(model.errorCount)],
    ["rate_per_second", formatPerSec(figures.ratePerSec)],
    ["clock", clock],
    ["mean_ms", formatMs(figures.meanUs)],
    ["p50_ms", formatMs(figures.p50Us)],
    ["p95_ms", formatMs(figures.p95Us)],
    ["p99_ms", formatMs(figures.p99Us)],
    ["max_ms", formatMs(figures.maxUs)],
  ];
  return [
    "    <properties>",
    ...properties.map(
      ([name, value]) => `      <property name="${name}" value="${xmlAttribute(value)}"/>`,
    ),
    "    </properties>",
  ];
}

function caseLine({ name, failure }: TestCase, className: string): string {
  const head = `    <testcase name="${xmlAttribute(name)}" classname="${className}" time="0.000"`;
  if (failure === "") return `${head}/>`;
  const [first = "", ...rest] = failure.split("\n");
  const body = xmlText([first, ...rest].join("\n"));
  return `${head}>\n      <failure message="${xmlAttribute(first)}">${body}</failure>\n    </testcase>`;
}

function outputLine(model: ReportModel): string {
  return `    <system-out>${xmlText(renderSummary(model, { columns: 100 }))}</system-out>`;
}
