// A database into its report: used at the end of a run, by oct report and by oct rebuild.

import { readFileSync } from "node:fs";
import { renderReport } from "../report/html.ts";
import { buildReportModel } from "../report/model.ts";
import { loadProjectTemplate } from "../report/template.ts";
import { renderSummary } from "../report/text.ts";
import { openResults } from "../store/query.ts";
import type { Env } from "./env.ts";
import { fileError, writeFileAtomic } from "./files.ts";
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
}

/** Writes the report; returns the summary for the terminal. */
export async function makeReport(request: ReportRequest): Promise<{ summary: string }> {
  const { env, screen } = request;
  const results = await openResults(request.databasePath);
  try {
    const model = buildReportModel(
      results,
      request.intervalS === undefined ? {} : { intervalS: request.intervalS },
    );
    const template = chooseTemplate(request);
    writeFileAtomic(
      request.outputPath,
      renderReport(model, template === undefined ? {} : { template }),
    );
    screen.clearStatus();
    const isColor = env.useColor(env.stdout);
    return { summary: renderSummary(model, { columns: env.stdout.columns(), color: isColor }) };
  } finally {
    results.close();
  }
}

function chooseTemplate(request: ReportRequest): string | undefined {
  if (request.templatePath !== undefined) {
    try {
      return readFileSync(request.templatePath, "utf8");
    } catch (thrown) {
      throw fileError("can not read the template", request.templatePath, thrown);
    }
  }
  if (request.projectDirectory === undefined) return undefined;
  const { template, notice } = loadProjectTemplate(request.projectDirectory);
  if (notice !== undefined) request.screen.line(notice);
  return template;
}
