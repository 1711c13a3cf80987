// Limits that a service has to keep. Checks judge each answer, and how often one was missed is in the
// summary and the report; with `fail` a miss makes the transaction an error too. Thresholds judge the
// run: with them a miss is the exit code 99.
//
//     oct fire thresholds.ts -u 10 -d 30s -e TARGET=http://localhost:8080/ -e LIMIT_MS=200 \
//       --threshold "check answers in time > 99%" --threshold "check is no error page = 100%" \
//       --threshold "page: p95 < 200ms" --threshold "errors < 5%, abort after 5s"

import { Transaction } from "oct";

const LIMIT_MS = Number(process.env.LIMIT_MS ?? 200);

export class Budget extends Transaction {
  async run() {
    const target = process.env.TARGET ?? "http://localhost:8080/";
    const page = await this.timer("page", () => this.http.get(target));
    this.check("answers in time", page.durationUs / 1000 <= LIMIT_MS);
    this.check("begins to answer in half of that", page.timings.waitUs / 1000 <= LIMIT_MS / 2);
    this.check("is no error page", page.status < 500, { fail: true });
    // The size of what came, by second: mean and range.
    this.gauge("page bytes", page.bodyBytes);
  }
}
