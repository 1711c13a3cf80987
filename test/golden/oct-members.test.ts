// What scripts can use is documented where it is written, with an example, and is in the types that
// `oct new` writes.

import { describe, expect, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tempFolder } from "../support/temp.ts";

const ROOT = path.resolve(import.meta.dir, "../..");
const types = readFileSync(path.join(ROOT, "assets/project/oct.d.ts.txt"), "utf8");

/** Classes that scripts meet: where they are, and members that are not for scripts. */
const CLASSES: readonly (readonly [name: string, file: string, inner: readonly string[]])[] = [
  ["Transaction", "transaction.ts", ["hostOf"]],
  ["TestCase", "test-case.ts", []],
  ["ServerApp", "server-app.ts", []],
  ["WebSocketConnection", "websocket.ts", ["opened"]],
  [
    "TcpConnection",
    "sockets.ts",
    ["opened", "onOpen", "onHandshake", "onData", "onDrain", "onEnd", "onFailure", "onClose"],
  ],
  ["UdpSocket", "udp.ts", ["opened"]],
];
const FUNCTIONS = ["checks.ts", "feed.ts", "matchers.ts", "once.ts", "waiting.ts"];

interface Member {
  readonly name: string;
  readonly doc: string;
}

const HEAD = "(?:override |abstract |readonly |async |static |get )*";

/** Members of a class, each with the comment before it; of overloads each for itself. */
function membersOf(name: string, file: string): Member[] {
  const source = readFileSync(path.join(ROOT, "src/api", file), "utf8");
  const from = source.search(new RegExp(`^export (?:abstract )?class ${name}\\b`, "m"));
  const body = source.slice(from, source.indexOf("\n}\n", from));
  const pattern = new RegExp(
    `((?:^ {2}\\/?\\*.*\\n|^ {3}\\*.*\\n)*)^ {2}${HEAD}(\\w+)(?:[?(<:;]| =)`,
    "gm",
  );
  return [...body.matchAll(pattern)]
    .map(([, doc = "", member = ""]) => ({ name: member, doc }))
    .filter((one) => one.name !== "constructor");
}

describe("members of what scripts use", () => {
  test.each(CLASSES)("%s: all are in the types", (name, file, inner) => {
    const from = types.search(
      new RegExp(`^ {2}export (?:abstract )?(?:class|interface) ${name}\\b`, "m"),
    );
    const declared = types.slice(from, types.indexOf("\n  }\n", from));
    const members = membersOf(name, file);
    const missing = members
      .filter((one) => !inner.includes(one.name))
      .filter(
        (one) => !new RegExp(`^ {4}(?:readonly |abstract )?${one.name}\\b`, "m").test(declared),
      );
    expect(missing.map((one) => one.name)).toEqual([]);
    expect(members.length).toBeGreaterThan(4);
  });

  test.each(CLASSES)("%s: all methods have an example", (name, file, inner) => {
    const bare = membersOf(name, file)
      .filter((one) => !inner.includes(one.name) && !one.doc.includes("@example"))
      .map((one) => one.name);
    // Facts that only need a sentence, and bodies of overloads that are documented one by one.
    const facts = ["isOpen", "waiting", "protocol", "closeCode", "closeReason", "server_url"];
    const bodies = ["check", "timer"];
    expect(bare.filter((one) => ![...facts, ...bodies, "run"].includes(one))).toEqual([]);
  });

  test.each(FUNCTIONS)("functions of %s have an example, and are in the types", (file) => {
    const source = readFileSync(path.join(ROOT, "src/api", file), "utf8");
    const index = readFileSync(path.join(ROOT, "src/api/index.ts"), "utf8");
    const list = new RegExp(`export \\{([^}]*)\\} from "\\./${file}"`).exec(index)?.[1] ?? "";
    const names = list.split(",").map((one) => one.trim());
    const values = names.filter((one) => /^[a-z]/.test(one) && !one.startsWith("type "));
    const found = values.filter((name) =>
      new RegExp(`@example[\\s\\S]{0,600}?\\*\\/\\nexport (?:async )?function ${name}\\b`).test(
        source,
      ),
    );
    expect(found).toEqual(values);
    expect(values.length).toBeGreaterThan(0);
    for (const name of values) expect(types).toContain(`export function ${name}`);
  });
});

/** Packages that examples import, for an editor that has no types of them. */
const PACKAGES = `declare module "bun" { export const SQL: any; export const RedisClient: any; }
declare module "nanoid" { export function nanoid(): string; }
`;

describe("examples", () => {
  test("type-check with what oct new writes beside a script", () => {
    using folder = tempFolder();
    cpSync(path.join(ROOT, "assets/examples"), folder.file("test_scripts"), { recursive: true });
    cpSync(path.join(ROOT, "assets/project/tsconfig.json.txt"), folder.file("tsconfig.json"));
    writeFileSync(folder.file("oct.d.ts"), types);
    writeFileSync(folder.file("test_scripts", "packages.d.ts"), PACKAGES);
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const checked = Bun.spawnSync([process.execPath, tsc, "-p", folder.path, "--pretty", "false"]);
    expect(checked.stdout.toString()).toBe("");
    expect(checked.exitCode).toBe(0);
  });
});
