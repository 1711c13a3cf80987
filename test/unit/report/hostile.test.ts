// Hostile names on their whole way: journal, database, CSV, report and summary, and the report's own
// command with a template that fails.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import Papa from "papaparse";
import { makeReport } from "../../../src/cli/make-report.ts";
import { Screen } from "../../../src/cli/screen.ts";
import { SHIPPED_TEMPLATE } from "../../../src/report/template.ts";
import { writeCsv } from "../../../src/store/csv.ts";
import { rebuildDatabase } from "../../../src/store/rebuild.ts";
import { memoryEnv } from "../../support/memory-env.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";
import { type MadeRow, writeRun } from "../../support/store-run.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";

const ROWS: readonly MadeRow[] = HOSTILE_NAMES.map((name, i) => ({
  second: i,
  scriptrunS: 0.25,
  error: name,
  turretName: name,
  timers: [name, 0.125],
}));

async function resultsFolder(rows: readonly MadeRow[] = ROWS): Promise<TempFolder> {
  const folder = tempFolder();
  writeRun(folder.path, rows);
  await rebuildDatabase({ directory: folder.path });
  return folder;
}

/** Makes the report of `folder`; gives what was printed, the page and the summary. */
async function report(folder: TempFolder, projectDirectory?: string, templatePath?: string) {
  const env = memoryEnv([]);
  const { summary } = await makeReport({
    env,
    screen: new Screen(env.stdout, env.clock),
    databasePath: folder.file("results.sqlite"),
    outputPath: folder.file("results.html"),
    projectDirectory,
    templatePath,
  });
  return {
    printed: env.stdout.text,
    html: readFileSync(folder.file("results.html"), "utf8"),
    summary,
  };
}

describe("hostile names from the journal to what people read", () => {
  test("cannot break the page", async () => {
    using folder = await resultsFolder();
    const { html } = await report(folder);
    expect(html.match(/<script/g)).toHaveLength(3);
    const body = html.slice(html.indexOf("<body>"), html.indexOf('id="oct-data"'));
    expect(body.match(/<!--|<img|" onmouseover=/g)).toBeNull();
    expect(body.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e]/)).toBeNull();
    const shown = HOSTILE_NAMES.filter((name) => /^[\w ]+$/.test(name) && name.length < 200);
    expect(shown.filter((name) => !html.includes(`<bdi>${name}</bdi>`))).toEqual([]);
  });

  test("cannot break the terminal", async () => {
    using folder = await resultsFolder();
    const { summary } = await report(folder);
    expect(
      summary.replaceAll("\n", "").match(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/),
    ).toBeNull();
    const lines = summary.split("\n");
    expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
    expect(lines.slice(0, 3).map((line) => line.replace(/ {2,}.*/, ""))).toEqual([
      `transactions: ${HOSTILE_NAMES.length}`,
      `timers: ${HOSTILE_NAMES.length}`,
      `errors: ${HOSTILE_NAMES.length}`,
    ]);
  });

  for (const delimiter of [",", ";"]) {
    test(`come out of a CSV with ${delimiter} as they went in`, async () => {
      using folder = await resultsFolder();
      const outputPath = folder.file("out.csv");
      const resultsPath = folder.file("results.sqlite");
      const { rows } = await writeCsv({ resultsPath, outputPath, delimiter });
      expect(rows).toBe(HOSTILE_NAMES.length);
      const text = readFileSync(outputPath, "utf8");
      const { data } = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: true });
      const [head = [], ...body] = data;
      expect(body).toHaveLength(HOSTILE_NAMES.length);
      expect(new Set(data.map((row) => row.length))).toEqual(new Set([head.length]));
      const whole = HOSTILE_NAMES.filter((name) => name.isWellFormed() && !name.includes("\u0000"));
      const kept = whole.filter((name) => name.length < 1000);
      expect(kept.length).toBeGreaterThan(14);
      for (const name of kept) {
        expect(head).toContain(name);
        const row = body.find((cells) => cells[4] === name);
        expect(row?.[2]).toBe(name);
        expect(Number(row?.[head.indexOf(name)])).toBe(0.125);
      }
    });
  }
});

describe("makeReport", () => {
  test("uses the project's own template where it differs from ours", async () => {
    using folder = await resultsFolder([{ second: 1 }]);
    mkdirSync(folder.file("templates"));
    writeFileSync(folder.file("templates", "report.eta"), "own: <%= it.model.transactions %>");
    expect((await report(folder, folder.path)).html).toBe("own: 1");
    writeFileSync(folder.file("templates", "report.eta"), SHIPPED_TEMPLATE);
    expect((await report(folder, folder.path)).html).toStartWith("<!doctype html>");
  });

  test("tells of a broken one with its place, and makes the report with ours", async () => {
    using folder = await resultsFolder([{ second: 1 }]);
    mkdirSync(folder.file("templates"));
    writeFileSync(folder.file("templates", "report.eta"), "<p>\n<%= it.nothing.there %>");
    const { html, printed } = await report(folder, folder.path);
    expect(html).toStartWith("<!doctype html>");
    expect(printed).toContain(`${folder.file("templates", "report.eta")}:2:1`);
    expect(printed).toContain("The report is made with oct's own template.");
  });

  test("skips a Jinja2 template of the old OCT with a notice", async () => {
    using folder = await resultsFolder([{ second: 1 }]);
    mkdirSync(folder.file("templates"));
    writeFileSync(folder.file("templates", "report.html"), "{% for a in b %}{% endfor %}");
    const { html, printed } = await report(folder, folder.path);
    expect(html).toStartWith("<!doctype html>");
    expect(printed).toContain("is a Jinja2 template of the old OCT and is not used");
  });

  test("a template named by hand must work and be there", async () => {
    using folder = await resultsFolder([{ second: 1 }]);
    const broken = folder.file("mine.eta");
    writeFileSync(broken, "<% nothing( %>");
    await expect(report(folder, undefined, broken)).rejects.toThrow(
      "error in the report's template",
    );
    await expect(report(folder, undefined, folder.file("none.eta"))).rejects.toThrow(
      "can not read the template",
    );
  });
});
