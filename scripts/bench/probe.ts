import { Connection, type Endpoint } from "./connection.ts";
import { quantile, timed } from "./load.ts";

/** p99 of GET /v2/ over one connection, a request per millisecond at most, in milliseconds. */
export async function probe(endpoint: Endpoint, seconds: number, headers = ""): Promise<number> {
  using connection = new Connection(endpoint);
  const end = performance.now() + seconds * 1_000;
  const durations: number[] = [];
  while (performance.now() < end) {
    durations.push(await timed(() => connection.exchange(200, "GET", "/v2/", headers)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return quantile(durations.sort((a, b) => a - b), 0.99);
}
