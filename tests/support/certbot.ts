import { Certificates } from "./certificates.ts";

/**
 * The files that certbot keeps: `live/NAME/{fullchain,privkey}.pem` are links to `archive/NAME/{fullchain,privkey}N.pem`. A renewal
 * writes the next N and moves the links, one after the other.
 */
export class Certbot implements AsyncDisposable {
  #renewals = 0;

  private constructor(private readonly ca: Certificates, private readonly name: string) {}

  static async start(name: string): Promise<Certbot> {
    const certbot = new Certbot(await Certificates.make(), name);
    await Deno.mkdir(certbot.#at("live"), { recursive: true });
    await Deno.mkdir(certbot.#at("archive"), { recursive: true });
    await certbot.renew();
    return certbot;
  }

  get certificate(): string {
    return `${this.#at("live")}/fullchain.pem`;
  }

  get key(): string {
    return `${this.#at("live")}/privkey.pem`;
  }

  get authority(): string {
    return this.ca.root.certificate;
  }

  /** The subject that the newest certificate has. */
  get subject(): string {
    return `renewal ${this.#renewals}`;
  }

  /** `certbot renew` */
  async renew(): Promise<void> {
    const number = ++this.#renewals;
    const issued = await this.ca.issue("next", { subject: `/CN=${this.subject}` });
    const kinds = { privkey: issued.key, fullchain: issued.certificate };
    for (const [kind, file] of Object.entries(kinds)) {
      await Deno.rename(file, `${this.#at("archive")}/${kind}${number}.pem`);
    }
    for (const kind of Object.keys(kinds)) {
      const link = `${this.#at("live")}/${kind}.pem`;
      await Deno.symlink(`../../archive/${this.name}/${kind}${number}.pem`, `${link}.new`);
      await Deno.rename(`${link}.new`, link);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ca[Symbol.asyncDispose]();
  }

  #at(kind: "live" | "archive"): string {
    return this.ca.folder.at(kind, this.name);
  }
}
