// Who must be answered what (goals.md R18), written down a second time on purpose: nothing here is taken from src but the names of routes.
import type { RouteKind } from "../../src/api/route.ts";

export type Right = "pull" | "push" | "delete" | "catalog";

/** Status and code of an answer: `404 NAME_UNKNOWN`, `401 UNAUTHORIZED Basic realm="x"`. */
export type Outcome = string;

interface Expectation {
  /** What a caller needs; undefined: to be somebody. */
  readonly needs: Right | undefined;
  /** When it may. */
  readonly granted: Outcome;
  /** When the repository isn't there, which is what it looks like to a user who may not pull from it. */
  readonly absent?: Outcome;
}

const pull = (granted: Outcome, absent: Outcome): Expectation => ({
  needs: "pull",
  granted,
  absent,
});
const push = (granted: Outcome): Expectation => ({ needs: "push", granted });
const remove: Expectation = { needs: "delete", granted: "202" };
const NO_UPLOAD = "404 BLOB_UPLOAD_UNKNOWN";

/** Each route with each of its methods; `*` is any. A route or a method without an expectation fails the test. */
export const EXPECTED: {
  readonly [K in RouteKind]: Readonly<Record<string, Expectation>>;
} = {
  ping: { "*": { needs: undefined, granted: "200" } },
  catalog: { GET: { needs: "catalog", granted: "200" } },
  tags: { GET: pull("200", "404 NAME_UNKNOWN") },
  manifest: {
    GET: pull("200", "404 MANIFEST_UNKNOWN"),
    HEAD: pull("200", "404"),
    PUT: push("201"),
    DELETE: remove,
  },
  blob: {
    GET: pull("200", "404 BLOB_UNKNOWN"),
    HEAD: pull("200", "404"),
    DELETE: remove,
  },
  uploadStart: {
    GET: pull(NO_UPLOAD, NO_UPLOAD),
    HEAD: pull("404", "404"),
    POST: push("202"),
    PUT: push(NO_UPLOAD),
    PATCH: push(NO_UPLOAD),
    DELETE: push(NO_UPLOAD),
  },
  upload: {
    GET: pull("204", NO_UPLOAD),
    HEAD: pull("204", "404"),
    PUT: push("201"),
    PATCH: push("202"),
    DELETE: push("204"),
  },
  referrers: { GET: pull("200", "200") },
};

/** What a test sends to one route. */
export interface Probe {
  readonly kind: RouteKind;
  readonly target: string;
  /** The repository that it names beside its own, as the source of a mount. */
  readonly source?: string;
  /** What a caller gets for POST who may pull from the source. */
  readonly mounted?: Outcome;
}

export interface Mode {
  readonly deleteEnabled: boolean;
  readonly readOnly: boolean;
}

/** How a kind of caller is told off. */
export interface Manners {
  /** Whether it is somebody, so that `/v2/` lets it in. */
  readonly isKnown: boolean;
  /** What it may do with the repository of the probes. */
  readonly may: ReadonlySet<Right>;
  /** Whether it may pull from the source of a mount. */
  readonly mayMount: boolean;
  /** @param scope as a token server would have to grant it; undefined when to be somebody would do */
  readonly refused: (scope: string | undefined, needs: Right | undefined) => Outcome | "absent";
}

export function expected(probe: Probe, method: string, caller: Manners, mode: Mode): Outcome {
  if (method === "OPTIONS") return "200";
  const listed = expectationOf(probe.kind, method);
  const writes = listed?.needs === "push" || listed?.needs === "delete";
  const expectation = mode.readOnly && writes ? undefined : listed;
  const needs = expectation?.needs;
  const isGranted = needs === undefined ? caller.isKnown : caller.may.has(needs);
  if (!isGranted) {
    const outcome = caller.refused(scopeOf(probe, needs), needs);
    const told = outcome === "absent" ? expectation?.absent : outcome;
    if (told === undefined) throw new Error(`Nothing is written down for ${method} ${probe.kind}`);
    return method === "HEAD" ? withoutCode(told) : told;
  }
  if (expectation === undefined) return "405";
  if (needs === "delete" && !mode.deleteEnabled) return "405 UNSUPPORTED";
  const isMounted = method === "POST" && caller.mayMount;
  return (isMounted ? probe.mounted : undefined) ?? expectation.granted;
}

/** Undefined: the route doesn't have the method. */
export function expectationOf(kind: RouteKind, method: string): Expectation | undefined {
  const methods = EXPECTED[kind];
  return Object.hasOwn(methods, method) ? methods[method] : methods["*"];
}

function scopeOf({ source }: Probe, needs: Right | undefined): string | undefined {
  switch (needs) {
    case undefined:
      return undefined;
    case "catalog":
      return "registry:catalog:*";
    case "push": {
      const beside = source === undefined ? "" : ` repository:${source}:pull`;
      return `repository:team/app:pull,push${beside}`;
    }
    default:
      return `repository:team/app:${needs}`;
  }
}

/** The answer to a HEAD has no body. */
function withoutCode(outcome: Outcome): Outcome {
  return outcome.replace(/^(\d+) [A-Z_]+/, "$1");
}
