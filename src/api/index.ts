// What scripts import as "oct": this list is the public surface, and nothing else is exported.

export { HttpError, type HttpErrorKind } from "../http/errors.ts";
export type { HeaderList } from "../http/headers.ts";
export type { HttpResponse } from "../http/response.ts";
export { config, context, random, sleep } from "./script-globals.ts";
export type { HttpSession, RequestOptions } from "./session.ts";
export type { Timer } from "./timers.ts";
export {
  BaseTransaction,
  CustomTimer,
  type Json,
  type JsonMap,
  Transaction,
} from "./transaction.ts";
