import { jsonDepth } from "./json_depth.ts";
import { asDigest, type Digest, parseDigest } from "./digest.ts";
import { RegistryError } from "./error.ts";
import {
  baseMediaType,
  DOCKER_SCHEMA1,
  type ManifestKind,
  manifestKind,
  needsMediaTypeField,
  OCI_IMAGE,
  OCI_INDEX,
} from "./media_type.ts";

/** What a manifest names, as far as a registry cares. */
export interface Manifest {
  readonly mediaType: string;
  readonly kind: ManifestKind;
  /** Config, layers, and an artifact's blobs, in the order in which they stand there. */
  readonly blobs: readonly Reference[];
  /** The manifests of an index. */
  readonly children: readonly ChildReference[];
  readonly subject?: Digest;
  /** Its own, else the config's media type for an image; what a referrers list shows (distribution-spec, Listing Referrers). */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Reference {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly urls: readonly string[];
  /** In bytes; absent when the document names none, or nonsense. */
  readonly size?: number;
}

export interface ChildReference extends Reference {
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

/** More than any real manifest needs; JSON.parse of a deeper one costs memory out of proportion. */
const MAX_DEPTH = 100;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a pushed manifest and refuses what is not exactly what its Content-Type says: a document that is two things at once lets two
 * clients see two images (CVE-2021-41190).
 * @throws RegistryError MANIFEST_INVALID with a sentence
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const mediaType = baseMediaType(contentType ?? "");
  const kind = manifestKind(mediaType);
  if (kind === undefined) {
    throw invalid(
      `unsupported manifest media type and no default available: ${
        contentType ?? "no Content-Type"
      }`,
    );
  }
  const body = parseJson(bytes);
  checkType(body, mediaType, kind);
  return describe(body, mediaType, kind, refuse);
}

function checkType(body: Json, mediaType: string, kind: ManifestKind): void {
  checkSpelling(body, FIELDS, refuse);
  if (body.schemaVersion !== 2 && kind !== "artifact") {
    throw invalid(
      `unrecognized manifest schema version ${JSON.stringify(body.schemaVersion ?? 0)}: expected 2`,
    );
  }
  const inBody = body.mediaType;
  if (inBody === undefined || inBody === "" || inBody === null) {
    if (needsMediaTypeField(mediaType)) {
      throw invalid(`mediaType in manifest is missing: expected '${mediaType}' as in Content-Type`);
    }
    // Without either nobody could tell that it is one: it would be answered as an image.
    if (kind === "index" && !Array.isArray(body.manifests)) {
      throw invalid("an index without mediaType must have a list of manifests");
    }
  } else if (inBody !== mediaType) {
    throw invalid(
      `mediaType in manifest should be '${mediaType}' as in Content-Type, not ${quote(inBody)}`,
    );
  }
  const foreign = kind === "index"
    ? ["config", "layers", "blobs"]
    : kind === "image"
    ? ["manifests", "blobs"]
    : [
      "manifests",
      "layers",
      "config",
    ];
  for (const field of foreign) {
    if (body[field] !== undefined && body[field] !== null) {
      throw invalid(`a manifest of type ${mediaType} must not have the field ${field}`);
    }
  }
}

/**
 * Reads a manifest that is stored already, whoever stored it: what is odd is left out instead of refused. Undefined when it is no
 * manifest at all.
 */
export function readManifest(bytes: Uint8Array): Manifest | undefined {
  let body: Json;
  try {
    body = parseJson(bytes);
  } catch {
    return undefined;
  }
  const mediaType = storedMediaType(body);
  const kind = manifestKind(mediaType) ?? "image";
  return describe(body, mediaType, kind, () => undefined);
}

/** What a document says of itself; undefined when it says nothing, or is none. */
export function ownMediaType(bytes: Uint8Array): string | undefined {
  try {
    return typeInBody(parseJson(bytes));
  } catch {
    return undefined;
  }
}

function typeInBody({ mediaType }: Json): string | undefined {
  return typeof mediaType === "string" && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(mediaType)
    ? mediaType
    : undefined;
}

/** The media type under which stored bytes are answered: what they say of themselves, else what they look like. */
function storedMediaType(body: Json): string {
  const own = typeInBody(body);
  if (own !== undefined) return own;
  if (body.schemaVersion === 1) return DOCKER_SCHEMA1;
  return Array.isArray(body.manifests) ? OCI_INDEX : OCI_IMAGE;
}

/**
 * Go's JSON reader, which nearly all clients have, takes `Layers` for `layers`, the last one winning: such a key would show clients
 * content that was never checked here.
 */
function checkSpelling(
  object: Json,
  fields: ReadonlyMap<string, string>,
  fault: OnFault,
  where?: string,
): void {
  for (const key in object) {
    const field = fields.get(fold(key));
    if (field !== undefined && field !== key) {
      fault(
        `${where === undefined ? "" : `${where}: `}the field ${
          quote(key)
        } must be written ${field}`,
      );
    }
  }
}

/** Equal for what Go takes as equal: it folds the long s and the Kelvin sign too. */
function fold(key: string): string {
  return key.toLowerCase().toUpperCase();
}

function folded(...fields: string[]): ReadonlyMap<string, string> {
  return new Map(fields.map((field) => [fold(field), field]));
}

const FIELDS = folded(
  ...[
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "blobs",
    "subject",
    "annotations",
  ],
);
const DESCRIPTOR_FIELDS = folded(
  ...["mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"],
);
const PLATFORM_FIELDS = folded(
  "architecture",
  "os",
  "os.version",
  "os.features",
  "variant",
  "features",
);

type OnFault = (problem: string) => undefined;

function refuse(problem: string): never {
  throw invalid(problem);
}

function describe(body: Json, mediaType: string, kind: ManifestKind, fault: OnFault): Manifest {
  const config = kind === "image" ? reference(body.config, "config", fault) : undefined;
  const list = kind === "image" ? "layers" : kind === "artifact" ? "blobs" : "manifests";
  const listed = references(body[list], list, fault);
  const subject = body.subject === undefined || body.subject === null
    ? undefined
    : reference(body.subject, "subject", fault)?.digest;
  const ownType = typeof body.artifactType === "string" && body.artifactType !== ""
    ? body.artifactType
    : undefined;
  const artifactType = ownType ?? config?.mediaType;
  const annotations = strings(body.annotations);
  return {
    mediaType,
    kind,
    blobs: kind === "index" ? [] : config ? [config, ...listed] : listed,
    children: kind === "index" ? listed : [],
    ...(subject && { subject }),
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function references(value: unknown, field: string, fault: OnFault): ChildReference[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    fault(`${field} must be a list`);
    return [];
  }
  return value.flatMap((item, index) => reference(item, `${field}[${index}]`, fault) ?? []);
}

function reference(value: unknown, field: string, fault: OnFault): ChildReference | undefined {
  if (!isObject(value)) return fault(`${field} must be a descriptor`);
  checkSpelling(value, DESCRIPTOR_FIELDS, fault, field);
  const digest = typeof value.digest === "string" ? asDigest(value.digest) : undefined;
  if (digest === undefined) {
    return fault(`${field}.digest ${quote(value.digest)} is not valid: ${why(value.digest)}`);
  }
  if (isObject(value.platform)) checkSpelling(value.platform, PLATFORM_FIELDS, fault, field);
  const platform = isObject(value.platform) ? strings(value.platform) : undefined;
  const { size } = value;
  return {
    digest,
    mediaType: typeof value.mediaType === "string" ? value.mediaType : "",
    urls: Array.isArray(value.urls) ? value.urls.filter((url) => typeof url === "string") : [],
    ...(isSize(size) && { size }),
    ...(platform && { platform }),
  };
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function why(digest: unknown): string {
  try {
    return typeof digest === "string" ? parseDigest(digest) : "a digest is needed";
  } catch (error) {
    return error instanceof RegistryError ? String(error.detail) : String(error);
  }
}

function strings(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string"
    ),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(bytes: Uint8Array): Json {
  if (jsonDepth(bytes) > MAX_DEPTH) {
    throw invalid(`JSON is nested more than ${MAX_DEPTH} levels deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw invalid(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw invalid("a manifest must be a JSON object");
  return value;
}

/** A value in an error message: short, whatever a client sent. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function invalid(detail: string): RegistryError {
  return new RegistryError("MANIFEST_INVALID", { detail });
}
