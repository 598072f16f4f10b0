/** Looks again and again until `isSo`. @throws with `what` when it is not so after `limit` milliseconds */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limit = 10_000,
): Promise<void> {
  const end = performance.now() + limit;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Not so after ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
