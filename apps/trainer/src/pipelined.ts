// Submitting work ahead of its results.

/**
 * Yields the results of `submit` in the order of `items`, having submitted up to `depth` items further: a device always has
 * its next work before the result of the last is looked at. When `items` ends, so does this, after the last result.
 */
export async function* pipelined<Item, Result>(
  items: AsyncIterable<Item>,
  submit: (item: Item) => Promise<Result>,
  depth: number,
): AsyncGenerator<Result, void, void> {
  const pending: Promise<Result>[] = [];
  for await (const item of items) {
    const result = submit(item);
    // A failure belongs to whoever reads the result; nobody may be left to read it.
    result.catch(() => undefined);
    pending.push(result);
    const oldest = pending.length > depth ? pending.shift() : undefined;
    if (oldest !== undefined) yield await oldest;
  }
  for (const result of pending) yield await result;
}
