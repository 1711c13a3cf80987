// What --out and --notify make of a run: outputs that are told while it goes, files at its end, and the
// summary that every results folder has. None of them may cost the run anything: what fails is said and
// counted, and the run goes on.

import path from "node:path";
import { clip, errorText } from "../base/errors.ts";
import { renderSummaryJson } from "../output/after.ts";
import { Delivery, type Transport } from "../output/delivery.ts";
import { OTLP_HEADERS } from "../output/otlp.ts";
import { REMOTE_WRITE_HEADERS } from "../output/remote-write.ts";
import { shownUrl } from "../output/safe-url.ts";
import { OUTPUTS } from "../output/targets.ts";
import {
  InfluxOutput,
  LinesOutput,
  OtlpOutput,
  RemoteWriteOutput,
  StatsdOutput,
  Teller,
  type ToldOutput,
} from "../output/told.ts";
import type { Env } from "./env.ts";
import { showPath } from "./files.ts";
import type { FinishedRun, Follower, FollowerParts, OpenerParts } from "./follower.ts";
import { type EndLine, notifyAll } from "./notify.ts";
import { type FinishedOutputs, finishedFigures, writeFinished } from "./out-finished.ts";
import { type AskedOutput, fileOf } from "./out-requests.ts";
import { fileTransport, httpTransport, udpTransport } from "./out-transports.ts";

/** Undefined where nothing is asked and no folder wants its summary. */
export async function openOutputs(parts: OpenerParts): Promise<Follower | undefined> {
  const { outputs, hooks } = parts.values.asked;
  if (outputs.length === 0 && hooks.length === 0 && parts.results === undefined) return undefined;
  const told: ToldOutput[] = [];
  try {
    for (const output of outputs) {
      if (OUTPUTS[output.kind].when === "while") told.push(await openTold(output, parts));
    }
  } catch (thrown) {
    for (const output of told) output.delivery.close();
    throw thrown;
  }
  return {
    observer: new Teller(told),
    async finish(finished) {
      say(await finishTold(told), parts);
      say(await writeAll(finished, parts), parts);
      say(await notifyAll({ ...parts, body: summaryOf(finished, parts) }), parts);
      return [];
    },
    async close() {
      for (const output of told) output.delivery.close();
    },
  };
}

// What went wrong is said to those who want to hear nothing else.
function say(lines: readonly EndLine[], { screen, values }: FollowerParts): void {
  for (const { text, isBad } of lines) {
    if (isBad) screen.always(values.redactor.text(text));
    else screen.line(text);
  }
}

/** Where outputs without a name of their own go. */
function folderOf({ results, env }: FollowerParts): string {
  return results ?? env.cwd;
}

async function openTold(output: AskedOutput, parts: OpenerParts): Promise<ToldOutput> {
  const { env, screen, values } = parts;
  const transport = await openTransport(output, parts);
  const delivery = new Delivery({
    transport,
    clock: env.clock,
    noun: output.kind === "jsonl" ? "lines" : "reports",
    onFailure: (line) => screen.always(values.redactor.text(line)),
  });
  switch (output.kind) {
    case "prometheus":
      return new RemoteWriteOutput(delivery, () => parts.live.view());
    case "otlp":
      return new OtlpOutput(delivery, () => parts.live.view());
    case "statsd":
      return new StatsdOutput(delivery);
    case "influx":
      return new InfluxOutput(delivery);
    default:
      return new LinesOutput(delivery);
  }
}

async function openTransport(output: AskedOutput, parts: FollowerParts): Promise<Transport> {
  const { kind, target } = output;
  const { env } = parts;
  switch (target.form) {
    case "url": {
      const name = `${kind} ${shownUrl(target.url)}`;
      const { url } = target;
      if (kind === "otlp") {
        return httpTransport({ name, url, headers: otlpHeaders(env), refusal: otlpRefusal });
      }
      const headers = kind === "prometheus" ? prometheusHeaders(env) : influxHeaders(env);
      return httpTransport({ name, url, headers });
    }
    case "host": {
      const { host, port } = target;
      const shown = host.includes(":") ? `[${host}]` : host;
      return udpTransport({ name: `${kind} ${shown}:${port}`, host, port, clock: env.clock });
    }
    default: {
      const file = fileOf(output, folderOf(parts));
      return await fileTransport(file, showPath(env.cwd, file));
    }
  }
}

