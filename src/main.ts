// Entry of the binary: answers --version before anything is loaded, else hands over to the CLI.
// The worker's URL is made here because in the binary every module reports the same virtual root.

import { version } from "../package.json" with { type: "json" };
import { EXIT } from "./base/errors.ts";
import { systemEnv } from "./cli/env.ts";

const env = systemEnv({ version, workerUrl: new URL("./worker.ts", import.meta.url).href });
const first = env.args[0];

if (env.args.length === 1 && (first === "--version" || first === "-V")) {
  env.stdout.write(`oct ${version}\n`);
  env.exit(EXIT.ok);
} else {
  const { runCli } = await import("./cli/index.ts");
  env.exit(await runCli(env));
}
