import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import type { Answer } from "./answer.ts";
import { $B, $C, $C512, $D, $I, $L, $M, $M512 } from "./content.ts";
import { type GoldenExchange, HOST } from "./exchange.ts";

/** What belongs to the connection or the moment, not to the answer. */
const LEFT_OUT: ReadonlySet<string> = new Set(["date", "connection", "keep-alive"]);
const DIGESTS = { $B, $C, $C512, $D, $I, $L, $M, $M512 };
const UPLOAD =
  /^http:\/\/registry\.example(\/v2\/[a-z]+\/blobs\/uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))(\?.*)?$/;

/** Sends golden exchanges to one server, in their order, and keeps track of the uploads that they begin. */
export class GoldenRun {
  #upload = "";
  #locations: string[] = [];

  /** @param uploadQuery what the query of an upload's Location must look like, "" for none */
  constructor(private readonly port: number, private readonly uploadQuery: RegExp) {}

  async send({ method, target, headers, body }: GoldenExchange): Promise<Answer> {
    using connection = await RawConnection.open(this.port);
    const bytes = new TextEncoder().encode(body ?? "");
    const length = body === undefined ? {} : { "Content-Length": String(bytes.length) };
    const lines = Object.entries({ Host: HOST, ...headers, ...length })
      .map(([name, value]) => `${name}: ${value}\r\n`);
    await connection.send(`${method} ${this.#resolve(target)} HTTP/1.1\r\n${lines.join("")}\r\n`);
    // A server may answer and close before it has read all of it.
    const sent = connection.send(bytes).catch(() => undefined);
    const response = await connection.response(method === "HEAD");
    await sent;
    return this.#normalize(response);
  }

  /** The target with digests and Locations in the place of their names. */
  #resolve(target: string): string {
    const [place = "", ...more] = target.replaceAll(/\$[A-Z](?:512)?/g, (name) => {
      return DIGESTS[name as keyof typeof DIGESTS];
    }).split("&");
    const latest = this.#locations.length - 1;
    const path = place === "U"
      ? this.#upload
      : place === "U?s"
      ? this.#locations[latest] ?? ""
      : place === "U?old"
      ? this.#locations[latest - 1] ?? ""
      : place;
    if (more.length === 0) return path;
    return `${path}${path.includes("?") ? "&" : "?"}${more.join("&")}`;
  }

  #normalize({ status, headers, body }: RawResponse): Answer {
    const kept = headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()))
      .sort(([a], [b]) => b.localeCompare(a)); // Location before the id that stands in it
    const named = kept.map(([name, value]): [string, string] => [name, this.#name(name, value)]);
    const repeated = named.map(([name]) => name).find((name, index, all) => {
      return all.indexOf(name) !== index;
    });
    if (repeated !== undefined) throw new Error(`the answer has ${repeated} twice`);
    return {
      status,
      headers: Object.fromEntries(named),
      body: new TextDecoder().decode(body),
    };
  }

  /** The value with the upload's id and state as names. */
  #name(header: string, value: string): string {
    if (header === "Docker-Upload-Uuid") return this.#upload.endsWith(value) ? "<uuid>" : value;
    // registry:2 says it, 3 and berth don't; JSON is UTF-8 (RFC 8259 section 8.1).
    if (header === "Content-Type") {
      return value.replace(/^(application\/json); charset=utf-8$/, "$1");
    }
    if (header !== "Location") return value;
    const [, path, , query = ""] = UPLOAD.exec(value) ?? [];
    if (path === undefined || !this.uploadQuery.test(query)) return value;
    if (path !== this.#upload) this.#locations = [];
    this.#upload = path;
    this.#locations.push(path + query);
    return "U?s";
  }
}
