// oct new-project: a project from what is embedded, or from a template archive.

import { EXIT } from "../base/errors.ts";
import { createProject } from "../project/scaffold.ts";
import { createFromTemplate } from "../project/template.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom, showPath } from "./files.ts";

export async function runNewProject(input: CommandInput, env: Env): Promise<number> {
  const name = input.positionals[0] as string;
  const directory = resolveFrom(env.cwd, name);
  const template = input.text("template");
  const onLine = (text: string) => env.stdout.write(`${text}\n`);
  if (template === undefined) await createProject({ directory });
  else await createFromTemplate({ directory, archivePath: resolveFrom(env.cwd, template) });
  onLine(`created ${showPath(env.cwd, directory)}`);
  onLine(`next: oct run ${name} --local`);
  return EXIT.ok;
}
