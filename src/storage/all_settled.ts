/**
 * As Promise.all, but a failure is thrown only when all have ended: nothing goes on behind the back of a caller who is about to
 * close the file or to remove it.
 */
export async function allSettled(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "rejected") throw result.reason;
  }
}
