// The main job, shown on this machine: a real HTTP server under load from two turrets, each its own
// process in an empty folder, and the path of the report at the end. Run after build.ts.

import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const binary = path.resolve(import.meta.dir, "../dist/oct");
if (!existsSync(binary)) {
  console.error("dist/oct is missing; npm run build makes it");
  process.exit(1);
}

const folder = mkdtempSync(path.join(os.tmpdir(), "oct-demo-"));
let requests = 0;
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    requests++;
    return new URL(request.url).pathname === "/cart"
      ? Response.json({ items: 1 })
      : new Response("hello from the server under load\n");
  },
});
const target = `http://127.0.0.1:${server.port}`;
console.log(`server under load: ${target}`);

const create = Bun.spawnSync([binary, "new", "shop"], {
  cwd: folder,
  stdout: "inherit",
  stderr: "inherit",
});
if (create.exitCode !== 0) process.exit(1);
writeFileSync(
  path.join(folder, "shop/test_scripts/v_user.ts"),
  `import { Transaction } from "oct";

export class Buyer extends Transaction {
  async run() {
    await this.timer("home", () => this.http.get(\`\${this.config.target}/\`));
    await this.timer("cart", () => this.http.post(\`\${this.config.target}/cart\`, { json: { item: 7 } }));
  }
}
`,
);
const [linkPort, publishPort, rcPort] = freePorts(3);
writeFileSync(
  path.join(folder, "shop/config.json"),
  JSON.stringify({
    run_time: 6,
    results_ts_interval: 1,
    progress_bar: true,
    testing: false,
    min_turrets: 2,
    link_port: linkPort,
    publish_port: publishPort,
    rc_port: rcPort,
    turrets: [{ name: "buyers", cannons: 10, rampup: 2, script: "test_scripts/v_user.ts", target }],
  }),
);

const turrets = ["one", "two"].map((name) => {
  const cwd = mkdtempSync(path.join(folder, `turret-${name}-`));
  return Bun.spawn([binary, "turret", "--hq", `127.0.0.1:${linkPort}`], {
    cwd,
    stdout: "inherit",
    stderr: "inherit",
  });
});
const run = Bun.spawn([binary, "run", "shop", "--listen", "127.0.0.1"], {
  cwd: folder,
  stdout: "inherit",
  stderr: "inherit",
});
const code = await run.exited;
for (const turret of turrets) turret.kill("SIGINT");
await Promise.all(turrets.map((turret) => turret.exited));
server.stop(true);

const report = [...new Bun.Glob("shop/results/*/results.html").scanSync({ cwd: folder })][0];
if (code !== 0 || report === undefined) {
  console.error(
    `the run ended with exit code ${code}${report === undefined ? " and no report" : ""}`,
  );
  process.exit(1);
}
const size = readFileSync(path.join(folder, report)).length;
console.log(`\nthe server counted ${requests} requests`);
console.log(`report (${Math.round(size / 1000)} kB): ${path.join(folder, report)}`);

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
  );
  const ports = listeners.map((listener) => listener.port);
  for (const listener of listeners) listener.stop(true);
  return ports;
}
