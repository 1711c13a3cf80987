// `--out KIND[=TARGET]` as typed: which output, and where to. Whatever is wrong with one is told before
// anything is fired.

import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";

export type OutputKind =
  | "json"
  | "jsonl"
  | "csv"
  | "junit"
  | "markdown"
  | "github"
  | "prometheus"
  | "prometheus-text"
  | "otlp"
  | "statsd"
  | "influx"
  | "hdr";

type TargetForm = "file" | "url" | "url or file" | "host" | "none";

interface KindSpec {
  readonly form: TargetForm;
  /** While the run goes, or from what is left of it. */
  readonly when: "while" | "after";
  /** Of files: in the results folder, where no target is given; "" where one must be. */
  readonly fileName: string;
  readonly example: string;
}

export const OUTPUTS: Readonly<Record<OutputKind, KindSpec>> = {
  json: { form: "file", when: "after", fileName: "summary.json", example: "json" },
  jsonl: { form: "file", when: "while", fileName: "samples.jsonl", example: "jsonl=samples.jsonl" },
  csv: { form: "file", when: "after", fileName: "results.csv", example: "csv" },
  junit: { form: "file", when: "after", fileName: "junit.xml", example: "junit=junit.xml" },
  markdown: { form: "file", when: "after", fileName: "summary.md", example: "markdown=pr.md" },
  github: { form: "none", when: "after", fileName: "", example: "github" },
  prometheus: {
    form: "url",
    when: "while",
    fileName: "",
    example: "prometheus=http://localhost:9090/api/v1/write",
  },
  "prometheus-text": {
    form: "file",
    when: "after",
    fileName: "metrics.prom",
    example: "prometheus-text=oct.prom",
  },
  otlp: { form: "url", when: "while", fileName: "", example: "otlp=http://localhost:4318" },
  statsd: { form: "host", when: "while", fileName: "", example: "statsd=localhost:8125" },
  influx: {
    form: "url or file",
    when: "while",
    fileName: "",
    example: "influx=http://localhost:8086/write?db=oct",
  },
  hdr: { form: "file", when: "after", fileName: "latencies.hlog", example: "hdr=latencies.hlog" },
};

export const OUTPUT_LIMIT = {
  /** Outputs of one run. */
  outputs: 32,
} as const;

export type OutputTarget =
  /** `path` is as typed; undefined: the kind's own name in the results folder. */
  | { readonly form: "file"; readonly path: string | undefined }
  | { readonly form: "url"; readonly url: URL }
  | { readonly form: "host"; readonly host: string; readonly port: number }
  | { readonly form: "none" };

export interface OutputRequest {
  readonly kind: OutputKind;
  readonly target: OutputTarget;
}

const STATSD_PORT = 8125;
const OTLP_PATH = "/v1/metrics";

/** One `--out`; throws UsageError with what to type instead. */
export function parseOutput(text: string): OutputRequest {
  const equals = text.indexOf("=");
  const name = equals === -1 ? text : text.slice(0, equals);
  const given = equals === -1 ? undefined : text.slice(equals + 1);
  if (!Object.hasOwn(OUTPUTS, name)) throw unknownKind(name);
  const kind = name as OutputKind;
  if (given !== undefined && given.trim() === "") throw mistake(kind, "nothing follows the =");
  return { kind, target: readTarget(kind, given) };
}

function unknownKind(name: string): UsageError {
  const kinds = Object.keys(OUTPUTS);
  const close = nearest(name, kinds);
  return new UsageError(`--out knows no output "${name}"`, {
    hint: close === undefined ? `it may be ${kinds.join(", ")}` : `did you mean --out ${close}?`,
  });
}

function mistake(kind: OutputKind, what: string): UsageError {
  return new UsageError(`--out ${kind}: ${what}`, {
    hint: `e.g. --out ${OUTPUTS[kind].example}`,
  });
}

function readTarget(kind: OutputKind, given: string | undefined): OutputTarget {
  const { form } = OUTPUTS[kind];
  if (form === "none") {
    if (given === undefined) return { form: "none" };
    throw mistake(kind, "it takes no target");
  }
  if (form === "file") return fileTarget(kind, given);
  if (given === undefined) throw mistake(kind, "it needs a target");
  if (form === "host") return hostTarget(kind, given);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  if (form === "url or file" && !isUrl) return fileTarget(kind, given);
  return { form: "url", url: urlTarget(kind, given) };
}

function fileTarget(kind: OutputKind, given: string | undefined): OutputTarget {
  if (given === "-") throw mistake(kind, "it writes a file, not to the terminal");
  if (given !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(given)) {
    throw mistake(kind, "it writes a file, not to a URL");
  }
  return { form: "file", path: given };
}

function hostTarget(kind: OutputKind, given: string): OutputTarget {
  const found = /^(?:udp:\/\/)?(\[[0-9a-f:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/i.exec(given);
  const port = Number(found?.[2] ?? STATSD_PORT);
  if (found === null || port < 1 || port > 65_535) {
    throw mistake(kind, `"${given}" is no host:port`);
  }
  return { form: "host", host: (found[1] as string).replace(/^\[|\]$/g, ""), port };
}

function urlTarget(kind: OutputKind, given: string): URL {
  const url = readHttpUrl(given);
  if (url === undefined) throw mistake(kind, "its target is an http:// or https:// URL");
  if (url.pathname === "/") {
    if (kind === "otlp") url.pathname = OTLP_PATH;
    else throw mistake(kind, `the URL needs the path of the receiver, not only ${url.host}`);
  }
  // Timestamps are in nanoseconds, which is what receivers expect where nothing is said.
  if (kind === "influx") url.searchParams.set("precision", "ns");
  return url;
}

/** An http or https URL, or undefined. */
export function readHttpUrl(given: string): URL | undefined {
  if (!/^https?:\/\/[^/]/i.test(given)) return undefined;
  try {
    return new URL(given);
  } catch {
    return undefined;
  }
}
