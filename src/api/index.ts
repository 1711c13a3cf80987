// What scripts import as "oct": this list is the public surface, and nothing else is exported.

export { HttpError, type HttpErrorKind } from "../http/errors.ts";
export type { HeaderList } from "../http/headers.ts";
export type { HttpResponse } from "../http/response.ts";
export {
  type CheckOptions,
  type Counter,
  check,
  counter,
  type Gauge,
  gauge,
  type Predicates,
} from "./checks.ts";
export { type OnceOptions, once } from "./once.ts";
export { config, context, random, sleep } from "./script-globals.ts";
export type { HttpSession, RequestOptions } from "./session.ts";
export { SocketError, type SocketErrorKind } from "./socket-wait.ts";
export type { SocketWaitOptions, TcpConnection, TcpOptions, TlsOptions } from "./sockets.ts";
export type { Tags } from "./tags.ts";
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
