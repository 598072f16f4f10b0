import { inTurns } from "../../async/in_turns.ts";
import { algorithmOf, asDigest, type Digest, digestOf } from "../../oci/digest.ts";
import { type Manifest, readManifest, type Reference } from "../../oci/manifest.ts";
import {
  DOCKER_IMAGE,
  DOCKER_LIST,
  isForeignLayer,
  OCI_ARTIFACT,
  OCI_IMAGE,
  OCI_INDEX,
} from "../../oci/media_type.ts";
import { refusalText } from "./refusal_text.ts";
import { childrenFor, type Platforms } from "./platforms.ts";
import type { ServerAnswer, ServerClient } from "./server_client.ts";

/** Blobs under way at once, as docker does it. */
const PARALLEL = 3;
const ACCEPT = [OCI_INDEX, OCI_IMAGE, DOCKER_LIST, DOCKER_IMAGE, OCI_ARTIFACT].join(", ");

/** What a pull tells while it goes on. */
export interface PullWatch {
  /** All blobs together, in bytes. */
  total(bytes: number): void;
  received(bytes: number): void;
  /** What the server says along with an answer: that it may be old. */
  warned(text: string): void;
}

export interface Pulled {
  readonly digest: Digest;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** One image, pulled through the server and thrown away. */
export class Pull {
  #bytes = 0;
  #manifests = 0;
  readonly #blobs = new Map<Digest, Reference>();

  /** @param repository its name in paths, and the query that goes with it */
  constructor(
    private readonly client: ServerClient,
    private readonly prefix: string,
    private readonly repository: { readonly name: string; readonly query: string },
    private readonly watch: PullWatch,
  ) {}

  /** @throws Error with what is wrong */
  async run(reference: string, platforms: Platforms): Promise<Pulled> {
    const { digest, manifest } = await this.#manifest(reference);
    await this.#note(manifest, platforms);
    const blobs = [...this.#blobs.values()];
    this.watch.total(blobs.reduce((sum, { size = 0 }) => sum + size, 0));
    await this.#fetchAll(blobs);
    return { digest, manifests: this.#manifests, blobs: blobs.length, bytes: this.#bytes };
  }

  async #note(manifest: Manifest, platforms: Platforms): Promise<void> {
    for (const blob of manifest.blobs) {
      if (!isForeignLayer(blob.mediaType)) this.#blobs.set(blob.digest, blob);
    }
    for (const child of childrenFor(manifest, manifest.kind === "index" ? platforms : undefined)) {
      await this.#note((await this.#manifest(child.digest)).manifest, undefined);
    }
  }

  async #manifest(reference: string): Promise<{ digest: Digest; manifest: Manifest }> {
    const answer = await this.#get(`manifests/${reference}`, ACCEPT);
    const warning = /^299 \S+ "(.*)"$/.exec(answer.header("warning") ?? "")?.[1];
    if (warning !== undefined) this.watch.warned(warning);
    const named = asDigest(reference);
    const digest = await digestOf(named ? algorithmOf(named) : "sha256", answer.body);
    const manifest = readManifest(answer.body);
    if (manifest === undefined || (named !== undefined && named !== digest)) {
      throw new Error(
        `the manifest ${reference} is broken: pull it again, or look into the log of the server`,
      );
    }
    this.#manifests++;
    return { digest, manifest };
  }

  /** After a failure no further blob is begun. */
  async #fetchAll(blobs: readonly Reference[]): Promise<void> {
    const failures: unknown[] = [];
    await inTurns(blobs, PARALLEL, async (blob) => {
      if (failures.length > 0) return;
      await this.#fetch(blob).catch((error) => failures.push(error));
    });
    if (failures.length > 0) throw failures[0];
  }

  async #fetch({ digest, size }: Reference): Promise<void> {
    let count = 0;
    await this.#get(`blobs/${digest}`, undefined, (bytes) => {
      count += bytes;
      this.#bytes += bytes;
      this.watch.received(bytes);
    });
    if (size !== undefined && size !== count) {
      throw new Error(`blob ${digest} has ${count} bytes, expected ${size}`);
    }
  }

  async #get(
    what: string,
    accept: string | undefined,
    onBytes?: (count: number) => void,
  ): Promise<ServerAnswer> {
    const { name, query } = this.repository;
    const answer = await this.client.get(`${this.prefix}/v2/${name}/${what}${query}`, {
      ...(accept !== undefined && { accept }),
      ...(onBytes !== undefined && { onBytes }),
    });
    if (answer.status === 200) return answer;
    throw new Error(refusalText(answer));
  }
}
