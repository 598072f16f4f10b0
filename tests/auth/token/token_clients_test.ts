import { assertEquals, assertRejects } from "@std/assert";
import { ask } from "../../support/ask.ts";
import { makeImage } from "../../support/images.ts";
import { InProcessServer } from "../../support/in_process.ts";
import { writeLayout } from "../../support/oci_layout.ts";
import { run } from "../../support/process.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { claims, mint, TokenWorld } from "../../support/token_world.ts";
import { requireTool, toolTest } from "../../support/tools.ts";

/** Gives everybody a token for what they ask below `open/`, and remembers the scopes. */
function startTokenServer(world: TokenWorld, scopes: string[]) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const asked = new URL(request.url).searchParams.getAll("scope").flatMap((s) => s.split(" "));
    scopes.push(...asked);
    const access = asked.map((scope) => scope.split(":")).filter(([, name]) =>
      name?.startsWith("open/")
    ).map(([type, name, actions]) => ({ type, name, actions: actions?.split(",") }));
    const token = mint(world.keys.ec1, "ES256", { kid: "ec1" }, claims({ access }));
    return Response.json({ token, expires_in: 300 });
  });
}

const CLIENTS: Readonly<
  Record<string, {
    push(layout: string, image: string): string[];
    pull(image: string, to: string): string[];
  }>
> = {
  crane: {
    push: (layout, image) => ["push", layout, image],
    pull: (image, to) => ["pull", "--format=oci", image, to],
  },
  skopeo: {
    push: (
      layout,
      image,
    ) => ["copy", "--dest-tls-verify=false", `oci:${layout}:it`, `docker://${image}`],
    pull: (image, to) => ["copy", "--src-tls-verify=false", `docker://${image}`, `oci:${to}:it`],
  },
};

for (const [client, { push, pull }] of Object.entries(CLIENTS)) {
  const tools = ["openssl", client];
  toolTest(
    { tools },
    `${client} follows the challenge, pushes, pulls and is kept out`,
    async () => {
      await using world = await TokenWorld.make();
      await using folder = await TempFolder.make();
      const scopes: string[] = [];
      await using tokens = startTokenServer(world, scopes);
      // crane follows no realm that is a private address
      const realm = `http://localhost:${tokens.addr.port}/token`;
      await using open = await OpenToken.open(world.options({ realm }));
      await using server = await InProcessServer.start({ access: open.controller });
      await writeLayout(folder.at("from"), { it: makeImage() });
      const at = (name: string) => `127.0.0.1:${server.port}/${name}`;
      const start = (args: string[]) =>
        run([requireTool(client), ...args], { env: { HOME: folder.path }, limit: 60_000 });

      await start(push(folder.at("from"), at("open/app:it")));
      await start(pull(at("open/app:it"), folder.at("to")));
      await assertRejects(() => start(push(folder.at("from"), at("closed/app:it"))));
      const listed = await ask(server.port, "GET", "/v2/_catalog", {
        headers: {
          Authorization: `Bearer ${
            mint(
              world.keys.ec1,
              "ES256",
              { kid: "ec1" },
              claims({ access: [{ type: "registry", name: "catalog", actions: ["*"] }] }),
            )
          }`,
        },
      });
      assertEquals(JSON.parse(listed.text), { repositories: ["open/app"] });
      assertEquals(
        scopes.some((scope) => /^repository:open\/app:(push,pull|pull,push)$/.test(scope)),
        true,
      );
      assertEquals(server.faults, []);
      // one token serves many requests
      const remembered = open.outcomes.filter((outcome) => outcome === "remembered").length;
      assertEquals(remembered > 5, true);
    },
  );
}
