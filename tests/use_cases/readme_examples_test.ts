import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { adapt, readExamples } from "../support/readme_examples.ts";
import { runExample } from "../support/readme_run.ts";
import { toolTest } from "../support/tools.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const examples = readExamples(readme);

/** What the text promises to show. */
const EXPECTED = ["users", "rights", "tls", "monitoring"];

Deno.test("README.md has an example of users, rights, TLS and monitoring", () => {
  const names = examples.map(({ name }) => name);
  assertEquals(EXPECTED.filter((name) => !names.includes(name)), []);
});

for (const example of examples) {
  const tools = ["docker", "dockerd", "unshare", "curl", "openssl", "promtool"];
  toolTest({ tools }, `the example ${example.name} of README.md works as it says`, () => {
    return runExample(example);
  });
}

Deno.test("an example that needs a folder must make it", async () => {
  const before = [{ text: "touch /etc/berth/users", isRefused: false }];
  const files = { "config.yml": "version: 0.1\n" };
  await assertRejects(
    () => runExample({ name: "a", files, before, then: [] }),
    Error,
    "Expected this to work: touch",
  );
});

const FENCE = "```";

Deno.test("readExamples() puts the parts of an example together", () => {
  const markdown = `<!-- example: a config.yml -->

${FENCE}yaml
version: 0.1
${FENCE}

text

<!-- example: a then -->
${FENCE}sh
# a comment
one \\
  two            # goes on
three            # refused: it may not
${FENCE}
`;
  assertEquals(readExamples(markdown), [{
    name: "a",
    files: { "config.yml": "version: 0.1\n" },
    before: [],
    then: [
      { text: "one two            # goes on", isRefused: false },
      { text: "three            # refused: it may not", isRefused: true },
    ],
  }]);
});

Deno.test("readExamples() refuses a mark without a block, and an example without a configuration", () => {
  assertThrows(() => readExamples("<!-- example: a then -->\ntext\n"), Error, "has no block");
  const commands = `<!-- example: a then -->\n${FENCE}sh\nls\n${FENCE}\n`;
  assertThrows(() => readExamples(commands), Error, "no config.yml");
});

Deno.test("adapt() changes paths and ports, and leaves names", () => {
  const ports = new Map([[443, 40443], [5000, 45000]]);
  const to = (text: string) => adapt(text, { folder: "/tmp/x", ports });
  assertEquals(to("path: /etc/berth/users"), "path: /tmp/x/etc/berth/users");
  assertEquals(to("addr: :443"), "addr: :40443");
  assertEquals(to("docker pull localhost:5000/a:1"), "docker pull localhost:45000/a:1");
  assertEquals(to("https://registry.example.com/v2/"), "https://registry.example.com/v2/");
  assertEquals(to("-w 10:15:30 a/etc/b"), "-w 10:15:30 a/etc/b");
});
