/** A worker that uploads or downloads one large blob after the other until it is terminated. */
import { Connection, type Endpoint } from "./connection.ts";
import { BodySource, pushBlob } from "./content.ts";

/** The message that starts it. It answers with "running" once the first bytes are on their way. */
export interface BackgroundLoad {
  readonly endpoint: Endpoint;
  readonly repository: string;
  readonly size: number;
  /** Digest of the blob to download; absent: upload. */
  readonly download?: string;
}

/** What a worker is to itself, as far as it is needed here. */
interface WorkerSelf {
  onmessage: ((event: MessageEvent<BackgroundLoad>) => void) | null;
  postMessage(message: string): void;
}

const worker = globalThis as unknown as WorkerSelf;

worker.onmessage = async ({ data: { endpoint, repository, size, download } }) => {
  using connection = new Connection(endpoint, 1_024 * 1_024);
  const bodies = download === undefined ? new BodySource(size, 5) : undefined;
  worker.postMessage("running");
  while (true) {
    if (bodies !== undefined) await pushBlob(connection, repository, bodies.next());
    else await connection.exchange(200, "GET", `/v2/${repository}/blobs/${download}`);
  }
};
