// A crew in a process of its own, because the test runner takes uncaught errors of all threads for
// its own. Runs the script body given as argument and prints what happened as JSON.

import { CELL_KIND } from "../../src/stats/cell.ts";
import { startCrewRun, TEST_SCRIPT } from "./crew-run.ts";
import { until } from "./wait.ts";

const text = `import { Transaction, sleep } from "oct";
export class Visitor extends Transaction {
  async run() {
    ${process.argv[2] ?? ""}
    await sleep(0.01);
  }
}
`;
const run = await startCrewRun({ files: { [TEST_SCRIPT]: text } });
await until(() => run.isDone, { what: "the end of the run" });
console.log(
  JSON.stringify({
    rejections: run.sum(CELL_KIND.counter, "oct.stray_rejections"),
    exceptions: run.sum(CELL_KIND.counter, "oct.stray_exceptions"),
    transactions: run.transactions,
    errors: run.errors,
    events: run.events,
    totals: run.totals,
  }),
);
run[Symbol.dispose]();
