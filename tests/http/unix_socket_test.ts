import { assertEquals, assertRejects } from "@std/assert";
import { addressText } from "../../src/http/address.ts";
import { head, Listening } from "../support/listening.ts";
import { TempFolder } from "../support/temp_folder.ts";

async function ask(path: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(head("GET /", "Connection: close")));
  return await new Response(connection.readable).text();
}

function serve(path: string): Promise<Listening> {
  const address = { net: "unix", path } as const;
  return Listening.start((x) => x.reply(200, {}, `peer ${x.remoteAddress}`), { address });
}

Deno.test("a unix socket is served, open to its owner, and removed in the end", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("berth.sock");
  {
    await using front = await serve(path);
    assertEquals(addressText(front.listener.address), path);
    assertEquals((await ask(path)).endsWith("peer @"), true);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o755);
  }
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("a socket that a killed server left behind is replaced", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("berth.sock");
  const other = Deno.listen({ transport: "unix", path: folder.at("other.sock") });
  await Deno.rename(folder.at("other.sock"), path); // closing it would remove it under its first name
  other.close();
  await using _front = await serve(path);
  assertEquals((await ask(path)).startsWith("HTTP/1.1 200"), true);
});

Deno.test("a file, or the socket of a running server, is left alone", async () => {
  await using folder = await TempFolder.make();
  await Deno.writeTextFile(folder.at("file"), "precious");
  await assertRejects(() => serve(folder.at("file")), Error, "something that is not a socket");
  assertEquals(await Deno.readTextFile(folder.at("file")), "precious");
  const path = folder.at("berth.sock");
  await using _front = await serve(path);
  await assertRejects(() => serve(path), Error, "another server is listening there");
  assertEquals((await ask(path)).startsWith("HTTP/1.1 200"), true);
});

Deno.test("a folder that does not exist is an error", async () => {
  await using folder = await TempFolder.make();
  await assertRejects(() => serve(folder.at("no", "berth.sock")));
});
