// oct results-to-csv: the rows of a database, as OCT wrote them.

import { EXIT, OctError, UsageError } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import { writeCsv } from "../store/csv.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { isFile, resolveFrom, showPath } from "./files.ts";
import { Screen } from "./screen.ts";

export async function runResultsToCsv(input: CommandInput, env: Env): Promise<number> {
  const resultsPath = resolveFrom(env.cwd, input.positionals[0] as string);
  const outputPath = resolveFrom(env.cwd, input.positionals[1] as string);
  const delimiter = input.text("delimiter") ?? ";";
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter)) {
    throw new UsageError(`the delimiter must be one character, not ${JSON.stringify(delimiter)}`);
  }
  if (!isFile(resultsPath)) {
    throw new OctError("Results file does not exists", {
      where: resultsPath,
      hint: "check the path",
    });
  }
  const screen = new Screen(env.stderr, env.clock);
  const onProgress = screen.progress("writing rows");
  const { rows } = await writeCsv({ resultsPath, outputPath, delimiter, onProgress });
  screen.clearStatus();
  env.stdout.write(`${formatCount(rows)} rows written to ${showPath(env.cwd, outputPath)}\n`);
  return EXIT.ok;
}
