// oct ctl: asks something of a run that fires, over its live page.

import { request } from "node:http";
import { clip, EXIT, errorText, OctError, systemCode, UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { formatCount, formatMs, formatPercent, formatPerSec } from "../base/units.ts";
import { formatElapsed, oneLine } from "../report/figures.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";

const TOKEN_VARIABLE = "OCT_DASHBOARD_TOKEN";
const TIMEOUT_MS = 10_000;
const ANSWER_CHARACTERS = 4 * 1024 * 1024;
const TEXT_CHARACTERS = 500;

/** What `oct ctl` takes; `value` says what comes after the word. */
const ACTIONS: Readonly<Record<string, { readonly value: string }>> = {
  status: { value: "" },
  pause: { value: "" },
  resume: { value: "" },
  stop: { value: "" },
  cannons: { value: "a whole number, or percent of the plan such as 150%" },
  rate: { value: "a number a second, or percent of the plan such as 150%" },
  note: { value: 'a text, such as "deployed 1.2"' },
};

export async function runCtl(input: CommandInput, env: Env): Promise<number> {
  const [address = "", action = "", ...values] = input.positionals;
  const page = pageOf(address, input.text("token") ?? env.variables[TOKEN_VARIABLE]);
  const body = bodyOf(action, values, input.text("turret"));
  if (body === undefined) {
    const view = await ask(page, { method: "GET", path: "/api/v1/status" });
    for (const line of statusLines(view)) env.stdout.write(`${line}\n`);
    return EXIT.ok;
  }
  const reply = await ask(page, { method: "POST", path: "/api/v1/control", body });
  const text = textOf(reply["text"]);
  if (reply["isDone"] !== true) throw new OctError(`not done: ${text}`, { where: page.shown });
  env.stdout.write(`${text}\n`);
  return EXIT.ok;
}

interface Page {
  readonly url: URL;
  readonly token: string;
  /** Without the token. */
  readonly shown: string;
}

function pageOf(address: string, given: string | undefined): Page {
  const text = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text) || !/^http:\/\//i.test(text)) {
    throw new UsageError(`"${address}" is not the address of a live page`, {
      hint: "it is printed when a run with --dashboard begins: http://HOST:PORT/?token=...",
    });
  }
  const url = new URL(text);
  const token = given ?? url.searchParams.get("token") ?? "";
  // The port that is not in an address is the web's and not the page's.
  if (url.port === "" && !/:80(\/|$|\?)/.test(text)) url.port = "5004";
  const shown = `http://${url.host}`;
  if (token === "" || /[^\x21-\x7e]/.test(token)) {
    throw new UsageError("there is no token to ask with", {
      where: shown,
      hint: `it is in the printed address of the live page; or give --token or ${TOKEN_VARIABLE}`,
    });
  }
  return { url, token, shown };
}

/** The action as the page takes it; undefined for a question. */
function bodyOf(
  action: string,
  values: readonly string[],
  turret: string | undefined,
): JsonObject | undefined {
  const known = ACTIONS[action];
  if (known === undefined || !Object.hasOwn(ACTIONS, action)) {
    throw new UsageError(`there is no action ${oneLine(action)}`, {
      hint: `one of ${Object.keys(ACTIONS).join(", ")}`,
    });
  }
  const text = values.join(" ");
  const isNumber = action === "cannons" || action === "rate";
  if (known.value === "" && text !== "") throw new UsageError(`${action} takes nothing more`);
  if (known.value !== "" && text === "") throw new UsageError(`${action} needs ${known.value}`);
  if (turret !== undefined && !isNumber) {
    throw new UsageError("--turret goes with cannons and rate", {
      hint: `${action} is for all turrets`,
    });
  }
  if (action === "status") return undefined;
  if (action === "note") return { kind: action, text };
  if (!isNumber) return { kind: action };
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.replace(/\s+%$/, "%"));
  if (found === null) throw new UsageError(`${action} needs ${known.value}, not "${text}"`);
  const value = Number(found[1]);
  const named = turret === undefined ? {} : { turret };
  return found[2] === "%"
    ? { kind: action, percent: value, ...named }
    : { kind: action, value, ...named };
}

interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: JsonObject;
}

async function ask(page: Page, question: Question): Promise<JsonObject> {
  const { status, text } = await answerOf(page, question).catch((thrown: unknown) => {
    throw cannotReach(page, thrown);
  });
  const answer = parsed(text);
  if (status === 200 && answer !== undefined) return answer;
  const said = textOf(answer?.["error"]);
  if (status === 401) {
    throw new OctError("the token is another: this run does not take orders with it", {
      where: page.shown,
      hint: "each run prints its own with the address of its live page",
    });
  }
  if (answer !== undefined && said !== "") throw new OctError(said, { where: page.shown });
  throw new OctError(`this is not the live page of a run: it answered ${status}`, {
    where: page.shown,
    hint: "the address is printed when a run with --dashboard begins",
  });
}

// Not fetch: that would ask the proxy of the environment even for this machine.
function answerOf(page: Page, question: Question): Promise<{ status: number; text: string }> {
  const { method, path, body } = question;
  const payload = body === undefined ? "" : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${page.token}`,
      "x-oct-agent": "oct ctl",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const asked = request(new URL(path, page.url), { method, headers, timeout: TIMEOUT_MS });
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > ANSWER_CHARACTERS) asked.destroy(new Error("the answer has no end"));
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer came within 10 s")));
    asked.on("error", reject);
    asked.end(payload);
  });
}

function cannotReach(page: Page, thrown: unknown): OctError {
  const code = systemCode(thrown) ?? "";
  const isNobody = /REFUSED|NOTFOUND|EAI_AGAIN|UNREACH/i.test(code);
  const reason = isNobody ? "nobody listens there" : clip(oneLine(errorText(thrown)), 200);
  return new OctError(`the live page cannot be reached: ${reason}`, {
    where: page.shown,
    hint: "the run may be over; while it fires, its --dashboard prints the address",
    cause: thrown,
  });
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? clip(oneLine(value), TEXT_CHARACTERS) : "";
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The run now, as a few lines. */
function statusLines(view: JsonObject): string[] {
  const number = (key: string) => numberOf(view[key]);
  const count = (key: string) => formatCount(number(key) ?? 0);
  const isPaused = view["isPaused"] === true;
  const phase = isPaused ? "paused" : textOf(view["phase"]);
  const of = formatElapsed(number("runTimeS") ?? 0);
  const all = isJsonObject(view["all"]) ? view["all"] : {};
  const ms = (key: string) => `${formatMs(numberOf(all[key]))} ms`;
  const planned = number("plannedPerSec");
  const plannedCannons = number("plannedCannons");
  const lost = number("lostTurrets") ?? 0;
  const plannedText = planned === undefined ? "" : `, planned ${formatPerSec(planned)}/s`;
  const cannonsText = plannedCannons === undefined ? "" : ` of ${formatCount(plannedCannons)}`;
  return [
    `${textOf(view["project"])}: ${phase}, ${formatElapsed(number("elapsedS") ?? 0)} of ${of}`,
    `  turrets       ${count("turretCount")}${lost > 0 ? `, ${formatCount(lost)} lost` : ""}`,
    `  cannons       ${count("cannons")}${cannonsText}`,
    `  now           ${formatPerSec(number("nowPerSec"))}/s${plannedText}`,
    `  transactions  ${count("transactions")}, errors ${count("errors")} (${formatPercent(numberOf(all["errorPercent"]) ?? 0)})`,
    `  times         50 % ${ms("p50")}, 95 % ${ms("p95")}, 99 % ${ms("p99")}`,
  ];
}
