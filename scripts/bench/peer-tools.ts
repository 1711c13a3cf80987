// The tools that scripts/bench/peers.ts compares: how each is called, and the scripts that they fire.
// Each does the same: GET of one URL over connections that are kept; those that take scripts check the
// status and time the request under a name.

import { writeFileSync } from "node:fs";
import path from "node:path";

export interface Tool {
  readonly name: string;
  /** The program looked for; undefined: it is ours. */
  readonly program?: string;
  command(target: Target): readonly string[];
}

export interface Target {
  readonly url: string;
  readonly host: string;
  readonly connections: number;
  readonly seconds: number;
}

export const TOOLS: readonly Tool[] = [
  {
    name: "wrk",
    program: "wrk",
    command: ({ url, connections, seconds }) => ["-t1", `-c${connections}`, `-d${seconds}s`, url],
  },
  {
    name: "oct fire URL",
    command: ({ url, connections, seconds }) => [
      url,
      "--threads",
      "1",
      ...loadOf(connections, seconds),
    ],
  },
  {
    name: "oct fire script.ts",
    command: ({ url, connections, seconds }) => [
      ...["script.ts", "--threads", "1", ...loadOf(connections, seconds)],
      ...["-e", `TARGET=${url}`],
    ],
  },
  {
    name: "autocannon",
    program: "autocannon",
    command: ({ url, connections, seconds }) => ["-c", `${connections}`, "-d", `${seconds}`, url],
  },
  {
    name: "k6",
    program: "k6",
    command: ({ url, connections, seconds }) => [
      ...["run", "--quiet", "--no-usage-report", "-u", `${connections}`, "-d", `${seconds}s`],
      ...["-e", `TARGET=${url}`, "k6.js"],
    ],
  },
  {
    name: "oha",
    program: "oha",
    command: ({ url, connections, seconds }) => [
      ...["--no-tui", "-c", `${connections}`, "-z", `${seconds}s`, url],
    ],
  },
  {
    name: "vegeta",
    program: "vegeta",
    command: ({ connections, seconds }) => [
      ...["attack", "-targets", "vegeta.txt", "-rate", "0", "-max-workers", `${connections}`],
      ...["-duration", `${seconds}s`, "-output", "/dev/null"],
    ],
  },
  {
    name: "locust",
    program: "locust",
    command: ({ host, connections, seconds }) => [
      ...["-f", "locustfile.py", "--headless", "--only-summary", "-H", host],
      ...["-u", `${connections}`, "-r", `${connections}`, "-t", `${seconds}s`],
    ],
  },
  {
    name: "artillery",
    program: "artillery",
    command: ({ connections }) => ["run", "--quiet", `artillery-${connections}.json`],
  },
];

function loadOf(connections: number, seconds: number): string[] {
  return ["-u", `${connections}`, "-d", `${seconds}s`];
}

const SCRIPT = `import { Transaction } from "oct";
export class Home extends Transaction {
  async run() {
    const page = await this.timer("home", () => this.http.get(process.env.TARGET as string));
    this.check("is 200", page.status === 200);
  }
}
`;
const SLEEPER = `import { sleep, Transaction } from "oct";
export class Sleeper extends Transaction {
  async run() {
    await sleep(2);
  }
}
`;
const K6 = `import http from "k6/http";
import { check } from "k6";
import { Trend } from "k6/metrics";
const home = new Trend("home");
function fire() {
  const page = http.get(__ENV.TARGET);
  home.add(page.timings.duration);
  check(page, { "is 200": (one) => one.status === 200 });
}
export { fire as default };
`;
const LOCUST = `from locust import HttpUser, task
class Home(HttpUser):
    @task
    def home(self):
        with self.client.get("/", catch_response=True) as page:
            if page.status_code != 200:
                page.failure("not 200")
`;

/** Writes what the tools fire into `folder`. */
export function writeScripts(folder: string, host: string, connections: readonly number[]): void {
  const artillery = (users: number) => ({
    config: { target: host, phases: [{ duration: 1, arrivalCount: users }] },
    scenarios: [{ flow: [{ loop: [{ get: { url: "/" } }], count: 1_000_000 }] }],
  });
  const files = {
    "script.ts": SCRIPT,
    "sleeper.ts": SLEEPER,
    "k6.js": K6,
    "locustfile.py": LOCUST,
    "vegeta.txt": `GET ${host}/\n`,
    ...Object.fromEntries(
      connections.map((count) => [`artillery-${count}.json`, JSON.stringify(artillery(count))]),
    ),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}
