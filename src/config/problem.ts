/** Where a value was written. */
export type Origin =
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "built-in" };

/** Something that is wrong with a configuration, or odd: one plain sentence, without any secret. */
export interface Problem {
  /** `unknown` marks names that nobody knows, which `check-config --strict` refuses. */
  readonly kind: "error" | "warning" | "unknown";
  /** As it is written in YAML (`notifications.endpoints[0].url`); absent when it concerns the whole. */
  readonly path?: string;
  readonly origin?: Origin;
  /** What was found, what is expected, what to do. */
  readonly message: string;
}

/** `config.yml:12`, `REGISTRY_HTTP_ADDR`, or `built-in default`. */
export function describeOrigin(origin: Origin): string {
  if (origin.kind === "file") return `${origin.path}:${origin.line}`;
  return origin.kind === "environment" ? origin.variable : "built-in default";
}

/** One line: `config.yml:12: http.net: found "udp", expected tcp or unix`. */
export function describeProblem({ path, origin, message }: Problem): string {
  const parts = [origin && describeOrigin(origin), path, message];
  return parts.filter((part) => part !== undefined).join(": ");
}

/** The file from top to bottom, then the rest as it was found. */
function byPlace(a: Problem, b: Problem): number {
  const line = ({ origin }: Problem) => origin?.kind === "file" ? origin.line : Infinity;
  return line(a) === line(b) ? 0 : line(a) - line(b);
}

/** Collects everything that is found in one run. */
export class Problems {
  readonly #found: Problem[] = [];

  error(message: string, path?: string, origin?: Origin): void {
    this.#add("error", message, path, origin);
  }

  warn(message: string, path?: string, origin?: Origin): void {
    this.#add("warning", message, path, origin);
  }

  unknown(message: string, path?: string, origin?: Origin): void {
    this.#add("unknown", message, path, origin);
  }

  get errors(): readonly Problem[] {
    return this.#found.filter(({ kind }) => kind === "error").sort(byPlace);
  }

  /** Everything that does not stop the start, unknown names included. */
  get warnings(): readonly Problem[] {
    return this.#found.filter(({ kind }) => kind !== "error").sort(byPlace);
  }

  #add(kind: Problem["kind"], message: string, path?: string, origin?: Origin): void {
    this.#found.push({
      kind,
      message,
      ...(path !== undefined && { path }),
      ...(origin !== undefined && { origin }),
    });
  }
}
