import { describe, expect, test } from "bun:test";
import { UsageError } from "../../../src/base/errors.ts";
import { Redactor } from "../../../src/base/redact.ts";
import {
  authorised,
  secretsOfHook,
  secretsOfUrl,
  shownHook,
  shownUrl,
} from "../../../src/output/safe-url.ts";
import { OUTPUTS, parseOutput, readHttpUrl } from "../../../src/output/targets.ts";

describe("parseOutput", () => {
  test.each([
    ["json", { form: "file", path: undefined }],
    ["json=a=b.json", { form: "file", path: "a=b.json" }],
    ["csv=rows.csv", { form: "file", path: "rows.csv" }],
    ["github", { form: "none" }],
    ["statsd=localhost", { form: "host", host: "localhost", port: 8125 }],
    ["statsd=10.0.0.1:9125", { form: "host", host: "10.0.0.1", port: 9125 }],
    ["statsd=[::1]:8126", { form: "host", host: "::1", port: 8126 }],
    ["statsd=udp://graphs.example:8125", { form: "host", host: "graphs.example", port: 8125 }],
    ["influx=points.lp", { form: "file", path: "points.lp" }],
  ])("reads %p", (text, target) => {
    expect(parseOutput(text).target).toEqual(target as never);
  });

  test.each([
    ["prometheus=http://host:9090/api/v1/write", "http://host:9090/api/v1/write"],
    ["otlp=http://host:4318", "http://host:4318/v1/metrics"],
    ["otlp=https://host/otlp/v1/metrics", "https://host/otlp/v1/metrics"],
    ["influx=http://host:8086/write?db=oct", "http://host:8086/write?db=oct&precision=ns"],
    [
      "influx=http://host/api/v2/write?org=o&bucket=b&precision=s",
      "http://host/api/v2/write?org=o&bucket=b&precision=ns",
    ],
  ])("reads the URL of %p", (text, href) => {
    const { target } = parseOutput(text);
    expect(target.form === "url" && target.url.href).toBe(href);
  });

  test.each([
    ["", 'knows no output ""'],
    ["jsn", "did you mean --out json?"],
    ["prometheus_text", "did you mean --out prometheus-text?"],
    ["xml", "it may be json, jsonl, csv"],
    ["json=", "nothing follows the ="],
    ["json=-", "not to the terminal"],
    ["csv=http://host/", "not to a URL"],
    ["github=summary.md", "it takes no target"],
    ["prometheus", "it needs a target"],
    ["prometheus=localhost:9090", "an http:// or https:// URL"],
    ["prometheus=http://localhost:9090", "needs the path of the receiver"],
    ["prometheus=ftp://localhost/x", "an http:// or https:// URL"],
    ["otlp=http://", "an http:// or https:// URL"],
    ["statsd", "it needs a target"],
    ["statsd=host:0", "is no host:port"],
    ["statsd=host:99999", "is no host:port"],
    ["statsd=http://host:8125", "is no host:port"],
    ["influx=http://host:8086", "needs the path of the receiver"],
  ])("refuses %p and says what to type", (text, words) => {
    try {
      parseOutput(text);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UsageError);
      const { message, hint = "" } = thrown as UsageError;
      expect(`${message}\n${hint}`).toContain(words);
      expect(hint).not.toBe("");
    }
  });

  test("examples of all kinds are right", () => {
    for (const [kind, { example }] of Object.entries(OUTPUTS)) {
      expect(parseOutput(example).kind).toBe(kind as keyof typeof OUTPUTS);
    }
  });
});

describe("addresses that may be shown", () => {
  const url = new URL(
    "https://ann:hunter2%21@host.example:8443/write?db=loads&p=s3cret&token=abcd#x",
  );

  test("say where, and nothing that lets one in", () => {
    expect(shownUrl(url)).toBe("https://host.example:8443/write");
    expect(shownHook(new URL("https://hooks.example/services/T1/B2"))).toBe(
      "https://hooks.example/***",
    );
    expect(shownHook(new URL("http://hooks.example"))).toBe("http://hooks.example");
  });

  test("are hidden in a command line as it was typed", () => {
    const typed = `oct run shop --out influx=${url.href} --notify https://hooks.example/T1/B2?x=1`;
    const values = [...secretsOfUrl(url), ...secretsOfHook("https://hooks.example/T1/B2?x=1")];
    const kept = new Redactor(values).text(typed);
    for (const secret of ["hunter2", "s3cret", "abcd", "T1/B2", "ann"]) {
      expect(kept).not.toContain(secret);
    }
    expect(kept).toContain("db=loads");
    expect(kept).toContain("oct run shop --out influx=https://");
  });

  test("a hook without a path hides nothing", () => {
    expect(secretsOfHook("https://hooks.example/")).toEqual([]);
  });

  test("the user part becomes a header", () => {
    const { url: bare, headers } = authorised(url);
    expect(bare).toStartWith("https://host.example:8443/write?");
    expect(headers["Authorization"]).toBe(`Basic ${btoa("ann:hunter2!")}`);
    expect(authorised(new URL("http://host/a")).headers).toEqual({});
  });

  test.each(["", "host", "file:///etc/passwd", "http://", "javascript:alert(1)"])(
    "%p is no address to post to",
    (text) => expect(readHttpUrl(text)).toBeUndefined(),
  );
});
