import { dirname, join } from "@std/path";
import { Certificates } from "../../tests/support/certificates.ts";
import { TempFolder } from "../../tests/support/temp_folder.ts";
import { BodySource } from "./content.ts";
import type { Certificate } from "./setup.ts";
import { SlowUpstream } from "./slow_upstream.ts";
import { writeUsers } from "./users.ts";

/** Bytes a second of the upstream that is slow. */
const SLOW = 100_000_000;

/** How much the large tree holds. */
export const LARGE_TREE = { tags: 100_000, someTags: 2_000, repositories: 10_000 };

const DIGEST_HEX = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/** What several measurements share and what takes time to make: made at first use. */
export class Resources implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #folder: TempFolder;
  readonly #bodies = new Map<number, BodySource>();
  #tree: string | undefined;
  #certificate: Promise<Certificate> | undefined;
  #users: Promise<string> | undefined;
  #upstream: SlowUpstream | undefined;

  private constructor(folder: TempFolder) {
    this.#folder = this.#stack.use(folder);
  }

  static async make(): Promise<Resources> {
    return new Resources(await TempFolder.make());
  }

  /** Bodies of a size, all different. */
  bodies(size: number): BodySource {
    const source = this.#bodies.get(size) ?? new BodySource(size);
    this.#bodies.set(size, source);
    return source;
  }

  /** A path that nothing else uses. */
  path(name: string): string {
    return this.#folder.at(`${name}-${crypto.randomUUID()}`);
  }

  /** A storage root as distribution writes it: repositories `tags/some`, `tags/many`, and `gNN/rNN` up to the number above. */
  largeTree(): string {
    if (this.#tree === undefined) {
      this.#tree = this.#folder.at("tree");
      writeTree(join(this.#tree, "docker/registry/v2"));
    }
    return this.#tree;
  }

  /** A registry for caches to be caches of. */
  slowUpstream(): SlowUpstream {
    return this.#upstream ??= this.#stack.use(new SlowUpstream(SLOW));
  }

  /** One for the loopback, the same for all: of a P-256 key. */
  certificate(): Promise<Certificate> {
    return this.#certificate ??= this.#makeCertificate();
  }

  /** Path of an htpasswd file that has a user of each cost. */
  users(): Promise<string> {
    return this.#users ??= this.#makeUsers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  async #makeUsers(): Promise<string> {
    const path = this.path("htpasswd");
    await writeUsers(path);
    return path;
  }

  async #makeCertificate(): Promise<Certificate> {
    const certificates = this.#stack.use(await Certificates.make());
    return { ...await certificates.issue("server"), authority: certificates.root.certificate };
  }
}

function writeTree(tree: string): void {
  const link = new TextEncoder().encode(`sha256:${DIGEST_HEX}`);
  const write = (path: string, content = link) => {
    Deno.mkdirSync(dirname(join(tree, path)), { recursive: true });
    Deno.writeFileSync(join(tree, path), content);
  };
  const repository = (name: string, tags: number) => {
    const base = `repositories/${name}`;
    write(`${base}/_layers/sha256/${DIGEST_HEX}/link`);
    write(`${base}/_manifests/revisions/sha256/${DIGEST_HEX}/link`);
    for (let tag = 0; tag < tags; tag++) {
      write(`${base}/_manifests/tags/t${String(tag).padStart(6, "0")}/current/link`);
    }
  };
  write(`blobs/sha256/44/${DIGEST_HEX}/data`, new TextEncoder().encode("{}"));
  repository("tags/some", LARGE_TREE.someTags);
  repository("tags/many", LARGE_TREE.tags);
  for (let i = 2; i < LARGE_TREE.repositories; i++) {
    const digits = String(i).padStart(4, "0");
    repository(`g${digits.slice(0, 2)}/r${digits.slice(2)}`, 1);
  }
}
