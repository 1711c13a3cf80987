// Limits that a service has to keep, as checks: how often each was missed is in the summary and the
// report. With `fail` a miss makes the transaction an error too.
//
//     oct fire thresholds.ts -u 10 -d 30s -e TARGET=http://localhost:8080/ -e LIMIT_MS=200

import { Transaction } from "oct";

const LIMIT_MS = Number(process.env.LIMIT_MS ?? 200);

export class Budget extends Transaction {
  async run() {
    const page = await this.http.get(process.env.TARGET ?? "http://localhost:8080/");
    const tookMs = page.durationUs / 1000;
    this.check(`answers within ${LIMIT_MS} ms`, tookMs <= LIMIT_MS);
    this.check("begins to answer within half of that", page.timings.waitUs / 1000 <= LIMIT_MS / 2);
    this.check("is no error page", page.status < 500, { fail: true });
    // The size of what came, by second: mean and range.
    this.gauge("page bytes", page.bodyBytes);
  }
}
