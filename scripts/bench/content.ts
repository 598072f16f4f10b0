import { createHash, type Hash } from "node:crypto";
import { type Content, content, mediaTypes, noise } from "../../tests/support/images.ts";
import type { Connection } from "./connection.ts";

const OCTETS = "Content-Type: application/octet-stream\r\n";

/** A body in parts, with its digest. */
export interface Body {
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  readonly size: number;
  readonly digest: string;
}

/** Makes any number of different bodies of one size, each for the price of a few bytes: they share all but their last 16. */
export class BodySource {
  readonly #shared: Uint8Array<ArrayBuffer>;
  readonly #hash: Hash;
  #made = 0;

  constructor(readonly size: number, readonly seed = 1) {
    this.#shared = noise(size - 16, seed);
    this.#hash = createHash("sha256").update(this.#shared);
  }

  next(): Body {
    // the clock makes bodies of one run differ from those of an earlier process on the same root
    const tail = new Uint8Array(new BigUint64Array([BigInt(++this.#made), startedAt()]).buffer);
    const digest = `sha256:${this.#hash.copy().update(tail).digest("hex")}`;
    return { parts: [this.#shared, tail], size: this.size, digest };
  }
}

function startedAt(): bigint {
  return BigInt(Math.round(performance.timeOrigin));
}

/** How the bytes of a blob go up. */
export type UploadForm = "monolithic" | "chunked";

/** Starts an upload. @returns its target, with a query or without */
export async function startUpload(connection: Connection, repository: string): Promise<string> {
  const { head } = await connection.exchange(202, "POST", `/v2/${repository}/blobs/uploads/`);
  return locationOf(head);
}

/** POST, then one PUT; or, as docker does it, a PATCH in chunks and an empty PUT. */
export async function pushBlob(
  connection: Connection,
  repository: string,
  body: Body,
  form: UploadForm = "monolithic",
): Promise<void> {
  const upload = await startUpload(connection, repository);
  if (form === "monolithic") {
    await connection.exchange(201, "PUT", withDigest(upload, body), OCTETS, ...body.parts);
    return;
  }
  const next = await patchBlob(connection, upload, body);
  await connection.exchange(201, "PUT", withDigest(next, body), OCTETS);
}

/** PATCH with `Transfer-Encoding: chunked`. @returns the upload's next target */
export async function patchBlob(
  connection: Connection,
  upload: string,
  body: Body,
): Promise<string> {
  await connection.send(
    `PATCH ${upload} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${OCTETS}\r\n`,
  );
  for (const part of body.parts) {
    for (let at = 0; at < part.length; at += CHUNK) {
      const chunk = part.subarray(at, at + CHUNK);
      await connection.send(`${chunk.length.toString(16)}\r\n`, chunk, LINE_END);
    }
  }
  await connection.send("0\r\n\r\n");
  const { status, head } = await connection.answer();
  if (status !== 202) throw new Error(`PATCH ${upload}: expected 202, got ${head}`);
  return locationOf(head);
}

const CHUNK = 32 * 1024; // what Go's clients send
const LINE_END = new Uint8Array([13, 10]);

/** The target of a PUT that ends an upload. */
export function withDigest(upload: string, { digest }: Body): string {
  return `${upload}${upload.includes("?") ? "&" : "?"}digest=${digest}`;
}

function locationOf(head: string): string {
  const location = /^location: (\S+)/im.exec(head)?.[1];
  if (location === undefined) throw new Error(`Cannot find a Location in ${head}`);
  const { pathname, search } = new URL(location, "http://a");
  return pathname + search;
}

/** A manifest of one layer; `note` makes it differ from others. */
export function manifestOf(config: Body, layer: Body, note = ""): Content {
  const { manifest, config: configType, layer: layerType } = mediaTypes.oci;
  const describe = (mediaType: string, { digest, size }: Body) => ({ mediaType, digest, size });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifest,
    config: describe(configType, config),
    layers: [describe(layerType, layer)],
    annotations: { note: note.padEnd(500, "-") },
  });
  return content(manifest, new TextEncoder().encode(text));
}

export async function putManifest(
  connection: Connection,
  repository: string,
  reference: string,
  { bytes, descriptor }: Content,
): Promise<void> {
  const type = `Content-Type: ${descriptor.mediaType}\r\n`;
  await connection.exchange(201, "PUT", `/v2/${repository}/manifests/${reference}`, type, bytes);
}

/** An image as the load generator knows it. */
export interface PushedImage {
  readonly repository: string;
  readonly tag: string;
  readonly config: Body;
  readonly layer: Body;
  readonly manifest: Content;
}

/** Pushes a new image of one layer and one config: five requests. */
export async function pushImage(
  connection: Connection,
  repository: string,
  tag: string,
  sources: { readonly layer: BodySource; readonly config: BodySource },
  form: UploadForm = "monolithic",
): Promise<PushedImage> {
  const layer = sources.layer.next();
  const config = sources.config.next();
  await pushBlob(connection, repository, layer, form);
  await pushBlob(connection, repository, config);
  const manifest = manifestOf(config, layer);
  await putManifest(connection, repository, tag, manifest);
  return { repository, tag, config, layer, manifest };
}

export const ACCEPT: string = `Accept: ${mediaTypes.oci.manifest}\r\n`;

/** Pulls it as a client does: manifest by tag, config, layer. */
export async function pullImage(connection: Connection, image: PushedImage): Promise<void> {
  const base = `/v2/${image.repository}`;
  await connection.exchange(200, "GET", `${base}/manifests/${image.tag}`, ACCEPT);
  for (const { digest, size } of [image.config, image.layer]) {
    const { bodyLength } = await connection.exchange(200, "GET", `${base}/blobs/${digest}`);
    if (bodyLength !== size) throw new Error(`GET ${digest}: ${bodyLength} bytes of ${size}`);
  }
}
