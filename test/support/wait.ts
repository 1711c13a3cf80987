// Waiting in tests: for a condition, never for a time. The limit only says when to give up.

/** Resolves as soon as `condition` is truthy; rejects with `what` after `timeoutMs`. */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly what: string },
): Promise<NonNullable<T>> {
  const endMs = performance.now() + (options.timeoutMs ?? 15_000);
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > endMs) throw new Error(`waited in vain for ${options.what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
