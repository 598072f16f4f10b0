import { type Content, type Image, mediaTypes, sha256 } from "./images.ts";

/** Accept header of a client that understands every manifest. */
export const acceptAll: string = Object.values(mediaTypes).flatMap(({ manifest, index }) => [
  manifest,
  index,
]).join(", ");

/** Longest that one request of a test may take, in milliseconds. */
const LIMIT = 60_000;

/** What goes with every request. */
export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Trusts a private CA, shows a certificate; belongs to the caller. */
  readonly client?: Deno.HttpClient;
}

/** Pushes and pulls with plain requests, checking each status and each byte. */
export class RegistryClient {
  /** @param url `http://127.0.0.1:PORT` */
  constructor(readonly url: string, private readonly options: RequestOptions = {}) {}

  /** A request whose answer is read whole. */
  async request(
    method: string,
    target: string,
    init: { headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<{ status: number; headers: Headers; bytes: Uint8Array<ArrayBuffer> }> {
    const address = target.startsWith("http") ? target : this.url + target;
    const signal = AbortSignal.timeout(LIMIT);
    const { client, headers } = this.options;
    const response = await fetch(address, {
      ...{ method, redirect: "manual", signal, ...init },
      ...(client && { client }),
      headers: { ...headers, ...init.headers },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes };
  }

  /** Pushes children first, then blobs, then the manifest under each reference (its digest when there is none). */
  async pushImage(repository: string, image: Image, ...references: string[]): Promise<void> {
    for (const child of image.children) await this.pushImage(repository, child);
    for (const blob of image.blobs) await this.pushBlob(repository, blob);
    const { digest } = image.manifest.descriptor;
    for (const reference of references.length > 0 ? references : [digest]) {
      await this.pushManifest(repository, image.manifest, reference);
    }
  }

  /** POST, then one PUT. */
  async pushBlob(repository: string, { bytes, descriptor }: Content): Promise<void> {
    const upload = await this.startUpload(repository);
    const address = `${upload}${upload.includes("?") ? "&" : "?"}digest=${descriptor.digest}`;
    const headers = { "content-type": "application/octet-stream" };
    const put = await this.request("PUT", address, { body: bytes, headers });
    expect(put, 201, `PUT of blob ${descriptor.digest}`);
  }

  /** @returns the upload's address, absolute */
  async startUpload(repository: string): Promise<string> {
    const post = await this.request("POST", `/v2/${repository}/blobs/uploads/`);
    expect(post, 202, `POST of an upload to ${repository}`);
    return this.locationOf(post.headers);
  }

  /** PATCH without a Content-Range. @returns the next address, absolute */
  async appendUpload(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const headers = { "content-type": "application/octet-stream" };
    const patch = await this.request("PATCH", address, { body: bytes, headers });
    expect(patch, 202, "PATCH of an upload");
    return this.locationOf(patch.headers);
  }

  async pushManifest(repository: string, manifest: Content, reference: string): Promise<void> {
    const put = await this.request("PUT", `/v2/${repository}/manifests/${reference}`, {
      body: manifest.bytes,
      headers: { "content-type": manifest.descriptor.mediaType },
    });
    expect(put, 201, `PUT of manifest ${repository}:${reference}`);
  }

  /** Pulls everything under the reference and compares it, byte for byte. @throws what differs */
  async checkImage(repository: string, image: Image, reference?: string): Promise<void> {
    const { digest, mediaType } = image.manifest.descriptor;
    const got = await this.request("GET", `/v2/${repository}/manifests/${reference ?? digest}`, {
      headers: { accept: acceptAll },
    });
    expect(got, 200, `GET of manifest ${repository}:${reference ?? digest}`);
    same(got.headers.get("docker-content-digest"), digest, "digest of the manifest");
    same(got.headers.get("content-type"), mediaType, "type of the manifest");
    same(sha256(got.bytes), digest, "bytes of the manifest");
    for (const blob of image.blobs) await this.checkBlob(repository, blob);
    for (const child of image.children) await this.checkImage(repository, child);
  }

  async checkBlob(repository: string, { descriptor }: Content): Promise<void> {
    const got = await this.request("GET", `/v2/${repository}/blobs/${descriptor.digest}`);
    expect(got, 200, `GET of blob ${descriptor.digest}`);
    same(sha256(got.bytes), descriptor.digest, "bytes of the blob");
  }

  async tags(repository: string): Promise<string[]> {
    const got = await this.request("GET", `/v2/${repository}/tags/list`);
    expect(got, 200, `tags of ${repository}`);
    return JSON.parse(new TextDecoder().decode(got.bytes)).tags ?? [];
  }

  /** The absolute form of an answer's Location. */
  locationOf(headers: Headers): string {
    const location = headers.get("location");
    if (location === null) throw new Error("Cannot go on: the answer has no Location");
    return new URL(location, this.url).href;
  }
}

function expect(
  got: { status: number; bytes: Uint8Array<ArrayBuffer> },
  status: number,
  what: string,
): void {
  if (got.status === status) return;
  const text = new TextDecoder().decode(got.bytes.subarray(0, 2_000));
  throw new Error(`${what}: expected ${status}, got ${got.status} ${text}`);
}

function same(actual: string | null, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}
