// Values from outside, as scripts see them.

/** A value of the project's configuration or of the shared context: whatever JSON holds. */
export type Json = ReturnType<typeof JSON.parse>;

/** Keys of the configuration or the context. */
export interface JsonMap {
  readonly [key: string]: Json;
}
