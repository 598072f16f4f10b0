import type { Logger } from "../log/logger.ts";

export interface WatchOptions<T> {
  /** What the files are, for messages: `htpasswd`, `certificate and key`. */
  readonly what: string;
  readonly paths: readonly string[];
  /**
   * Makes one value of the contents, in the order of `paths`. @throws Error with a sentence that names the file and the line;
   * never with a secret
   */
  readonly parse: (contents: readonly Uint8Array<ArrayBuffer>[]) => T | Promise<T>;
  /** Between two looks, in milliseconds; 250 by default, so that a change is in force within a second. */
  readonly interval?: number;
  readonly logger: Logger;
  /** Told of each new value but the first, and of each that could not be used. */
  readonly onReload?: (isGood: boolean) => void;
}

/** The number of bytes beyond which a file is refused: none of those that are watched is large. */
const LONGEST = 16 * 1024 * 1024;
/** Files that change while they are read are read again this often. */
const MOST_READS = 5;
/** Files that look different at each look are read all the same after this many. */
const MOST_CHANGES = 3;
/**
 * A file may change again without a change of its times, which are as coarse as two seconds on some file systems: until they are this
 * old, in milliseconds, they prove nothing.
 */
const YOUNG = 2_500;

/** What was last read. */
interface Seen {
  /** Times, sizes and the like. */
  readonly stamp: string;
  /** A hash of the contents; empty when they could not be read. */
  readonly digest: string;
  /** When the stamp begins to prove that nothing has changed since, in milliseconds since 1970. */
  readonly provenAt: number;
}

/**
 * A value made from files that is made anew when one of them changes: another time, size, inode or change time, so that a file
 * that was renamed over it, a symbolic link that now leads elsewhere (Kubernetes), and an older copy are all seen. A change counts when
 * it looks the same at two looks in a row: a file that is being written, or the first one of a pair, is left to be finished.
 * What cannot be read or parsed leaves the last good value in force and makes one line in the log.
 */
export class WatchedFiles<T> {
  #current: T;
  #seen: Seen;
  /** The stamp of the last look, and how many looks in a row saw another one than that of what was read. */
  #lastLook = "";
  #changes = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  private constructor(private readonly options: WatchOptions<T>, current: T, seen: Seen) {
    this.#current = current;
    this.#seen = seen;
    this.#timer = setInterval(() => this.#look(false), options.interval ?? 250);
    Deno.unrefTimer(this.#timer);
  }

  /** Reads them for the first time. Rejects, with a sentence for the user, when they cannot be used. */
  static async open<T>(options: WatchOptions<T>): Promise<WatchedFiles<T>> {
    const { seen, value } = await readFirst(options);
    return new WatchedFiles(options, value, seen);
  }

  get current(): T {
    return this.#current;
  }

  /** Reads them now, even if they look as before. Never rejects: the log tells. */
  reload(): Promise<void> {
    return this.#look(true);
  }

  /** Stops looking; waits for a look that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #look(isAsked: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (this.#running !== undefined) {
      await this.#running;
      if (!isAsked) return;
    }
    this.#running ??= this.#check(isAsked).finally(() => this.#running = undefined);
    await this.#running;
  }

  async #check(isAsked: boolean): Promise<void> {
    if (!isAsked && !this.#isDue((await look(this.options.paths)).stamp)) return;
    const before = this.#seen;
    const { seen, result } = await read(this.options, isAsked ? undefined : before.digest);
    // what is broken is told once, until it changes again
    this.#seen = seen;
    this.#changes = 0;
    if (result !== undefined) this.#take(result);
  }

  /** Whether the files have come to rest after a change, or cannot yet be trusted to show one. */
  #isDue(stamp: string): boolean {
    const isSteady = stamp === this.#lastLook;
    this.#lastLook = stamp;
    if (stamp === this.#seen.stamp) {
      this.#changes = 0;
      return Date.now() < this.#seen.provenAt;
    }
    this.#changes++;
    return isSteady || this.#changes >= MOST_CHANGES;
  }

  #take(result: Result<T>): void {
    const { what, paths, logger, onReload } = this.options;
    if ("value" in result) {
      this.#current = result.value;
      logger.info(`${what} read again`, { paths: paths.join(", ") });
    } else {
      const { error } = result;
      const why = error instanceof Error ? error.message : String(error);
      logger.error(`${what} cannot be used, what was read before stays in force: ${why}`);
    }
    onReload?.("value" in result);
  }
}

/** What is read at the start. */
type Readable<T> = Pick<WatchOptions<T>, "paths" | "parse">;

/** Reads files once, as `WatchedFiles.open` does. Rejects, with a sentence for the user, when they cannot be used. */
export async function readFiles<T>(options: Readable<T>): Promise<T> {
  return (await readFirst(options)).value;
}

async function readFirst<T>(options: Readable<T>): Promise<{ seen: Seen; value: T }> {
  const { seen, result } = await read(options, undefined);
  if (result !== undefined && "value" in result) return { seen, value: result.value };
  throw result?.error;
}

type Result<T> = { readonly value: T } | { readonly error: unknown };

/** @param known the digest of what need not be parsed again; then there is no result */
async function read<T>(
  options: Readable<T>,
  known: string | undefined,
): Promise<{ seen: Seen; result: Result<T> | undefined }> {
  for (let count = 1;; count++) {
    const before = await look(options.paths);
    const { digest, result } = await attempt(options, known);
    const after = await look(options.paths);
    // half of a new pair is no reason to complain
    if (before.stamp !== after.stamp && count < MOST_READS) continue;
    const provenAt = digest === "" ? 0 : before.newest + YOUNG;
    return { seen: { stamp: before.stamp, digest, provenAt }, result };
  }
}

async function attempt<T>(
  { paths, parse }: Readable<T>,
  known: string | undefined,
): Promise<{ digest: string; result: Result<T> | undefined }> {
  let digest = "";
  try {
    const contents = await Promise.all(paths.map(readFile));
    digest = await digestOf(contents);
    if (digest === known) return { digest, result: undefined };
    return { digest, result: { value: await parse(contents) } };
  } catch (error) {
    return { digest, result: { error } };
  }
}

async function digestOf(contents: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  const digests = contents.map((content) => crypto.subtle.digest("SHA-256", content));
  return (await Promise.all(digests)).map((digest) => new Uint8Array(digest).join(" ")).join("\n");
}

/** @returns what the files look like, and when the last of them was changed */
async function look(paths: readonly string[]): Promise<{ stamp: string; newest: number }> {
  let newest = 0;
  const stamps = paths.map(async (path) => {
    try {
      const { mtime, ctime, size, ino, dev, mode } = await Deno.stat(path);
      // nobody can set the change time back, or far ahead
      newest = Math.max(newest, (ctime ?? mtime)?.getTime() ?? 0);
      return [mtime?.getTime(), ctime?.getTime(), size, ino, dev, mode].join(" ");
    } catch (error) {
      return error instanceof Error ? error.name : "error";
    }
  });
  return { stamp: (await Promise.all(stamps)).join("\n"), newest };
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size, isFile, isDirectory } = await Deno.stat(path);
    if (isDirectory) {
      throw new Error(
        `Cannot read ${path}: it is a folder, expected a file (docker makes one where the file to mount is missing)`,
      );
    }
    if (!isFile) throw new Error(`Cannot read ${path}: it is not a file`);
    if (size > LONGEST) throw new Error(`Cannot read ${path}: it has more than ${LONGEST} bytes`);
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`Cannot read ${path}: there is no such file`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Error(`Cannot read ${path}: no permission. Give it to the user that berth runs as`);
    }
    throw error;
  }
}
