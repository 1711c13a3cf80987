// Projects for end-to-end tests: a config on free ports, a script, and a server to fire at.

import { Database } from "bun:sqlite";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts } from "./binary.ts";

export interface TestProject {
  readonly directory: string;
  readonly linkPort: number;
  readonly publishPort: number;
  readonly rcPort: number;
}

export interface ProjectParts {
  readonly runTimeS?: number;
  readonly minTurrets?: number;
  readonly turrets?: readonly Record<string, unknown>[];
  readonly script?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export const HTTP_SCRIPT = `import { Transaction } from "oct";

export class Visitor extends Transaction {
  async run() {
    await this.timer("home", () => this.http.get(\`\${this.config.target}/\`));
  }
}
`;

export const SLEEP_SCRIPT = `import { sleep, Transaction } from "oct";

export class Sleeper extends Transaction {
  async run() {
    await this.timer("a timer", () => sleep(0.02));
  }
}
`;

/** Writes a project called `name` into `parent`. */
export function writeProject(parent: string, name: string, parts: ProjectParts = {}): TestProject {
  const directory = path.join(parent, name);
  const [linkPort = 0, publishPort = 0, rcPort = 0] = freePorts(3);
  mkdirSync(path.join(directory, "test_scripts"), { recursive: true });
  writeFileSync(path.join(directory, "test_scripts/v_user.ts"), parts.script ?? SLEEP_SCRIPT);
  const config = {
    run_time: parts.runTimeS ?? 2,
    results_ts_interval: 1,
    progress_bar: true,
    testing: false,
    min_turrets: parts.minTurrets ?? 1,
    link_port: linkPort,
    publish_port: publishPort,
    rc_port: rcPort,
    hq_address: "127.0.0.1",
    turrets: parts.turrets ?? [
      { name: "navigation", cannons: 4, rampup: 0, script: "test_scripts/v_user.ts" },
    ],
    ...parts.more,
  };
  writeFileSync(path.join(directory, "config.json"), JSON.stringify(config, null, 2));
  return { directory, linkPort, publishPort, rcPort };
}

/** The one results folder of a project. */
export function resultsFolder(project: TestProject): string {
  const found = [
    ...new Bun.Glob("results/results_*").scanSync({ cwd: project.directory, onlyFiles: false }),
  ];
  if (found.length !== 1) throw new Error(`${found.length} results folders: ${found.join(", ")}`);
  return path.join(project.directory, found[0] as string);
}

/** Rows of a query on a results database, read by the runtime's own SQLite. */
export function query<T>(database: string, sql: string): T[] {
  const db = new Database(database, { readonly: true });
  try {
    return db.query(sql).all() as T[];
  } finally {
    db.close();
  }
}

export interface TargetServer extends Disposable {
  readonly url: string;
  readonly hits: () => number;
}

/** A small HTTP server that counts. */
export function targetServer(): TargetServer {
  let hits = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch() {
      hits++;
      return new Response("ok");
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    hits: () => hits,
    [Symbol.dispose]: () => {
      server.stop(true);
    },
  };
}
