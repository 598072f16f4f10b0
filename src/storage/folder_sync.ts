/** Syncs of one folder at the same time. File systems with a journal do them in one; for others, more would only queue up. */
const MOST_AT_ONCE = 4;

interface Syncs {
  running: number;
  /** Resolves as the next sync does, which all who come meanwhile share. */
  next: PromiseWithResolvers<void> | undefined;
}

/**
 * Syncs folders. When several syncs of the same folder are running, those who come share the next one (group commit). They can't
 * join a running one: it may have begun before their rename.
 */
export class FolderSync {
  readonly #syncFolder: (folder: string) => Promise<void>;
  readonly #syncs = new Map<string, Syncs>();

  constructor(syncFolder: (folder: string) => Promise<void>) {
    this.#syncFolder = syncFolder;
  }

  /** Resolves when a sync of the folder that started after this call has succeeded. */
  sync(folder: string): Promise<void> {
    let syncs = this.#syncs.get(folder);
    if (syncs === undefined) {
      syncs = { running: 0, next: undefined };
      this.#syncs.set(folder, syncs);
    }
    if (syncs.running < MOST_AT_ONCE) return this.#run(folder, syncs);
    syncs.next ??= Promise.withResolvers();
    return syncs.next.promise;
  }

  async #run(folder: string, syncs: Syncs): Promise<void> {
    syncs.running++;
    try {
      await this.#syncFolder(folder);
    } finally {
      syncs.running--;
      const next = syncs.next;
      syncs.next = undefined;
      if (next !== undefined) next.resolve(this.#run(folder, syncs));
      else if (syncs.running === 0) this.#syncs.delete(folder);
    }
  }
}
