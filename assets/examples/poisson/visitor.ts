// One visitor of the open load in config.json. Its response time begins when it was due to arrive, so
// that a slow server is not flattered by visitors who had to wait.
//
//     oct run poisson --local -e TARGET=http://localhost:8080/

import { Transaction } from "oct";

export class Visitor extends Transaction {
  async run() {
    const page = await this.http.get(process.env.TARGET ?? "http://localhost:8080/");
    this.check("page is 200", page.status === 200);
  }
}
