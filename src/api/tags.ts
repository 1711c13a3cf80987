// Tags: what is measured while a tag is set counts under its name and once more under name{key:value}.

import { clip } from "../base/errors.ts";

/** Tags by key. */
export type Tags = Readonly<Record<string, string | number | boolean>>;

/** Tags that count; further ones do not. */
const TAGS_MAX = 8;
const TEXT_MAX = 100;

/** The same object for all who have no tags, so that asking costs one comparison. */
export const NO_TAGS: Tags = Object.freeze({});

/** The names that a measurement counts under besides its own. */
export function taggedNames(name: string, tags: Tags): string[] {
  if (tags === NO_TAGS || typeof tags !== "object" || tags === null) return [];
  return Object.entries(tags)
    .slice(0, TAGS_MAX)
    .map(([key, value]) => `${name}{${clip(key, TEXT_MAX)}:${clip(String(value), TEXT_MAX)}}`);
}
