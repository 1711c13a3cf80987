// Answers of the live page's server: nothing is kept by caches, nothing is loaded from elsewhere, and no
// other site may frame or read it.

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": CONTENT_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export const TYPE = {
  html: "text/html; charset=utf-8",
  style: "text/css; charset=utf-8",
  script: "text/javascript; charset=utf-8",
  json: "application/json",
  events: "text/event-stream",
  metrics: "text/plain; version=0.0.4; charset=utf-8",
} as const;

export function answer(
  body: string | ReadableStream<Uint8Array>,
  type: string,
  options: AnswerOptions = {},
): Response {
  return new Response(body, {
    status: options.status ?? 200,
    headers: { ...HEADERS, "content-type": type, ...options.headers },
  });
}

export function jsonAnswer(value: unknown, options: AnswerOptions = {}): Response {
  return answer(`${JSON.stringify(value)}\n`, TYPE.json, options);
}

/** A mistake of whoever asked, in a sentence. */
export function errorAnswer(status: number, error: string, options: AnswerOptions = {}): Response {
  return jsonAnswer({ error }, { ...options, status });
}
