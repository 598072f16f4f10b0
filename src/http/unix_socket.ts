/**
 * Makes way for a unix socket: one that a killed server left behind is removed. Rejects when something else is in the way, or when a
 * server still answers there.
 */
export async function makeWay(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket) {
    throw new Error(`Cannot listen on ${path}: there is something that is not a socket`);
  }
  if (await isAnswered(path)) {
    throw new Error(`Cannot listen on ${path}: another server is listening there`);
  }
  await Deno.remove(path);
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch {
    return false;
  }
}

/** The mode that distribution gives it: its owner may connect. */
export async function setMode(path: string): Promise<void> {
  await Deno.chmod(path, 0o755);
}

/** Removes what is left of it, if anything is. */
export async function removeSocket(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
