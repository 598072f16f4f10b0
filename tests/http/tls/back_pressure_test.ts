import { assert, assertEquals } from "@std/assert";
import { Certificates } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { head } from "../../support/listening.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { toolTest } from "../../support/tools.ts";

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
const CHILD = new URL("./paused_child.ts", import.meta.url).pathname;
/** What a paused upload may cost; sockets buffer some of it outside the process. */
const MOST = 50 * MIB;

async function memoryOf(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}

toolTest(
  { tools: ["openssl"] },
  "a paused upload of 1 GiB over TLS costs less than 50 MB, and arrives whole",
  async () => {
    await using authority = await Certificates.make();
    const { certificate, key } = await authority.issue("server");
    await using child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", CHILD, certificate, key],
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => (await lines.read()).value?.trim() ?? "";
    const input = child.stdin.getWriter();
    const port = Number(await next());
    const root = await Deno.readTextFile(authority.root.certificate);
    using client = await RawConnection.openTls(port, root);
    const chunk = new Uint8Array(MIB);
    let sent = 0;
    const before = await memoryOf(child.pid);
    const upload = (async () => {
      await client.send(head("PUT /", `Content-Length: ${SIZE}`));
      for (; sent < SIZE; sent += MIB) await client.send(chunk);
    })();
    assertEquals(await next(), "paused");
    // it stands still, or all of it went through
    let last = -1;
    let still = 0;
    await eventually("nothing more is taken", () => {
      still = sent === last ? still + 1 : 0;
      last = sent;
      return still > 200;
    }, 60_000);
    assert(sent < SIZE, "all of it was taken");
    const cost = await memoryOf(child.pid) - before;
    assert(cost < MOST, `${Math.round(cost / MIB)} MiB`);
    await input.write(new TextEncoder().encode("on\n"));
    await upload;
    assertEquals((await client.response()).status, 201);
    assertEquals(await next(), String(SIZE));
    await input.close();
    await child.status;
    await lines.cancel();
  },
);
