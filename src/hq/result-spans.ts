// Where the numbers of a result stand in its text, for result-shapes.ts. Takes only plain messages: one
// object of ASCII without escapes, its three times and its custom timers as numbers, every key once.
// The message is known to be JSON, so that little is checked twice.

export const RESULT_FIELD = { elapsed: 0, epoch: 1, scriptrun: 2, timer: 3 } as const;
export type ResultField = (typeof RESULT_FIELD)[keyof typeof RESULT_FIELD];

export interface NumberSpan {
  readonly field: ResultField;
  readonly start: number;
  readonly end: number;
}

const FIELD_OF_KEY: ReadonlyMap<string, ResultField> = new Map([
  ["elapsed", RESULT_FIELD.elapsed],
  ["epoch", RESULT_FIELD.epoch],
  ["scriptrun_time", RESULT_FIELD.scriptrun],
]);
const OTHER_KEYS: ReadonlySet<string> = new Set(["error", "custom_timers", "turret_name"]);
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;
/** A text (and whether it is a key), a number, a word, or a mark. */
const TOKEN = /"([^"]*)"(\s*:)?|(\d[\d.eE+-]*)|(null)|[{}]/gy;
const GAP = /[\s,]*/y;

/** The numbers in their order, or undefined when the message is not plain. */
export function findNumbers(
  message: Uint8Array,
  timerNames: readonly string[],
): NumberSpan[] | undefined {
  const text = String.fromCharCode(...message.subarray(0, MESSAGE_MAX + 1));
  if (message.length > MESSAGE_MAX || !PLAIN.test(text) || text.includes("\\")) return undefined;
  const spans: NumberSpan[] = [];
  const seen = new Set<string>();
  let timers = 0;
  let depth = 0;
  let key = "";
  for (let at = 0; at < text.length; ) {
    GAP.lastIndex = at;
    GAP.exec(text);
    TOKEN.lastIndex = GAP.lastIndex;
    if (TOKEN.lastIndex >= text.length) break;
    const token = TOKEN.exec(text);
    if (token === null) return undefined;
    at = TOKEN.lastIndex;
    const [whole, quoted, colon, number] = token;
    if (whole === "{") {
      if (++depth > 2 || (depth === 2 && key !== "custom_timers")) return undefined;
    } else if (whole === "}") {
      depth--;
      key = "";
    } else if (colon !== undefined && depth === 1) {
      key = quoted as string;
      if (seen.has(key) || !(FIELD_OF_KEY.has(key) || OTHER_KEYS.has(key))) return undefined;
      seen.add(key);
    } else if (colon !== undefined) {
      if (timerNames[timers] !== quoted) return undefined;
    } else if (number !== undefined) {
      const field = depth === 2 ? RESULT_FIELD.timer : FIELD_OF_KEY.get(key);
      if (field === undefined) return undefined;
      if (field === RESULT_FIELD.timer) timers++;
      spans.push({ field, start: at - number.length, end: at });
    }
  }
  return timers === timerNames.length && spans.length === timers + 3 ? spans : undefined;
}

/** Longer messages are seldom alike. */
const MESSAGE_MAX = 8_192;
