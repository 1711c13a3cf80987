// What scripts import as "oct": this list is the public surface, and nothing else is exported.

export { HttpError, type HttpErrorKind } from "../http/errors.ts";
export type { HeaderList } from "../http/headers.ts";
export type { HttpResponse } from "../http/response.ts";
export { TestFailure } from "./assertions.ts";
export {
  type CheckOptions,
  type Counter,
  check,
  counter,
  type Gauge,
  gauge,
  type Predicates,
} from "./checks.ts";
export type { FeedOrder } from "./context.ts";
export { EndOfData, type Feed, type FeedEnd, type FeedOptions, feed } from "./feed.ts";
export { jsonPath, regexp, type TextSource, type XPathOptions, xPath } from "./matchers.ts";
export { type OnceOptions, once } from "./once.ts";
export { config, context, random, sleep } from "./script-globals.ts";
export type { ServerApp } from "./server-app.ts";
export type { HttpSession, RequestOptions, SessionOptions } from "./session.ts";
export type { SocketWaitOptions, TcpOptions, TlsOptions } from "./socket-options.ts";
export { SocketError, type SocketErrorKind } from "./socket-wait.ts";
export type { TcpConnection } from "./sockets.ts";
export type { Tags } from "./tags.ts";
export { TestCase } from "./test-case.ts";
export type { Timer } from "./timers.ts";
export { BaseTransaction, CustomTimer, Transaction } from "./transaction.ts";
export type { UdpOptions, UdpSocket } from "./udp.ts";
export type { Json, JsonMap } from "./values.ts";
export { type ThinkTime, think } from "./waiting.ts";
export type {
  WebSocketConnection,
  WebSocketMessage,
  WebSocketOptions,
  WebSocketRequestOptions,
} from "./websocket.ts";
