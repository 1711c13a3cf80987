// Run with few file descriptors allowed: takes them all for connections and prints what the next
// request is told.

import { systemClock } from "../../src/base/clock.ts";
import { HttpError } from "../../src/http/errors.ts";
import { Pool } from "../../src/http/pool.ts";
import { prepareRequest } from "../../src/http/request.ts";
import { Timeouts } from "../../src/http/timeouts.ts";

const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
const observer = {
  onAnswer() {},
  onFailure(_: unknown, error: unknown) {
    console.log(error instanceof HttpError ? error.kind : String(error));
    process.exit(0);
  },
};
const pool = new Pool({ timeouts: new Timeouts(systemClock()), observer });
const request = prepareRequest({ method: "GET", url: `http://127.0.0.1:${server.port}/` });
for (let i = 0; i < 100; i++) pool.send(request).catch(() => {});
