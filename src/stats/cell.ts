// The vocabulary of everything that is measured. A cell is what one source counted of one name in one
// second; batches, journal, database, live view, report and comparison are all made of cells.
//
// Time: `second` is floor((finish - run start) / 1 s) on HQ time. Values of timers are whole
// microseconds. Names: the name "" of a timer kind is the transaction itself (OCT's scriptrun_time).

/** What a cell counts; the numbers are on the wire and in files: never reuse one. */
export const CELL_KIND = {
  /** Service time in us, from the actual start: a named timer, or the transaction itself (""). */
  timer: 0,
  /** Response time in us from the intended start; only where an intended start exists. */
  response: 1,
  /** Actual start minus intended start in us. */
  lateness: 2,
  /** Failed transactions by error text: the name is the text, `count` the failures. */
  error: 3,
  /** A script's or oct's counter: `sum` is what was added. */
  counter: 4,
  /** A sampled value: `sum / count` is its mean, `min` and `max` its range. */
  gauge: 5,
  /** A check: `count` evaluations, `errorCount` of them failed. */
  check: 6,
  /** A phase of a request in us (dns, connect, tls, send, wait, receive). */
  phase: 7,
  /** Loop lag of a generator thread in us. */
  lag: 8,
  /** Answers by status: the name is `METHOD code`, `count` the answers. */
  status: 9,
} as const;
export type CellKind = (typeof CELL_KIND)[keyof typeof CELL_KIND];

export const CELL_KIND_MAX = 9;

/** Kinds whose cells carry a histogram of microseconds. */
export function hasHistogram(kind: CellKind): boolean {
  return (
    kind === CELL_KIND.timer ||
    kind === CELL_KIND.response ||
    kind === CELL_KIND.lateness ||
    kind === CELL_KIND.phase ||
    kind === CELL_KIND.lag
  );
}

/** Kinds of which only `count`, `errorCount` and `sum` mean something; the rest of their cells is 0. */
export function isAdditive(kind: CellKind): boolean {
  return (
    kind === CELL_KIND.error ||
    kind === CELL_KIND.counter ||
    kind === CELL_KIND.check ||
    kind === CELL_KIND.status
  );
}

/** Counters of transactions that every source keeps (kind `counter`); the identities are of these. */
export const COUNTER = {
  started: "oct.started",
  finished: "oct.finished",
  unfinished: "oct.unfinished",
  dropped: "oct.dropped",
  late: "oct.late",
  cannonsStarted: "oct.cannons_started",
  /** Requests that went out once more: the server had closed their connection before a byte came. */
  resent: "oct.resent",
  bytesIn: "oct.bytes_in",
  bytesOut: "oct.bytes_out",
  /** Transactions of a TestCase whose assertion did not hold; the other errors are errors. */
  testFailures: "oct.test_failures",
  wsOpened: "oct.ws_opened",
  wsClosed: "oct.ws_closed",
  wsSent: "oct.ws_sent",
  wsReceived: "oct.ws_received",
  wsBytesIn: "oct.ws_bytes_in",
  wsBytesOut: "oct.ws_bytes_out",
  /** Messages that a full queue of a script's WebSocket had no place for. */
  wsDropped: "oct.ws_dropped",
  tcpOpened: "oct.tcp_opened",
  tcpClosed: "oct.tcp_closed",
  udpSent: "oct.udp_sent",
  udpReceived: "oct.udp_received",
  udpDropped: "oct.udp_dropped",
} as const;

/** Gauges of the generator itself (kind `gauge`), sampled about once a second per thread. */
export const GAUGE = {
  cannons: "oct.cannons",
  inFlight: "oct.in_flight",
  cpuPercent: "oct.cpu_percent",
  memoryMb: "oct.memory_mb",
  sockets: "oct.sockets",
  /** How long each transaction that was given up at the end had been running. */
  unfinishedAgeMs: "oct.unfinished_age_ms",
} as const;

/** Phases of requests (kind `phase`): the whole of it, and its parts. */
export const PHASE_NAME = {
  request: "request",
  dns: "dns",
  connect: "connect",
  tls: "tls",
  send: "send",
  wait: "wait",
  receive: "receive",
} as const;

/** Named limits of what a run may hold; reaching one is counted and shown. */
export const STATS_LIMIT = {
  /** Timer names a run; further ones are merged under `otherName`. */
  names: 1_000,
  /** Distinct error texts a run; further ones are merged under `otherName`. */
  errorTexts: 1_000,
  /** Bytes of one error text or name. */
  textBytes: 4_096,
  /** Raw rows kept a run, unless `results_max_rows` says otherwise. */
  rows: 2_000_000,
} as const;

/** The name under which everything past a limit of names is counted. */
export const OTHER_NAME = "(other)";

const OWN_NAMES: ReadonlySet<string> = new Set([
  "",
  OTHER_NAME,
  ...Object.values(COUNTER),
  ...Object.values(GAUGE),
]);

/** True for names of oct's own and of the transaction, which never fall under the limit of names. */
export function isOwnName(name: string): boolean {
  return OWN_NAMES.has(name);
}

/** One decoded cell. `histogram` is the payload of stats/histogram.ts, undefined where the kind has none. */
export interface Cell {
  readonly second: number;
  readonly kind: CellKind;
  readonly name: string;
  readonly count: number;
  readonly errorCount: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly min: number;
  readonly max: number;
  readonly histogram: Uint8Array | undefined;
}

/** Raw rows as columns; all arrays but the timer ones have `count` items. One row = one transaction. */
export interface RowColumns {
  readonly count: number;
  /** Seconds from the turret's start of the run to the end of the transaction (OCT's `elapsed`). */
  readonly elapsedS: Float64Array;
  /** End of the transaction, seconds since 1970 UTC (OCT's `epoch`; whole seconds in protocol 1). */
  readonly epochS: Float64Array;
  /** Duration of `run` in seconds (OCT's `scriptrun_time`): service time. */
  readonly scriptrunS: Float64Array;
  /** Response time from the intended start in seconds; NaN where there is no intended start. */
  readonly responseS: Float64Array;
  /** Index into the batch's `texts` of the error, 0 for "" (success). */
  readonly errorText: Uint32Array;
  /** Index into `texts` of the turret's name. */
  readonly turretText: Uint32Array;
  /** Row i's custom timers are entries timerEnd[i-1] (0 for i = 0) to timerEnd[i] - 1 of the next two. */
  readonly timerEnd: Uint32Array;
  /** Index into `texts` of the timer's name. */
  readonly timerText: Uint32Array;
  readonly timerS: Float64Array;
}
