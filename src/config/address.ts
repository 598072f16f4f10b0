export interface Address {
  /** "" means all interfaces; an IPv6 address is without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** Go's net package takes service names for ports; these two stand in files. */
const SERVICES: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Takes `host:port`, `:port`, `[::1]:port` apart. @throws Error with what is wrong, to go after "found …" */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (match === null) {
    const bare = /^\d+$/.test(text) ? `, such as :${text}` : ", such as :5000 or 127.0.0.1:5000";
    throw new Error(`expected host:port${bare}`);
  }
  const [, bracketed, plain, name = ""] = match;
  const port = SERVICES[name] ?? (/^\d{1,5}$/.test(name) ? Number(name) : NaN);
  if (!(port <= 65_535)) throw new Error("expected a port from 0 to 65535 after the colon");
  return { host: bracketed ?? plain ?? "", port };
}
