import { asDigest, type Digest, parseDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import {
  asRepositoryName,
  asTag,
  isTooLongName,
  MAX_NAME_LENGTH,
  type Reference,
  type RepositoryName,
} from "../oci/reference.ts";
import type { Match, Redirect, Rejected, Root, Route, TokenDesk } from "./route.ts";
import { cleanPath, decodePath, isUnclean } from "./target_path.ts";

const ROOT: Root = { kind: "root" };
const TOKEN: TokenDesk = { kind: "token" };
const PING: Route = { kind: "ping" };
const ADD_SLASH = { kind: "addSlash" } as const;

// What a Location may be made of; everything else in a target that wants a redirect is a 404, so that nothing of a request can
// split a header or turn a path into another host (`/\evil`).
const PLAIN_PATH = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;
const PRINTABLE = /^[\x21-\x7e]*$/;
// go-digest's grammar, which distribution has in its routes: other text is no route (404), this one is a bad digest (400).
const DIGEST_SHAPE = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;
const UPLOAD_ID = /^[A-Za-z0-9_.=-]{1,128}$/;

/**
 * A function from the raw request target to what it names (distribution's registry/api/v2/descriptors.go and its gorilla router
 * with StrictSlash). Matched from the right, because a repository may be called `a/manifests/b`. Percent escapes are decoded once.
 * @param prefix `http.prefix`: `/foo/` and `/foo` alike
 */
export function createRouter(prefix = ""): (target: string) => Match {
  const base = `${trimSlashes(prefix)}/v2`;
  return (target) => {
    const mark = target.indexOf("?");
    const raw = mark < 0 ? target : target.slice(0, mark);
    if (raw === "/") return ROOT;
    const path = raw.includes("%") ? decodePath(raw) : raw;
    if (path === undefined || !path.startsWith("/")) return undefined;
    const query = mark < 0 ? "" : target.slice(mark + 1);
    if (isUnclean(path)) {
      // Escapes that hide dot segments or empty ones are nobody's honest request: no redirect for them.
      return path === raw ? redirect(cleanPath(path), query, false) : undefined;
    }
    if (!path.startsWith(base)) return undefined;
    if (path.length === base.length) return redirect(`${raw}/`, query, true);
    return path[base.length] === "/"
      ? matchBelow(path.slice(base.length + 1), raw, query)
      : undefined;
  };
}

/** @param rest the decoded path behind `/v2/` */
function matchBelow(rest: string, raw: string, query: string): Match {
  if (rest === "") return PING;
  if (rest === "_token") return TOKEN;
  if (rest.endsWith("/")) {
    const name = nameBefore(rest, "/blobs/uploads/");
    if (name !== undefined) return onName(name, (name) => ({ kind: "uploadStart", name, query }));
    const match = matchLeaf(rest.slice(0, -1), query);
    const exists = match !== undefined && match.kind !== "addSlash" && raw.endsWith("/");
    return exists ? redirect(raw.slice(0, -1), query, true) : undefined;
  }
  const match = matchLeaf(rest, query);
  return match?.kind === "addSlash" ? redirect(`${raw}/`, query, true) : match;
}

/** @param rest the decoded path behind `/v2/`, without a slash at its end */
function matchLeaf(rest: string, query: string): Route | Rejected | typeof ADD_SLASH | undefined {
  if (rest === "_catalog") return { kind: "catalog", query };
  const end = rest.lastIndexOf("/");
  const start = rest.lastIndexOf("/", end - 1);
  if (end <= 0 || start <= 0) return undefined;
  const leaf = rest.slice(end + 1);
  const name = rest.slice(0, start);
  switch (rest.slice(start + 1, end)) {
    case "manifests":
      return onName(name, (name) => matchManifest(name, leaf, query));
    case "blobs":
      if (leaf === "uploads") return asRepositoryName(name) && ADD_SLASH;
      return onName(name, (name) => onDigest(leaf, (digest) => ({ kind: "blob", name, digest })));
    case "uploads":
      return matchUpload(name, leaf, query);
    case "tags":
      return leaf === "list" ? onName(name, (name) => ({ kind: "tags", name, query })) : undefined;
    case "referrers":
      return onName(name, (name) => {
        return onDigest(leaf, (digest) => ({ kind: "referrers", name, digest, query }));
      });
    default:
      return undefined;
  }
}

function matchManifest(
  name: RepositoryName,
  leaf: string,
  query: string,
): Route | Rejected | undefined {
  const make = (reference: Reference): Route => ({ kind: "manifest", name, reference, query });
  if (leaf.includes(":")) return onDigest(leaf, (digest) => make({ kind: "digest", digest }));
  const tag = asTag(leaf);
  return tag && make({ kind: "tag", tag });
}

/** @param name what stands before `/uploads/`, which must end with `/blobs` */
function matchUpload(name: string, id: string, query: string): Route | Rejected | undefined {
  const repository = nameBefore(name, "/blobs");
  if (repository === undefined || !UPLOAD_ID.test(id)) return undefined;
  return onName(repository, (name) => ({ kind: "upload", name, id, query }));
}

function nameBefore(path: string, end: string): string | undefined {
  return path.endsWith(end) ? path.slice(0, -end.length) : undefined;
}

function onName(
  text: string,
  make: (name: RepositoryName) => Route | Rejected | undefined,
): Route | Rejected | undefined {
  const name = asRepositoryName(text);
  if (name !== undefined) return make(name);
  if (!isTooLongName(text)) return undefined;
  // distribution v3 answers 500 or writes the document twice.
  const detail =
    `Cannot use a name of ${text.length} bytes: a repository name has at most ${MAX_NAME_LENGTH}`;
  return { kind: "rejected", error: new RegistryError("NAME_INVALID", { detail }) };
}

function onDigest(text: string, make: (digest: Digest) => Route): Route | Rejected | undefined {
  const digest = asDigest(text);
  if (digest !== undefined) return make(digest);
  return DIGEST_SHAPE.test(text) ? badDigest(text) : undefined;
}

function badDigest(text: string): Rejected {
  try {
    parseDigest(text);
  } catch (error) {
    if (error instanceof RegistryError) return { kind: "rejected", error };
    throw error;
  }
  throw new Error("Cannot reject a digest: it is valid");
}

function redirect(path: string, query: string, html: boolean): Redirect | undefined {
  if (!PLAIN_PATH.test(path) || !PRINTABLE.test(query)) return undefined;
  return { kind: "redirect", location: query === "" ? path : `${path}?${query}`, html };
}

function trimSlashes(prefix: string): string {
  const parts = prefix.split("/").filter((part) => part !== "");
  return parts.length === 0 ? "" : `/${parts.join("/")}`;
}