function prometheusHeaders(env: Env): Record<string, string> {
  return { ...REMOTE_WRITE_HEADERS, ...bearer(env.variables["OCT_PROMETHEUS_TOKEN"], "Bearer") };
}

function influxHeaders(env: Env): Record<string, string> {
  const token = bearer(env.variables["INFLUX_TOKEN"], "Token");
  return { "Content-Type": "text/plain; charset=utf-8", ...token };
}

function bearer(token: string | undefined, scheme: string): Record<string, string> {
  return token === undefined || token === "" ? {} : { Authorization: `${scheme} ${token}` };
}

/** OpenTelemetry's own variable: `name=value,name=value`, values as in URLs. */
function otlpHeaders(env: Env): Record<string, string> {
  const given = (env.variables["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",");
  const pairs = given.flatMap((pair): [string, string][] => {
    const equals = pair.indexOf("=");
    if (equals < 1) return [];
    const value = pair.slice(equals + 1).trim();
    return [[pair.slice(0, equals).trim(), /%[0-9a-f]{2}/i.test(value) ? decoded(value) : value]];
  });
  return { ...Object.fromEntries(pairs), ...OTLP_HEADERS };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A collector says with success how much of a report it did not take. */
function otlpRefusal(answer: string): string {
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
    };
    const rejected = Number(partialSuccess?.rejectedDataPoints ?? 0);
    if (!(rejected > 0)) return "";
    return `${rejected} points rejected (${clip(String(partialSuccess?.errorMessage), 200)})`;
  } catch {
    return "";
  }
}

async function finishTold(told: readonly ToldOutput[]): Promise<EndLine[]> {
  const lines = await Promise.all(
    told.map(async (output) => {
      const text = await output.delivery.finish();
      const notes = output.notes?.() ?? [];
      return [
        { text, isBad: !output.delivery.isWhole },
        ...notes.map((note) => ({ text: note, isBad: true })),
      ];
    }),
  );
  return lines.flat();
}

function finishedOutputs(finished: FinishedRun, parts: FollowerParts): FinishedOutputs {
  return {
    ...finished,
    outputs: parts.values.asked.outputs,
    folder: folderOf(parts),
    cwd: parts.env.cwd,
  };
}

function summaryOf(finished: FinishedRun, parts: FollowerParts): string {
  return renderSummaryJson(finishedFigures(withSummary(finishedOutputs(finished, parts))));
}

// A results folder has its summary whatever is asked.
function withSummary(made: FinishedOutputs): FinishedOutputs {
  if (made.results === undefined) return made;
  const own = path.join(made.results, OUTPUTS.json.fileName);
  const isAsked = made.outputs.some(
    (output) => output.kind === "json" && fileOf(output, made.folder) === own,
  );
  if (isAsked) return made;
  const target = { form: "file", path: undefined } as const;
  return { ...made, outputs: [{ kind: "json", target, file: own }, ...made.outputs] };
}

async function writeAll(finished: FinishedRun, parts: FollowerParts): Promise<EndLine[]> {
  const made = withSummary(finishedOutputs(finished, parts));
  const lines: EndLine[] = [];
  for (const output of made.outputs) {
    if (OUTPUTS[output.kind].when === "while") continue;
    try {
      const texts = await writeFinished(output, made);
      lines.push(...texts.map((text) => ({ text, isBad: false })));
    } catch (thrown) {
      const text = `--out ${output.kind} failed: ${clip(errorText(thrown), 500)}`;
      lines.push({ text, isBad: true });
    }
  }
  return lines;
}
