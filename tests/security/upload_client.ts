import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { ask, head, type Question, type Reply } from "../support/ask.ts";
import { RawConnection } from "../support/raw_http.ts";

export const OCTETS = { "Content-Type": "application/octet-stream" } as const;

export function digestOf(content: string | Uint8Array, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

/** One upload, seen from the outside. */
export class UploadClient {
  private constructor(
    readonly port: number,
    readonly repository: string,
    readonly id: string,
  ) {}

  static async start(port: number, repository = "r"): Promise<UploadClient> {
    const reply = await ask(port, "POST", `/v2/${repository}/blobs/uploads/`);
    assertEquals(reply.status, 202, reply.text);
    return new UploadClient(port, repository, reply.header("docker-upload-uuid") ?? "");
  }

  get target(): string {
    return `/v2/${this.repository}/blobs/uploads/${this.id}`;
  }

  /** @param range of Content-Range */
  patch(body: NonNullable<Question["body"]>, range?: string): Promise<Reply> {
    const headers = { ...OCTETS, ...(range === undefined ? {} : { "Content-Range": range }) };
    return ask(this.port, "PATCH", this.target, { headers, body });
  }

  put(digest: string, question: Question = {}): Promise<Reply> {
    return ask(this.port, "PUT", `${this.target}?digest=${digest}`, question);
  }

  status(): Promise<Reply> {
    return ask(this.port, "GET", this.target);
  }

  cancel(): Promise<Reply> {
    return ask(this.port, "DELETE", this.target);
  }

  /** Value of Range in the answer to a GET. */
  async range(): Promise<string | undefined> {
    const reply = await this.status();
    assertEquals(reply.status, 204, reply.text);
    return reply.header("range");
  }

  /** Begins a request whose body the caller sends, or doesn't. */
  async begin(
    method: "PATCH" | "PUT",
    headers: Readonly<Record<string, string>>,
    query = "",
  ): Promise<RawConnection> {
    const connection = await RawConnection.open(this.port);
    await connection.send(head(method, this.target + query, { ...OCTETS, ...headers }));
    return connection;
  }
}

/** Status of HEAD of a blob. */
export async function blobStatus(
  port: number,
  digest: string,
  repository = "r",
): Promise<number> {
  return (await ask(port, "HEAD", `/v2/${repository}/blobs/${digest}`)).status;
}
