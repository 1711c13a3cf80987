// Names of timers that nobody named: `GET /users/:id`. What looks like the key of one thing becomes
// `:id`, the query goes, so that the requests of a scenario group into few lines.
//
// Grouped are: numbers, UUIDs, 8 or more hexadecimal digits of which some are digits, ULIDs and other
// runs of 16 or more letters and digits that mix both kinds as random ones do, and what is too long.

const SEGMENT_MAX = 60;
const NAME_MAX = 200;
const KNOWN_MAX = 4_096;
const CHARS_MIN = 16;
const DIGIT_RUNS_MIN = 2;

const NUMBER = /^[+-]?\d+([.,:_-]\d+)*$/;
const UUID = /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;
const HEX = /^(?=.*\d)(?:0x)?[0-9a-f]{8,}$/i;
const KEY = /^[A-Za-z0-9_-]+(?:%3D|=){0,2}$/i;
const DIGIT_RUN = /\d+/g;

const known = new Map<string, string>();

/** The name of requests of `method` to `url`; the same for all that differ only in their ids. */
export function timerNameOf(method: string, url: string): string {
  const path = pathOf(url);
  const key = `${method} ${path}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const segments = path.split("/").map((segment) => (isId(segment) ? ":id" : segment));
  const full = `${method} ${segments.join("/")}`;
  const name = full.length <= NAME_MAX ? full : `${full.slice(0, NAME_MAX - 1)}…`;
  // Paths with ids are as many as there are ids.
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, name);
  return name;
}

function pathOf(url: string): string {
  const scheme = url.indexOf("://");
  const start = scheme < 0 ? 0 : url.indexOf("/", scheme + 3);
  if (start < 0) return "/";
  const end = url.slice(start).search(/[?#;]/);
  const path = end < 0 ? url.slice(start) : url.slice(start, start + end);
  return path === "" ? "/" : path;
}

function isId(segment: string): boolean {
  if (segment === "") return false;
  if (segment.length > SEGMENT_MAX) return true;
  return NUMBER.test(segment) || UUID.test(segment) || HEX.test(segment) || isKey(segment);
}

// Words and file names hold few digits, in one run; keys hold some every few letters.
function isKey(segment: string): boolean {
  if (segment.length < CHARS_MIN || !KEY.test(segment)) return false;
  const runs = segment.match(DIGIT_RUN)?.length ?? 0;
  const isMixedCase = /[a-z]/.test(segment) && /[A-Z]/.test(segment);
  return runs >= DIGIT_RUNS_MIN && (isMixedCase || runs > segment.length / 8);
}
