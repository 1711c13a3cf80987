// A database into its report: used at the end of a run, by oct report and by oct rebuild.

import { readFileSync } from "node:fs";
import { type RenderOptions, type ReportSection, renderReport } from "../report/html.ts";
import { buildReportModel, type ReportModel } from "../report/model.ts";
import { loadProjectTemplate } from "../report/template.ts";
import { renderSummary } from "../report/text.ts";
import type { Threshold } from "../stats/threshold.ts";
import { openResults } from "../store/query.ts";
import type { Results, RunFacts, StoredTotal } from "../store/results.ts";
import type { Env } from "./env.ts";
import { fileError, writeFileAtomic } from "./files.ts";
import { askedInWords } from "./load-asked.ts";
import type { Screen } from "./screen.ts";

export interface ReportRequest {
  readonly env: Env;
  readonly screen: Screen;
  readonly databasePath: string;
  readonly outputPath: string;
  /** Where templates/ may hold the project's own; undefined when there is no project. */
  readonly projectDirectory?: string | undefined;
  /** A template named on the command line. */
  readonly templatePath?: string | undefined;
  /** Overrides the interval of the run's own config, in seconds. */
  readonly intervalS?: number | undefined;
  /** Of a run that has just ended; else they are read from the copy of its configuration. */
  readonly thresholds?: readonly Threshold[] | undefined;
  /** "fired": the summary leaves out what oct fire says in the words of Loads, and what it said before. */
  readonly summary?: "whole" | "fired";
  /** Parts of the page that are made elsewhere. */
  readonly sections?: readonly ReportSection[] | undefined;
}

/** What is known of a finished run, read once for all who show or send it. */
export interface RunFigures {
  readonly model: ReportModel;
  readonly facts: RunFacts;
  readonly totals: readonly StoredTotal[];
}

export interface MadeReport extends RunFigures {
  /** For the terminal. */
  readonly summary: string;
}

/** The figures of a database alone. */
export async function readFigures(
  databasePath: string,
  thresholds?: readonly Threshold[],
): Promise<RunFigures> {
  const results = await openResults(databasePath);
  try {
    return figuresOf(results, buildReportModel(results, { thresholds }));
  } finally {
    results.close();
  }
}

/** Writes the report. */
export async function makeReport(request: ReportRequest): Promise<MadeReport> {
  const { env, screen } = request;
  screen.status("making the report");
  const results = await openResults(request.databasePath);
  try {
    const { sections, thresholds, intervalS } = request;
    const model = buildReportModel(results, {
      thresholds,
      ...(intervalS === undefined ? {} : { intervalS }),
    });
    const html = renderReport(model, { ...chooseTemplate(request), sections });
    writeFileAtomic(request.outputPath, html);
    const summary = renderSummary(model, {
      columns: env.stdout.columns(),
      color: env.useColor(env.stdout),
      ...(request.summary === "fired"
        ? { heading: "none" }
        : { asked: askedInWords({ ...results.facts, turrets: model.turretsTotal }) }),
    });
    return { summary, ...figuresOf(results, model) };
  } finally {
    screen.clearStatus();
    results.close();
  }
}

function figuresOf(results: Results, model: ReportModel): RunFigures {
  return { model, facts: results.facts, totals: results.totals() };
}

// A mistake in a template named on the command line is the command's error. In a project's own it must
// not cost the report of a run: it is told, and the report is made with ours.
function chooseTemplate(request: ReportRequest): RenderOptions {
  const { templatePath, projectDirectory, screen } = request;
  if (templatePath !== undefined) {
    try {
      return { template: readFileSync(templatePath, "utf8"), templatePath };
    } catch (thrown) {
      throw fileError("can not read the template", templatePath, thrown);
    }
  }
  if (projectDirectory === undefined) return {};
  const { notice, ...own } = loadProjectTemplate(projectDirectory);
  if (notice !== undefined) screen.line(notice);
  return {
    ...own,
    onTemplateError: (error) =>
      screen.line(`${error.where}: ${error.message}\nThe report is made with oct's own template.`),
  };
}
