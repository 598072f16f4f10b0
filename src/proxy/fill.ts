import { RegistryError } from "../oci/error.ts";
import type { OpenBlob } from "../registry/registry.ts";
import { Attendance } from "./attendance.ts";
import type { BlobTarget } from "./cache_store.ts";
import { type FillEnd, reportFill } from "./fill_report.ts";
import {
  FillEnded,
  type FillParts,
  type FillRequest,
  isAbandoned,
  isHere,
  stored,
  StoreFailure,
} from "./fill_parts.ts";
import { newHead } from "./fill_head.ts";
import { GrowingContent } from "./growing_content.ts";
import { GrowingSource } from "./growing_source.ts";
import { Relay } from "./relay.ts";
import { RemoteBlob } from "./remote_blob.ts";
import { ResumedBlob } from "./resumed_blob.ts";
import { Rest } from "./rest.ts";
import { SideRanges } from "./side_ranges.ts";
import { type FetchedBlob, UpstreamError } from "./upstream.ts";
import { orUndefined } from "./unknown.ts";
import { orAborted } from "./watchdog.ts";

/** A fill with no more than this left is ended although nobody waits for it. */
const LITTLE_LEFT = 32 * 1024 * 1024;

/** Who knows of a fill. Each is called at most once in a row. */
export interface FillKeeper {
  /** It cannot be joined any more. */
  over(fill: Fill): void;
  /** It rests, holding a part. */
  parked(fill: Fill): void;
  unparked(fill: Fill): void;
}

/** Fetches one blob of one repository, once, for all who ask for it meanwhile, and keeps it. */
export class Fill {
  readonly #attendance: Attendance;
  readonly #sides: SideRanges;
  readonly #blob: RemoteBlob;
  readonly #rest: Rest;
  #head = newHead();
  #abort = new AbortController();
  #content: GrowingContent | undefined;
  #target: BlobTarget | undefined;
  /** Bytes that came from upstream, of those that the blob has. */
  #received = 0;
  #isRelay = false;
  #isStopping = false;

