// oct run --replay: drives an earlier run again. Its configuration, its seed and its number of turrets
// are those of the results; what was asked of it while it fired is asked again at the same instants.

import type { Clock } from "../base/clock.ts";
import { clip, OctError, UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { REDACTED } from "../base/redact.ts";
import { formatCount } from "../base/units.ts";
import type { ConfigSource } from "../config/load.ts";
import type { ControlAction, LiveRun, RunObserver } from "../hq/types.ts";
import { openResults } from "../store/query.ts";
import type { ControlRecord } from "../store/records.ts";
import type { Results } from "../store/results.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom, showPath } from "./files.ts";
import { findDatabase } from "./find-database.ts";
import type { Screen } from "./screen.ts";

/** Actions are asked so long before their instant: more than what passes between two looks. */
const AHEAD_US = 2_500_000;
const BY = "replay";
const SHOWN_KEYS = 8;
const REPLAYED: ReadonlySet<string> = new Set(["pause", "resume", "cannons", "rate", "stop"]);

export interface Replay {
  readonly config: ConfigSource;
  readonly seed: number;
  /** Turrets that were there at the start; undefined where the file does not say. */
  readonly turrets: number | undefined;
  readonly controls: readonly ControlRecord[];
}

/** The run that `--replay` names; undefined without it. `project` reads the project's configuration. */
export async function readReplay(
  input: CommandInput,
  env: Env,
  parts: { readonly screen: Screen; readonly project: () => JsonObject },
): Promise<Replay | undefined> {
  const given = input.text("replay");
  if (given === undefined) return undefined;
  for (const option of ["seed", "config-file"]) {
    if (input.text(option) === undefined) continue;
    throw new UsageError(`--${option} does not go with --replay`, {
      hint: "a run is driven again with the seed and the configuration of its results",
    });
  }
  const database = await findDatabase(resolveFrom(env.cwd, given), parts.screen);
  const results = await openResults(database);
  try {
    return readRun(results, { ...parts, shown: showPath(env.cwd, database) });
  } finally {
    results.close();
  }
}

function readRun(
  results: Results,
  parts: { readonly screen: Screen; readonly project: () => JsonObject; readonly shown: string },
): Replay {
  const { config, seed, startedTurrets } = results.facts;
  const { screen, shown } = parts;
  if (config === undefined || seed === undefined) {
    throw new OctError("these results do not say how their run was configured", {
      where: shown,
      hint: "only results of this oct can be replayed, not those of the old OCT",
    });
  }
  const project = parts.project();
  const whole = filled(config, project, []);
  for (const path of whole.secrets) {
    screen.line(`${path} was a secret of that run and is not known: give it with --set`);
  }
  const changed = differences(whole.value, project);
  if (changed.length > 0) {
    const more = changed.length > SHOWN_KEYS ? ` and ${changed.length - SHOWN_KEYS} more` : "";
    const keys = changed.slice(0, SHOWN_KEYS).join(", ");
    screen.line(
      `the project's configuration is another now (${clip(keys, 500)}${more}): that of the results counts`,
    );
  }
  const controls = results.controls().filter(({ kind }) => REPLAYED.has(kind));
  const count = controls.length === 1 ? "1 action" : `${formatCount(controls.length)} actions`;
  screen.line(`replay of ${shown}: seed ${seed}, ${count} while it fired`);
  return {
    config: { text: JSON.stringify(whole.value, null, 2), name: `the configuration in ${shown}` },
    seed,
    turrets: startedTurrets,
    controls,
  };
}

interface Filled<V> {
  readonly value: V;
  /** Places of what neither knows. */
  readonly secrets: readonly string[];
}

// Secrets were not kept: what stands in their place in the project is taken.
function filled(
  kept: JsonObject,
  project: JsonValue | undefined,
  at: readonly string[],
): Filled<JsonObject> {
  const value: Record<string, JsonValue> = {};
  const secrets: string[] = [];
  for (const [key, item] of Object.entries(kept)) {
    const own = isJsonObject(project) && Object.hasOwn(project, key) ? project[key] : undefined;
    const made = filledValue(item, own, [...at, key]);
    value[key] = made.value;
    secrets.push(...made.secrets);
  }
  return { value, secrets };
}

function filledValue(
  kept: JsonValue,
  project: JsonValue | undefined,
  at: readonly string[],
): Filled<JsonValue> {
  if (typeof kept === "string") {
    if (!kept.includes(REDACTED)) return { value: kept, secrets: [] };
    if (project === undefined) return { value: kept, secrets: [at.join(".")] };
    return { value: project, secrets: [] };
  }
  if (Array.isArray(kept)) {
    const list = Array.isArray(project) ? project : [];
    const made = kept.map((item, i) => filledValue(item, list[i], [...at, String(i)]));
    return {
      value: made.map(({ value }) => value),
      secrets: made.flatMap(({ secrets }) => secrets),
    };
  }
  return isJsonObject(kept) ? filled(kept, project, at) : { value: kept, secrets: [] };
}

/** Places at which two configurations are not the same. */
function differences(one: JsonValue, other: JsonValue | undefined, at = ""): string[] {
  if (isJsonObject(one) && isJsonObject(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].flatMap((key) => {
      const place = at === "" ? key : `${at}.${key}`;
      if (!Object.hasOwn(one, key) || !Object.hasOwn(other, key)) return [place];
      return differences(one[key] as JsonValue, other[key], place);
    });
  }
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.flatMap((item, i) => differences(item, other[i], `${at}.${i}`));
  }
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [at];
}

/** Asks again what was asked, each for its own instant. */
export class Replayer implements RunObserver {
  readonly name = BY;
  readonly #controls: ControlRecord[];
  readonly #clock: Clock;
  readonly #onLine: (text: string) => void;
  readonly #over = new AbortController();

  constructor(
    controls: readonly ControlRecord[],
    parts: { readonly clock: Clock; readonly onLine: (text: string) => void },
  ) {
    this.#controls = [...controls];
    this.#clock = parts.clock;
    this.#onLine = parts.onLine;
  }

  onStart(run: LiveRun): void {
    this.#ask(run);
  }

  onSecond(run: LiveRun): void {
    this.#ask(run);
  }

  onEnd(): void {
    this.#over.abort();
  }

  #ask(run: LiveRun): void {
    for (let next = this.#controls[0]; next !== undefined; next = this.#controls[0]) {
      const leftUs = next.atUs - run.atUs();
      if (leftUs > AHEAD_US) return;
      this.#controls.shift();
      if (next.kind === "stop") void this.#stopAfter(run, leftUs);
      else this.#control(run, next);
    }
  }

  #control(run: LiveRun, record: ControlRecord): void {
    const action = actionOf(record);
    if (action === undefined) return;
    const reply = run.control(action, BY, record.atUs);
    if (!reply.isDone) this.#onLine(`replay: ${record.text} was refused: ${reply.text}`);
  }

  // A stop is at once and has no instant of its own.
  async #stopAfter(run: LiveRun, leftUs: number): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, leftUs), this.#over.signal);
    } catch {
      return;
    }
    run.control({ kind: "stop" }, BY);
  }
}

function actionOf(record: ControlRecord): ControlAction | undefined {
  const { kind, value, definition } = record;
  if (kind === "pause" || kind === "resume") return { kind };
  if (kind !== "cannons" && kind !== "rate") return undefined;
  const turret = definition === "" ? {} : { turret: definition };
  return record.isPercent ? { kind, percent: value, ...turret } : { kind, value, ...turret };
}
