import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHtpasswd, type Users } from "../../../src/auth/htpasswd/htpasswd_file.ts";

/** 53 characters of salt and hash. */
const REST = "926C3y10Quzn/LnqQH86VOEVh/18T6RnLaS.khre96jLNL/7e.K5W";

function parse(text: string): Users {
  return parseHtpasswd(new TextEncoder().encode(text), "/auth/htpasswd");
}

/** The sentence that tells what is wrong. */
function problem(text: string): string {
  return assertThrows(() => parse(text), Error).message;
}

Deno.test("parseHtpasswd() reads users with bcrypt hashes of each kind", () => {
  const text = `alice:$2y$05$${REST}\nbob:$2a$10$${REST}\ncarol:$2b$14$${REST}`;
  assertEquals(parse(text), {
    hashes: new Map([
      ["alice", `$2y$05$${REST}`],
      ["bob", `$2a$10$${REST}`],
      ["carol", `$2b$14$${REST}`],
    ]),
    highestCost: 14,
  });
});

Deno.test("parseHtpasswd() passes over blank lines, comments, CRLF, spaces around a line and a byte order mark", () => {
  const hash = `$2y$05$${REST}`;
  const text = `\ufeffalice:${hash}\r\n\r\n# bob:x\r\n   \r\n\t bob:${hash} \r\n  # c\n`;
  assertEquals([...parse(text).hashes.keys()], ["alice", "bob"]);
  assertEquals(parse(text).hashes.get("bob"), hash);
});

Deno.test("parseHtpasswd() takes the last line of a user, as distribution does", () => {
  const text = `alice:$2y$05$${REST}\nalice:$2y$06$${REST}\n`;
  assertEquals(parse(text).hashes, new Map([["alice", `$2y$06$${REST}`]]));
});

Deno.test("parseHtpasswd() takes a file without users, whose unknown users cost as much as by default", () => {
  for (const text of ["", "\n", "# nobody\n"]) {
    assertEquals(parse(text), { hashes: new Map(), highestCost: 10 });
  }
});

/** An entry that cannot be used, and a part of what is told. */
const MISTAKES: readonly (readonly [string, string])[] = [
  [
    "alice:$apr1$eWm3oCq5$wOTBBlK4Wi9CsI8tIuZPM0",
    '"alice" has an MD5 hash, expected a bcrypt hash',
  ],
  ["alice:{SHA}5siv5c0SHx681xU6GiSx9ZQryqs=", '"alice" has a SHA-1 hash'],
  ["alice:$6$Zo.pQ5$abcdef", '"alice" has a SHA-2 crypt hash'],
  ["alice:$argon2id$v=19$m=65536", '"alice" has an Argon2 hash'],
  ["alice:hunter2", '"alice" has a plain password or the hash of crypt'],
  ["alice:", '"alice" has no hash'],
  ["hunter2", "found a line without a colon, expected USER:HASH"],
  [`:$2y$05$${REST}`, "found an entry without a user"],
  [`alice:$2y$05$${REST}x`, '"alice" has a bcrypt hash that is damaged'],
  [`alice:$2y$05$${REST.slice(1)}`, '"alice" has a bcrypt hash that is damaged'],
  [`alice:$2x$05$${REST}`, '"alice" has a bcrypt hash that is damaged or of a kind'],
  [`alice:$2$05$${REST}`, '"alice" has a bcrypt hash that is damaged or of a kind'],
  [`alice:$2y$03$${REST}`, '"alice" has a bcrypt hash that is damaged'],
  [`alice:$2y$32$${REST}`, '"alice" has a bcrypt hash that is damaged'],
  [
    `alice:$2y$15$${REST}`,
    '"alice" has a bcrypt hash of cost 15, expected at most 14: each check would take about 2 seconds',
  ],
  [`alice:$2y$31$${REST}`, '"alice" has a bcrypt hash of cost 31, expected at most 14'],
];

for (const [line, said] of MISTAKES) {
  Deno.test(`parseHtpasswd() refuses ${line.slice(0, 16)}… with its line and without its hash`, () => {
    const message = problem(`# users\n\n${line}\n`);
    assertStringIncludes(message, `/auth/htpasswd:3: ${said}`);
    const secret = line.slice(line.indexOf(":") + 1);
    assertEquals(secret !== "" && message.includes(secret), false);
    assertEquals(message.includes("hunter2"), false);
  });
}

Deno.test("parseHtpasswd() tells how a right entry is made", () => {
  assertStringIncludes(problem("alice:x"), "Make it anew: berth htpasswd -B FILE alice");
  assertStringIncludes(problem("$(rm x):x"), "Make it anew: berth htpasswd -B FILE USER");
});

Deno.test("parseHtpasswd() tells the first problems of a file at once", () => {
  const message = problem(Array.from({ length: 9 }, (_, index) => `u${index}:x`).join("\n"));
  for (const line of [1, 2, 3, 4, 5]) assertStringIncludes(message, `/auth/htpasswd:${line}: `);
  assertEquals(message.includes("htpasswd:6:"), false);
  assertStringIncludes(message, "; and 4 more");
});

Deno.test("parseHtpasswd() refuses what is not UTF-8", () => {
  const bytes = new Uint8Array([0x61, 0x3a, 0xff]);
  assertThrows(() => parseHtpasswd(bytes, "/f"), Error, "Cannot use /f: it is not UTF-8 text");
});
