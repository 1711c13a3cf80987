// One command that checks everything: format and lint, types, tidy, tests; with --all also builds the
// binary and drives it end to end. Ends with one line: N passed, N failed.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

interface Tally {
  passed: number;
  failed: number;
}

const root = path.resolve(import.meta.dir, "..");
const bin = path.join(root, "node_modules", ".bin");
const isAll = process.argv.includes("--all");
const temp = mkdtempSync(path.join(os.tmpdir(), "oct-check-"));
const tally: Tally = { passed: 0, failed: 0 };

/** Runs one program as one check; its output is shown as it comes. */
function step(name: string, command: string[]): void {
  console.log(`\n== ${name}`);
  const { exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
  console.log(`${exitCode === 0 ? "passed" : "FAILED"}: ${name}`);
  if (exitCode === 0) tally.passed++;
  else tally.failed++;
}

/** Runs test files and takes the counts from the runner's JUnit file; a crash of the runner counts. */
function tests(name: string, folders: string[]): void {
  console.log(`\n== ${name}`);
  const report = path.join(temp, `${name.replace(/\W+/g, "-")}.xml`);
  const { exitCode } = Bun.spawnSync(
    [
      process.execPath,
      "test",
      "--timeout",
      "60000",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...folders,
    ],
    { cwd: root, stdout: "inherit", stderr: "inherit" },
  );
  const counts = readCounts(report);
  tally.passed += counts.passed;
  tally.failed += counts.failed;
  if (exitCode !== 0 && counts.failed === 0) tally.failed++;
}

function readCounts(report: string): Tally {
  let xml = "";
  try {
    xml = readFileSync(report, "utf8");
  } catch {
    return { passed: 0, failed: 1 };
  }
  const head = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? "";
  const number = (key: string) => Number(new RegExp(`\\b${key}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  return { passed: number("tests") - failed - number("skipped"), failed };
}

step("format and lint", [path.join(bin, "biome"), "check", "."]);
step("types", [path.join(bin, "tsc"), "--noEmit"]);
tests("tidy", ["./test/tidy.test.ts"]);
tests("unit tests", [
  "./test/unit",
  "./test/property",
  "./test/contract",
  "./test/sim",
  "./test/golden",
]);
if (isAll) {
  step("build", [process.execPath, "build.ts"]);
  if (tally.failed === 0) tests("end-to-end tests", ["./test/e2e"]);
  tests("browser tests", ["./test/browser"]);
}
rmSync(temp, { recursive: true, force: true });
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 ? 0 : 1);
