// As much of JSON Schema as our published schema uses. Stricter in one thing: where a schema names
// properties, one that it does not name is a mistake, so that every field is documented.

type Schema = Readonly<Record<string, unknown>>;

/** What does not fit, as `path: what`; empty where all does. */
export function schemaMistakes(root: Schema, value: unknown): string[] {
  const mistakes: string[] = [];
  visit(root, value, "$");
  return mistakes;

  function visit(given: Schema, found: unknown, at: string): void {
    const schema = resolve(given);
    const known = ["$ref", "$schema", "$id", "$defs", "title", "description", "type", "enum"];
    const more = ["const", "required", "properties", "additionalProperties", "items", "anyOf"];
    const bounds = ["minimum", "maximum"];
    for (const word of Object.keys(schema)) {
      if (![...known, ...more, ...bounds].includes(word)) mistakes.push(`${at}: word ${word}`);
    }
    const say = (what: string) => mistakes.push(`${at}: ${what}`);
    if (schema["anyOf"] !== undefined) {
      const fits = (schema["anyOf"] as Schema[]).some(
        (one) => schemaMistakes({ ...one, $defs: root["$defs"] }, found).length === 0,
      );
      if (!fits) say("none of anyOf");
    }
    if ("const" in schema && schema["const"] !== found) say(`not ${schema["const"]}`);
    const options = schema["enum"] as unknown[] | undefined;
    if (options !== undefined && !options.includes(found)) say(`${found} is not in the enum`);
    const types = schema["type"] === undefined ? [] : [schema["type"]].flat();
    if (types.length > 0 && !types.some((type) => isOfType(found, String(type)))) {
      say(`${JSON.stringify(found)} is no ${types.join(" or ")}`);
    }
    if (typeof found === "number") {
      if (found < Number(schema["minimum"] ?? Number.NEGATIVE_INFINITY))
        say(`${found} is too small`);
      if (found > Number(schema["maximum"] ?? Number.POSITIVE_INFINITY))
        say(`${found} is too large`);
    }
    if (Array.isArray(found)) {
      const items = schema["items"] as Schema | undefined;
      for (const [i, item] of found.entries()) {
        if (items !== undefined) visit(items, item, `${at}[${i}]`);
      }
    } else if (typeof found === "object" && found !== null) {
      visitObject(schema, found as Readonly<Record<string, unknown>>, at);
    }
  }

  function visitObject(schema: Schema, found: Readonly<Record<string, unknown>>, at: string): void {
    for (const key of (schema["required"] as string[] | undefined) ?? []) {
      if (!(key in found)) mistakes.push(`${at}.${key}: missing`);
    }
    const properties = schema["properties"] as Readonly<Record<string, Schema>> | undefined;
    const rest = schema["additionalProperties"] as Schema | undefined;
    for (const [key, item] of Object.entries(found)) {
      const own = properties?.[key] ?? rest;
      if (own !== undefined) visit(own, item, `${at}.${key}`);
      else if (properties !== undefined) mistakes.push(`${at}.${key}: not documented`);
    }
  }

  function resolve(schema: Schema): Schema {
    const reference = schema["$ref"] as string | undefined;
    if (reference === undefined) return schema;
    const found = (root["$defs"] as Record<string, Schema>)[reference.replace("#/$defs/", "")];
    if (found === undefined) throw new Error(`no ${reference}`);
    return found;
  }
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
