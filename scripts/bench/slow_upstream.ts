import { ScriptedServer } from "../../tests/support/scripted_server.ts";
import type { Body } from "./content.ts";

/** Bytes that are sent at once. */
const PIECE = 1_000_000;

/** What was asked for one blob. */
export interface Sent {
  /** GETs of it, whole or in part. */
  readonly gets: number;
  /** By performance.now(): when the first of its bytes left, and when the last of them. */
  readonly first: number;
  readonly last: number;
}

/** A registry elsewhere, which has the blobs that it is given in every repository, and sends each of them at a speed of its own. */
export class SlowUpstream implements AsyncDisposable {
  readonly #bodies = new Map<string, Body>();
  readonly #sent = new Map<string, Sent>();
  readonly #server: ScriptedServer;

  /** @param speed bytes a second, of each answer */
  constructor(private readonly speed: number) {
    this.#server = ScriptedServer.start(({ method, target }) => {
      const digest = target.slice(target.lastIndexOf("/") + 1);
      const body = this.#bodies.get(digest);
      if (body === undefined) return target === "/v2/" ? {} : undefined;
      const headers = {
        "content-type": "application/octet-stream",
        "docker-content-digest": digest,
      };
      if (method === "HEAD") return { headers, length: body.size };
      return { headers, length: body.size, body: this.#paced(body) };
    });
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    return this.#server.url;
  }

  add(body: Body): void {
    this.#bodies.set(body.digest, body);
  }

  sent({ digest }: Body): Sent {
    const sent = this.#sent.get(digest);
    if (sent === undefined) throw new Error(`Cannot tell: nobody has asked for ${digest}`);
    return sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async *#paced(body: Body): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const start = performance.now();
    const before = this.#sent.get(body.digest);
    const first = before?.first ?? start;
    const gets = (before?.gets ?? 0) + 1;
    const note = () => this.#sent.set(body.digest, { gets, first, last: performance.now() });
    note();
    let sent = 0;
    for (const part of body.parts) {
      for (let at = 0; at < part.length; at += PIECE) {
        const wait = start + sent / this.speed * 1_000 - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const piece = part.subarray(at, at + PIECE);
        sent += piece.length;
        yield piece;
        note();
      }
    }
  }
}
