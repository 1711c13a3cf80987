import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { OctError } from "../../../src/base/errors.ts";
import { renderReport } from "../../../src/report/html.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import { loadProjectTemplate, SHIPPED_TEMPLATE } from "../../../src/report/template.ts";
import { emptyResults, hostileResults, singleResults } from "../../support/report-samples.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";

function project(files: Readonly<Record<string, string | Uint8Array>>): TempFolder {
  const folder = tempFolder();
  mkdirSync(folder.file("templates"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(folder.file("templates", name), content);
  }
  return folder;
}

describe("loadProjectTemplate", () => {
  test("finds nothing where there is nothing, or only what we ship", () => {
    using none = tempFolder();
    expect(loadProjectTemplate(none.path)).toEqual({});
    using shipped = project({ "report.eta": SHIPPED_TEMPLATE });
    expect(loadProjectTemplate(shipped.path)).toEqual({});
    using windows = project({ "report.eta": `${SHIPPED_TEMPLATE.replaceAll("\n", "\r\n")}\r\n` });
    expect(loadProjectTemplate(windows.path)).toEqual({});
  });

  test("finds the project's own, with where it lies", () => {
    using own = project({ "report.eta": "<%= it.model.title %>", "report.html": "{{ old }}" });
    expect(loadProjectTemplate(own.path)).toEqual({
      template: "<%= it.model.title %>",
      templatePath: path.join(own.path, "templates", "report.eta"),
    });
  });

  test("skips a Jinja2 template of the old OCT and says so", () => {
    using old = project({ "report.html": "<h1>{{ results.title }}</h1>" });
    const found = loadProjectTemplate(old.path);
    expect(found.template).toBeUndefined();
    expect(found.notice).toContain("is a Jinja2 template of the old OCT and is not used");
    using plain = project({ "report.html": "<h1>no template at all</h1>" });
    expect(loadProjectTemplate(plain.path)).toEqual({});
  });

  test("a folder of that name is none; a file past the limit is refused", () => {
    using folder = tempFolder();
    mkdirSync(folder.file("templates", "report.eta"), { recursive: true });
    expect(loadProjectTemplate(folder.path)).toEqual({});
    using huge = project({ "report.eta": new Uint8Array(4_000_001).fill(32) });
    expect(() => loadProjectTemplate(huge.path)).toThrow(OctError);
  });
});

describe("a project's own template", () => {
  const model = buildReportModel(singleResults());

  test("wins", () => {
    const html = renderReport(model, { template: "<p><%= it.count(it.model.transactions) %></p>" });
    expect(html).toBe("<p>1</p>");
  });

  test("escapes what it prints", () => {
    const hostile = buildReportModel(hostileResults());
    const html = renderReport(hostile, { template: "<p><%= it.model.title %></p>" });
    expect(html).toBe("<p>&lt;/script&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p>");
  });

  test("sees only the report: no eta of ours renders a text from outside", () => {
    const html = renderReport(buildReportModel(hostileResults()));
    expect(html).toContain("&lt;%= it.model %&gt;");
    expect(html).not.toContain("[object Object]");
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    ["a tag without end", "<p>\n<%= it.model", "t.eta:2:1"],
    ["wrong syntax", "<p>\n  <% if (1) { %>\n  <%= it..model %>\n<% } %>", "t.eta:3:"],
    ["a name that is not there", "one\ntwo <%= it.model.no.such %>\n", "t.eta:2:5"],
    ["something thrown that is no error", '<% throw "up" %>', "t.eta"],
  ];
  for (const [what, template, where] of mistakes) {
    test(`with ${what} is told with its place`, () => {
      let caught: unknown;
      try {
        renderReport(model, { template, templatePath: "t.eta" });
      } catch (thrown) {
        caught = thrown;
      }
      expect(caught).toBeInstanceOf(OctError);
      const error = caught as OctError;
      expect(error.where).toStartWith(where);
      expect(error.message).toStartWith("error in the report's template: ");
      expect(error.hint).toContain("remove it to use oct's own");
    });

    test(`with ${what} gives way to ours where the report must be made`, () => {
      const told: OctError[] = [];
      const html = renderReport(buildReportModel(emptyResults()), {
        template,
        templatePath: "t.eta",
        onTemplateError: (error) => told.push(error),
      });
      expect(told.map((error) => error.where?.startsWith(where))).toEqual([true]);
      expect(html).toBe(renderReport(buildReportModel(emptyResults())));
    });
  }
});