  constructor(
    readonly request: FillRequest,
    private readonly parts: FillParts,
    private readonly keeper: FillKeeper,
  ) {
    const { upstream } = request;
    this.#blob = new RemoteBlob(request);
    this.#rest = new Rest(parts.timers);
    this.#attendance = new Attendance(
      parts.timers,
      () => this.#goesOnAlone(),
      () => this.#abort.abort(new FillEnded("abandoned")),
    );
    this.#sides = new SideRanges(
      (start, end, signal) => this.#blob.bytes(start, signal, end),
      () => parts.metrics.aside(upstream.name),
    );
  }

  /** Resolves when it is over. Never rejects. */
  async run(): Promise<void> {
    const { clock, metrics } = this.parts;
    const startedAt = clock.now();
    metrics.started(this.request.upstream.name);
    const end = await this.#end();
    this.keeper.over(this);
    this.#attendance.end();
    this.#content?.end();
    reportFill(this.request, this.parts, {
      ...end,
      bytes: this.#received,
      duration: clock.now() - startedAt,
      sharers: this.#attendance.all,
    });
  }

  /**
   * The blob, for one client more.
   * @throws UpstreamError; RegistryError BLOB_UNKNOWN; FillEnded when it came too late; the signal's reason
   */
  async join(signal?: AbortSignal): Promise<OpenBlob> {
    const { digest, upstream } = this.request;
    if (this.#attendance.all > 0) this.parts.metrics.joined(upstream.name);
    this.#attendance.arrive();
    if (this.#rest.end(true)) this.#head = newHead(); // whether upstream comes back too is not known yet
    try {
      const { promise } = this.#head;
      const head = await (signal === undefined ? promise : orAborted(promise, signal));
      if (head === "absent") throw new RegistryError("BLOB_UNKNOWN", { detail: digest });
      if (head === "kept") return await this.#openKept();
      this.#attendance.stay();
      const source = new GrowingSource(head, {
        range: (start, end) => this.#sides.open(head, start, end),
        left: () => this.#attendance.leave(),
      });
      return { digest, size: head.size, source };
    } finally {
      this.#attendance.leave();
    }
  }

  async #openKept(): Promise<OpenBlob> {
    const { kept, digest } = this.request;
    const blob = await orUndefined(this.parts.local.repository(kept).blobs.open(digest));
    if (blob === undefined) throw new FillEnded("removed");
    return blob;
  }

  /** Ends it, unless all is there and is just being kept. */
  stop(): void {
    this.#isStopping = true;
    this.#abort.abort(new FillEnded("stopping"));
    this.#rest.end(false);
  }

  /** Gives up the part that it rests on. */
  discard(): void {
    this.#rest.end(false);
  }

  async #end(): Promise<FillEnd> {
    try {
      return await this.#fill();
    } catch (error) {
      const { aborted, reason } = this.#abort.signal;
      if (aborted) return await this.#fail(reason); // whatever the error was that came of it
      return await this.#fail(error instanceof StoreFailure ? error.cause : error);
    }
  }

  async #fill(): Promise<FillEnd> {
    if (await isHere(this.parts.local, this.request)) {
      this.#head.resolve("kept");
      return { outcome: "there" };
    }
    const first = await this.#blob.bytes(0, this.#abort.signal);
    if (first === undefined) {
      this.#head.resolve("absent");
      return { outcome: "absent" };
    }
    const { signal } = this.#abort;
    const size = first.size ?? this.request.size ?? await this.#blob.askSize(signal);
    this.#blob.size = size;
    // Without a size there is nothing to tell clients, and an empty blob has no end that could be held back.
    if (size !== undefined && size > 0) {
      this.#content = new GrowingContent(size, () => this.#openTarget());
      this.#head.resolve(this.#content);
    }
    let unread: FetchedBlob | undefined = first;
    try {
      const target = this.#target = await this.#begin();
      unread = undefined;
      return await this.#keep(target, first);
    } catch (error) {
      if (!(error instanceof StoreFailure) || this.#content === undefined) throw error;
      return await this.#relay(this.#content, error, unread);
    }
  }

  #begin(): Promise<BlobTarget> {
    const { kept, digest } = this.request;
    return stored(this.parts.store.begin(kept, digest, {
      size: this.#blob.size,
      onWritten: () => this.#content?.grow(this.#target?.written ?? 0),
    }));
  }

  async #keep(target: BlobTarget, first: FetchedBlob): Promise<FillEnd> {
    for (let fetched = first;;) {
      try {
        await this.#receive(fetched, async (chunk) => {
          await stored(target.write(chunk));
          const attended = this.#attendance.attended();
          if (attended) await orAborted(attended, this.#abort.signal);
        });
        break;
      } catch (error) {
        if (!isAbandoned(error) || !await this.#comesBack()) throw error;
        fetched = await this.#blob.rest(this.#received, this.#abort.signal);
        if (this.#content) this.#head.resolve(this.#content);
      }
    }
    return await this.#commit(target);
  }

  /** Every chunk up to the end, one at a time. */
  async #receive(
    fetched: FetchedBlob,
    take: (chunk: Uint8Array<ArrayBuffer>) => Promise<void>,
  ): Promise<void> {
    const { upstream } = this.request;
    const blob = new ResumedBlob({
      upstream: upstream.name,
      size: this.#blob.size,
      ask: (start) => this.#blob.bytes(start, this.#abort.signal),
      timers: this.parts.timers,
      signal: this.#abort.signal,
      onResume: () => this.parts.metrics.resumed(upstream.name),
    }, this.#received);
    for await (const chunk of blob.chunks(fetched)) {
      this.#received = blob.received;
      await take(chunk);
    }
  }

  async #commit(target: BlobTarget): Promise<FillEnd> {
    try {
      await target.commit(() => this.#content?.verify());
    } catch (error) {
      if (error instanceof RegistryError && error.code === "DIGEST_INVALID") {
        throw this.#blob.isOther();
      }
      throw new StoreFailure(error);
    }
    this.#head.resolve("kept");
    return { outcome: "kept" };
  }

  /** The store takes no more: those who are here get the rest all the same, and nobody else. */
  async #relay(
    content: GrowingContent,
    failure: StoreFailure,
    unread: FetchedBlob | undefined,
  ): Promise<FillEnd> {
    this.#isRelay = true;
    this.keeper.over(this);
    this.parts.metrics.relayed(this.request.upstream.name);
    const relay = await Relay.begin(content, this.request.digest, this.#target?.written ?? 0);
    this.#received = relay.start;
    if (this.#attendance.isDeserted) throw failure;
    if (relay.start < content.size) await this.#passOn(content, relay, unread);
    if (!relay.finish()) throw this.#blob.isOther();
    await this.#drop();
    return { outcome: "relayed", reason: failure.message };
  }

  async #passOn(
    content: GrowingContent,
    relay: Relay,
    unread: FetchedBlob | undefined,
  ): Promise<void> {
    const rest = unread ?? await this.#blob.rest(relay.start, this.#abort.signal);
    await this.#receive(rest, async (chunk) => {
      if (this.#attendance.isDeserted) throw new FillEnded("abandoned");
      await orAborted(relay.pass(chunk), this.#abort.signal);
      if (this.#target === undefined || !relay.isPastStore) return;
      content.dropFile(); // so that the disk is less full
      await this.#drop();
    });
  }

  async #fail(error: unknown): Promise<FillEnd> {
    this.keeper.over(this);
    this.#abort.abort(error); // whatever upstream still sends
    const reason = error instanceof Error ? error.message : String(error);
    this.#content?.fail(new RegistryError("UNAVAILABLE", { status: 502, detail: reason }));
    this.#head.reject(error);
    await this.#drop();
    const isLie = error instanceof UpstreamError && error.kind === "lying";
    const outcome = isAbandoned(error) ? "abandoned" : isLie ? "lying" : "failed";
    return { outcome, reason };
  }

  /** What is left of it goes; a store that cannot even do that has its uploads purged. */
  async #drop(): Promise<void> {
    const target = this.#target;
    this.#target = undefined;
    await target?.abort().catch(() => undefined);
  }

  /** Rests with the part that is there. @returns whether a client wants it after all */
  async #comesBack(): Promise<boolean> {
    if (this.#isStopping || this.#content === undefined) return false;
    if (this.#attendance.isDeserted) {
      this.keeper.parked(this);
      const comesBack = await this.#rest.take();
      this.keeper.unparked(this);
      if (!comesBack) return false;
    }
    this.#abort = new AbortController();
    return true;
  }

  #goesOnAlone(): boolean {
    const { written, size } = this.#content ?? { written: 0, size: Infinity };
    return !this.#isRelay && (written * 2 >= size || size - written <= LITTLE_LEFT);
  }

  #openTarget() {
    if (this.#target === undefined) throw new Error("Cannot read: nothing was written");
    return this.#target.open();
  }
}
