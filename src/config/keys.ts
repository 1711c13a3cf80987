// The keys of a project's configuration, one table: what the loader reads, what `oct docs
// configuration` prints, and what a misspelt key is compared with.

export type KeyKind = "duration" | "count" | "port" | "boolean" | "text" | "list" | "object";

export interface KeySpec {
  readonly name: string;
  readonly kind: KeyKind;
  /** As shown; undefined where the key is required. */
  readonly fallback?: string;
  readonly help: string;
}

/** Absence of these stops a run, as in OCT. */
export const REQUIRED_KEYS = [
  "run_time",
  "results_ts_interval",
  "progress_bar",
  "testing",
  "turrets",
] as const;

/** Absence of these is warned of when packing, as in OCT. */
export const WARNED_KEYS = ["hq_address", "publish_port", "rc_port"] as const;

export const PROJECT_KEYS: readonly KeySpec[] = [
  { name: "run_time", kind: "duration", help: "how long the run fires" },
  { name: "results_ts_interval", kind: "count", help: "seconds that the report groups by" },
  {
    name: "progress_bar",
    kind: "boolean",
    help: "must be there; false: plain lines in a terminal too",
  },
  {
    name: "testing",
    kind: "boolean",
    help: "true: the database is results.sqlite in the temp folder",
  },
  {
    name: "turrets",
    kind: "list",
    help: "turret definitions, or paths of JSON files with one each",
  },
  {
    name: "min_turrets",
    kind: "count",
    fallback: "1",
    help: "turrets that must be there to start",
  },
  {
    name: "wait",
    kind: "duration",
    fallback: "0",
    help: "give up waiting for turrets; 0 waits for ever",
  },
  { name: "publish_port", kind: "port", fallback: "5000", help: "orders of OCT protocol 1" },
  { name: "rc_port", kind: "port", fallback: "5001", help: "results of OCT protocol 1" },
  {
    name: "external_publisher",
    kind: "port",
    fallback: "5002",
    help: "real-time stream of results",
  },
  { name: "link_port", kind: "port", fallback: "5003", help: "oct turrets" },
  {
    name: "hq_address",
    kind: "text",
    fallback: "127.0.0.1",
    help: "the HQ's address in packed configs",
  },
  {
    name: "grace",
    kind: "duration",
    fallback: "5s",
    help: "for transactions in flight at the end",
  },
  {
    name: "turret_silence",
    kind: "duration",
    fallback: "10s",
    help: "a turret silent for longer is lost",
  },
  {
    name: "hq_loss",
    kind: "duration",
    fallback: "10s",
    help: "turrets without an HQ stop firing after it; at least 2.5 s",
  },
  {
    name: "results_max_rows",
    kind: "count",
    fallback: "2000000",
    help: "raw rows kept; statistics cover all",
  },
  {
    name: "seed",
    kind: "count",
    fallback: "random",
    help: "seed of schedule and scripts' random numbers",
  },
  {
    name: "thresholds",
    kind: "list",
    fallback: "[]",
    help: 'what the run must keep to, e.g. "p95 < 500ms"; `oct docs thresholds`',
  },
  {
    name: "turrets_requirements",
    kind: "list",
    fallback: "[]",
    help: "npm packages (pip with --python)",
  },
  {
    name: "extra_turret_config",
    kind: "object",
    fallback: "{}",
    help: "merged into every turret; wins",
  },
  {
    name: "results_database",
    kind: "object",
    fallback: '{"db_uri": "default"}',
    help: "where the database is",
  },
  { name: "console_logging", kind: "boolean", fallback: "false", help: "kept for old projects" },
  { name: "hq_class", kind: "text", fallback: "", help: "of the Python HQ; ignored" },
];

export const TURRET_KEYS: readonly KeySpec[] = [
  { name: "name", kind: "text", help: "what the turret is called" },
  { name: "cannons", kind: "count", help: "virtual users; most in flight where there is a rate" },
  { name: "script", kind: "text", help: "path of the script, from the project" },
  {
    name: "rampup",
    kind: "duration",
    fallback: "0",
    help: "time to start all cannons; 0 is all at once",
  },
  {
    name: "extra_files",
    kind: "list",
    fallback: "[]",
    help: "files and folders that travel along",
  },
  { name: "threads", kind: "count", fallback: "0", help: "OS threads; 0 is one a core" },
  { name: "iterations", kind: "count", help: "transactions of each cannon, then it ends" },
  { name: "iterations_shared", kind: "count", help: "transactions of all cannons together" },
  { name: "stages", kind: "list", help: "lines from one number of cannons, or rate, to the next" },
  { name: "cycles", kind: "text", help: 'users step by step, such as "10:20:30", with iterations' },
  { name: "think", kind: "duration", fallback: "0", help: "a wait after each transaction" },
  { name: "pacing", kind: "duration", fallback: "0", help: "from start to start of a cannon" },
  { name: "rate", kind: "count", help: "transactions that arrive a second (open load)" },
  { name: "phases", kind: "list", help: "constant rates, one after the other" },
  { name: "spacing", kind: "text", fallback: "even", help: "even or poisson" },
  { name: "exact_count", kind: "boolean", fallback: "false", help: "poisson: the expected number" },
  {
    name: "max_queue",
    kind: "count",
    fallback: "10000",
    help: "arrivals that may wait; then dropped",
  },
  { name: "split", kind: "boolean", fallback: "false", help: "a total, divided among turrets" },
  {
    name: "user_agents",
    kind: "list",
    help: "User-Agent headers with weights, one for each cannon",
  },
  {
    name: "http_proxy",
    kind: "text",
    fallback: "",
    help: 'the proxy of all requests, or "env" (`oct docs scripts`)',
  },
  {
    name: "http_resend",
    kind: "boolean",
    fallback: "true",
    help: "once more where a kept-alive connection was closed under a request",
  },
  { name: "mix", kind: "list", help: "scripts with weights, chosen for each transaction" },
];
