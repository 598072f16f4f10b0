/** A DNS name (with `_`, as container networks have it), an IPv4 or a bracketed IPv6 address; perhaps a port. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9.])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/** Whether the text is a host with an optional port, as it stands in a Host header, and nothing else. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}
