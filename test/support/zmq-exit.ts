// A process that ends with unsent messages; zmq-exit.test.ts watches that it does end.
// argv: endpoint that nobody listens at, how to end.

import { PushSocket, ZmqContext } from "../../src/zmq/socket.ts";

const [endpoint = "", how = ""] = process.argv.slice(2);
const context = new ZmqContext();
const push = new PushSocket(context, { lingerMs: 300 });
push.connect(endpoint);
for (let i = 0; i < 100; i++) push.send(new TextEncoder().encode(`message ${i}`));
console.log("sent");
if (how === "close") context.close();
if (how === "close socket") push.close();
if (how === "exit") process.exit(0);
if (how === "throw") throw new Error("thrown on purpose");
