// An HTTP server whose delays are known: it records how long it took for each request, so that what a
// load tester says can be held against it.
//
//   bun scripts/bench/delay-server.ts constant:5 | bimodal:1:100 | stall:1000:10000 | none
//
// Prints its port. GET /truth answers with percentiles of its own delays in us, as JSON, and begins
// anew; it ends when its input does. `stall:1000:10000` answers at once but for one second in ten.

import { Histogram } from "../../src/stats/histogram.ts";

const [mode = "none", first = "0", second = "0"] = (process.argv[2] ?? "none").split(":");
const ANSWER = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n",
);
const END = Buffer.from("\r\n\r\n");

let truth = new Histogram();
let answered = 0;
const startMs = performance.now();

/** When the answer to a request that came at `nowMs` is due. */
function dueMs(nowMs: number): number {
  if (mode === "constant") return nowMs + Number(first);
  if (mode === "bimodal") return nowMs + Number(answered++ % 10 === 9 ? second : first);
  if (mode !== "stall") return nowMs;
  const phase = (nowMs - startMs) % Number(second);
  return phase < Number(first) ? nowMs - phase + Number(first) : nowMs;
}

interface Peer {
  rest: Buffer;
}

function answer(socket: Bun.Socket<Peer>, text: string, cameMs: number): void {
  if (text.startsWith("GET /truth")) return tell(socket);
  const due = dueMs(cameMs);
  const send = () => {
    const leftMs = due - performance.now();
    // Timers of the loop truncate: wait again rather than answer early.
    if (leftMs > 0) return void setTimeout(send, Math.ceil(leftMs));
    socket.write(ANSWER);
    truth.record(Math.max(1, Math.round((performance.now() - cameMs) * 1000)));
  };
  send();
}

function tell(socket: Bun.Socket<Peer>): void {
  const percent = (p: number) => truth.percentile(p);
  const body = JSON.stringify({
    count: truth.count,
    p50: percent(50),
    p90: percent(90),
    p99: percent(99),
    p999: percent(99.9),
  });
  truth = new Histogram();
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

const server = Bun.listen<Peer>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { rest: Buffer.alloc(0) };
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      const cameMs = performance.now();
      const { rest } = socket.data;
      let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (;;) {
        const end = left.indexOf(END);
        if (end < 0) break;
        answer(socket, left.toString("latin1", 0, Math.min(end, 64)), cameMs);
        left = left.subarray(end + END.length);
      }
      socket.data.rest = Buffer.from(left);
    },
  },
});
console.log(server.port);
process.stdin.on("data", () => {}).on("end", () => process.exit(0));
