import { lookup } from "node:dns/promises";

/** All addresses of a name. Rejects when it has none. */
export type ResolveHost = (name: string) => Promise<readonly string[]>;

/** As the system resolves it, its hosts file included. */
export const resolveHost: ResolveHost = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
};
