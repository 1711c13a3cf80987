// oct pack-turrets: one archive a turret definition, beside the project's config.

import { EXIT } from "../base/errors.ts";
import { loadProject } from "../config/load.ts";
import { packProject } from "../pack/pack.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom } from "./files.ts";
import { projectDirectory } from "./project-directory.ts";
import { packToolsOf } from "./turret-parts.ts";

export async function runPackTurrets(input: CommandInput, env: Env): Promise<number> {
  const directory = projectDirectory(env, input.positionals[0] as string, undefined);
  const given = input.text("config-file");
  const configFile = given === undefined ? undefined : resolveFrom(env.cwd, given);
  const { config, warnings } = loadProject({
    directory,
    ...(configFile === undefined ? {} : { configFile }),
  });
  const onLine = (text: string) => env.stdout.write(`${text}\n`);
  for (const warning of warnings) onLine(warning);
  await packProject({
    directory,
    shownDirectory: input.positionals[0] as string,
    config,
    isPython: input.isOn("python"),
    tools: packToolsOf(env),
    onLine,
  });
  return EXIT.ok;
}
