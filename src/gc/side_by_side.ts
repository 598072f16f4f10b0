/**
 * Does the work for every item, at most `parallel` at a time. After a failure nothing new is begun, and what was begun has ended when
 * it rejects: whoever cleans up is alone.
 */
export async function sideBySide<T>(
  items: readonly T[],
  parallel: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const faults: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (faults.length === 0 && next < items.length) {
      await work(items[next++] as T).catch((error) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
  if (faults.length > 0) throw faults[0];
}
