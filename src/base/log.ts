// Logging: one line per event, fields after the text. The sink is handed in; nothing here prints.

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface LogEvent {
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: LogFields;
}

export interface Logger {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

/** A logger that hands every event to `sink`. */
export function createLogger(sink: (event: LogEvent) => void): Logger {
  const at =
    (level: LogLevel) =>
    (text: string, fields: LogFields = {}) =>
      sink({ level, text, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** `text key=value ...`; values with blanks are quoted as JSON. */
export function formatLogEvent(event: LogEvent): string {
  let line = event.text;
  for (const [key, value] of Object.entries(event.fields)) {
    if (value === undefined) continue;
    const text = String(value);
    line += ` ${key}=${/[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text}`;
  }
  return line;
}
