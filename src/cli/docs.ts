// oct docs: the guides, embedded so that copying the file copies its manual.

import compare from "../../assets/docs/compare.md" with { type: "text" };
import configuration from "../../assets/docs/configuration.md" with { type: "text" };
import control from "../../assets/docs/control.md" with { type: "text" };
import dashboard from "../../assets/docs/dashboard.md" with { type: "text" };
import fire from "../../assets/docs/fire.md" with { type: "text" };
import load from "../../assets/docs/load.md" with { type: "text" };
import measuring from "../../assets/docs/measuring.md" with { type: "text" };
import outputs from "../../assets/docs/outputs.md" with { type: "text" };
import results from "../../assets/docs/results.md" with { type: "text" };
import scripts from "../../assets/docs/scripts.md" with { type: "text" };
import start from "../../assets/docs/start.md" with { type: "text" };
import thresholds from "../../assets/docs/thresholds.md" with { type: "text" };
import turret from "../../assets/docs/turret.md" with { type: "text" };
import turretExample from "../../assets/examples/turret.py" with { type: "text" };
import summarySchema from "../../assets/schema/summary.schema.json" with { type: "text" };
import { EXIT, UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { configReference } from "../config/reference.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";

interface Topic {
  readonly name: string;
  readonly summary: string;
  text(): string;
}

const TOPICS: readonly Topic[] = [
  { name: "start", summary: "the first load test in five minutes", text: () => start },
  { name: "fire", summary: "a URL or a script, at once", text: () => fire },
  { name: "scripts", summary: "writing scripts in TypeScript", text: () => scripts },
  { name: "load", summary: "every load model: users, stages, arrivals, mixes", text: () => load },
  {
    name: "measuring",
    summary: "what the numbers mean, the verdict, calibration",
    text: () => measuring,
  },
  {
    name: "thresholds",
    summary: "what a run has to keep to, in words, and exit codes",
    text: () => thresholds,
  },
  {
    name: "configuration",
    summary: "every key of config.json, its default and its limit",
    text: () => `${configuration}\n${configReference()}`,
  },
  {
    name: "results",
    summary: "results, journal, database, what survives what",
    text: () => results,
  },
  {
    name: "outputs",
    summary: "--out: files, Prometheus, OpenTelemetry, ...; --notify",
    text: () => outputs,
  },
  {
    name: "summary-schema",
    summary: "the JSON Schema of summary.json",
    text: () => String(summarySchema),
  },
  {
    name: "compare",
    summary: "a run against an earlier one, and the floor of a machine",
    text: () => compare,
  },
  {
    name: "control",
    summary: "pause, change and stop a run that fires; the same run again",
    text: () => control,
  },
  {
    name: "dashboard",
    summary: "the live page: charts, control, JSON API, Prometheus",
    text: () => dashboard,
  },
  {
    name: "turret",
    summary: "writing a turret in any language (OCT protocol 1)",
    text: () => turret,
  },
  { name: "turret.py", summary: "a complete turret in Python", text: () => turretExample },
];

export async function runDocs(input: CommandInput, env: Env): Promise<number> {
  const name = input.positionals[0];
  if (name === undefined) {
    const width = Math.max(...TOPICS.map((topic) => topic.name.length)) + 2;
    for (const topic of TOPICS) env.stdout.write(`  ${topic.name.padEnd(width)}${topic.summary}\n`);
    env.stdout.write("\noct docs <topic> prints one.\n");
    return EXIT.ok;
  }
  const topic = TOPICS.find((known) => known.name === name);
  if (topic === undefined) {
    const close = nearest(
      name,
      TOPICS.map((known) => known.name),
    );
    throw new UsageError(`there is no guide called ${name}`, {
      hint: close === undefined ? "oct docs lists them" : `did you mean oct docs ${close}?`,
    });
  }
  env.stdout.write(topic.text().replace(/\n*$/, "\n"));
  return EXIT.ok;
}
