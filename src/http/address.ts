/** Where to listen: a TCP address (an empty host for all interfaces, of both families where there are both), or the path of a unix socket. */
export type Address =
  | { readonly net: "tcp"; readonly host: string; readonly port: number }
  | { readonly net: "unix"; readonly path: string };

/** A listening socket that whoever started the program has opened (systemd: sd_listen_fds(3)). */
export interface InheritedSocket {
  readonly fd: number;
  /** Of a unix socket that has one. */
  readonly path?: string;
}

/** The address in the form that people read: `127.0.0.1:5000`, `[::]:5000`, `/run/berth.sock`. */
export function addressText(address: Address): string {
  if (address.net === "unix") return address.path;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
