import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { eventually } from "../support/ask.ts";
import { withSocket } from "../support/handed_socket.ts";
import { freePort } from "../support/process.ts";
import { toolTest } from "../support/tools.ts";

const CHILD = fromFileUrl(new URL("listening_child.ts", import.meta.url));
const FILES = 80;

/** Connects more often than the child has files; whoever is not let in waits in the queue, or is refused. */
async function crowd(port: number): Promise<Deno.Conn[]> {
  const opened = await Promise.allSettled(
    Array.from({ length: 2 * FILES }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  return opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
}

toolTest(
  { tools: ["python3", "bash"] },
  "a server that can accept no more on an inherited socket says that it is lost, to be started anew",
  async () => {
    const port = freePort();
    const deno = [Deno.execPath(), "run", "-A", CHILD, "inherited"];
    const child = new Deno.Command("bash", {
      args: ["-c", `ulimit -n ${FILES}; exec "$@"`, "-", ...withSocket(`tcp:${port}`, deno)],
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    let output = "";
    const reading = (async () => {
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) output += text;
    })();
    try {
      await eventually("a start", () => Promise.resolve(output.includes("\n")));
      assertEquals(output, `${port}\n`);
      for (const connection of await crowd(port)) connection.close();
      await eventually("its end", () => Promise.resolve(output.includes("lost")), 20_000);
      assertStringIncludes(output, "No connections are accepted any more on the inherited socket");
      assert(!output.includes("listens anew"));
      assertEquals((await child.status).code, 3);
    } finally {
      await child.stdin.close().catch(() => {});
      await child.status;
      await reading;
    }
  },
);
