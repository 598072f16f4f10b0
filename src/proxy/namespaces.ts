import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";

/** One upstream's place among the names of repositories. */
export interface Namespace {
  /** What its repositories are kept under, `ghcr.io`; "" is the root: every name that no other namespace has. */
  readonly namespace: string;
  /** What containerd's `?ns=` calls it, beside the namespace: `docker.io` for a root that caches Docker Hub. */
  readonly aliases: readonly string[];
  /** Names of virtual hosts, lower case and without port, under which its repositories are asked for without the namespace. */
  readonly hosts: readonly string[];
  /** Whether names of one component stand for `library/<name>` there, as on Docker Hub. */
  readonly library: boolean;
}

/** How a client names a repository. */
export interface NamedByClient {
  readonly name: RepositoryName;
  /** The `ns` parameter. */
  readonly ns: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
}

export interface Found<N> {
  /** The repository as it is kept: the same whichever way it was named. */
  readonly name: RepositoryName;
  /** Whose it is; undefined: nobody's, so that it can only be local. */
  readonly owner: N | undefined;
}

/** Which upstream a repository belongs to, and what it is called on either side. */
export class Namespaces<N extends Namespace> {
  /** The longest first, the root last. */
  readonly #all: readonly N[];
  readonly #byNs = new Map<string, N>();
  readonly #byHost = new Map<string, N>();

  /** @param all no two with one namespace, alias or host */
  constructor(all: readonly N[]) {
    this.#all = [...all].sort((a, b) => b.namespace.length - a.namespace.length);
    for (const one of all) {
      for (const ns of [one.namespace, ...one.aliases]) if (ns !== "") this.#byNs.set(ns, one);
      for (const host of one.hosts) this.#byHost.set(host, one);
    }
  }

  /** The repository that a client means; undefined: its `ns` is not configured here, or the name is too long with its namespace. */
  find({ name, ns, host }: NamedByClient): Found<N> | undefined {
    if (ns !== undefined) {
      const owner = this.#byNs.get(ns.toLowerCase());
      return owner && this.#kept(owner, name);
    }
    const ofHost = host === undefined ? undefined : this.#byHost.get(bareHost(host));
    if (ofHost !== undefined) return this.#kept(ofHost, name);
    const owner = this.owner(name);
    return owner === undefined ? { name, owner } : this.#kept(owner, name);
  }

  /** Whose a kept repository is. */
  owner(name: RepositoryName): N | undefined {
    return this.#all.find(({ namespace }) => namespace === "" || isBelow(name, namespace));
  }

  /** What its upstream calls a kept repository. */
  remoteName(owner: N, name: RepositoryName): RepositoryName {
    const { namespace } = owner;
    const bare = namespace === "" ? name : name.slice(namespace.length + 1);
    return bare as RepositoryName; // the rest of a name behind a whole component is one
  }

  #kept(owner: N, name: RepositoryName): Found<N> | undefined {
    const { namespace, library } = owner;
    const bare = isBelow(name, namespace) ? name.slice(namespace.length + 1) : name;
    const remote = library && !bare.includes("/") ? `library/${bare}` : bare;
    const kept = asRepositoryName(namespace === "" ? remote : `${namespace}/${remote}`);
    return kept && { name: kept, owner };
  }
}

function isBelow(name: string, namespace: string): boolean {
  return namespace !== "" && name.startsWith(namespace) && name[namespace.length] === "/";
}

/** Of a Host header: lower case, without the port and the dot at its end. */
function bareHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}
