// What a call says of one request, apart from its bytes.

import type { HeaderList } from "./headers.ts";

/** What may differ from request to request. */
export interface SendOptions {
  readonly timeoutUs?: number | undefined;
  /** True: the body is counted and thrown away. */
  readonly discardBody?: boolean | undefined;
  /** Given the body as it comes, still coded; it is kept besides only where `discardBody` is false. */
  readonly onChunk?: ((bytes: Uint8Array) => void) | undefined;
  readonly bodyLimitBytes?: number | undefined;
  /** Told the head of the answer before its body. */
  readonly onHead?: ((status: number, headers: HeaderList) => void) | undefined;
  /** Aborted: the request fails as `given-up`. */
  readonly signal?: AbortSignal | undefined;
  /** True: once its head is here, the answer is over when `signal` says so. */
  readonly isStream?: boolean | undefined;
}
