import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isPassword } from "../../src/auth/htpasswd/bcrypt.ts";
import { run } from "../../src/cli/run.ts";
import { type FakeOptions, FakeSystem } from "./fake_system.ts";

/** Of "secret", at cost 4. */
const HASH = "$2y$04$62NSq0V2B5/iTdqW2btTOOSOkiuzul67ky5Q6u15B8Zk3Fxh8zlxa";
const FILE = "# users\nalice:" + HASH + "\n";

async function htpasswd(args: string, options: FakeOptions = {}) {
  const system = new FakeSystem({ files: { f: FILE }, ...options });
  const status = await run(["htpasswd", ...args.split(" ")], system);
  const { stdout, stderr } = system;
  return { status, stdout, stderr, written: system.edited.get("f") };
}

/** Whether the text is one entry with this password. */
function isEntry(text: string | undefined, user: string, password: string): boolean {
  const hash = text?.trimEnd().split("\n").at(-1)?.slice(user.length + 1) ?? "";
  return text?.includes(`${user}:`) === true && isPassword(password, hash);
}

for (
  const flags of ["-Bbn", "-nbB", "-bnB", "-B -b -n", "-bn -B", "-BbnC 4", "-BbnC4", "-Bbn --"]
) {
  Deno.test(`${flags} prints an entry`, async () => {
    const { status, stdout, stderr } = await htpasswd(`${flags} bob pw`);
    assertEquals([status, stderr], [0, ""]);
    assertMatch(stdout, /^bob:\$2y\$(10|04)\$[./A-Za-z0-9]{53}\n$/);
    assertEquals(stdout.startsWith("bob:$2y$04$"), flags.includes("C"));
    assert(isEntry(stdout, "bob", "pw"));
  });
}

Deno.test("a password may start with a dash", async () => {
  const { status, stdout } = await htpasswd("-BbnC4 bob -pw");
  assertEquals([status, isEntry(stdout, "bob", "-pw")], [0, true]);
});

Deno.test("without -B it is bcrypt all the same, and that is said", async () => {
  const { status, stdout, stderr } = await htpasswd("-bnC4 bob pw");
  assertEquals([status, stderr], [0, "note: the hash is bcrypt, as with -B\n"]);
  assert(isEntry(stdout, "bob", "pw"));
});

Deno.test("-Bb adds a user, or changes the password", async () => {
  const added = await htpasswd("-BbC4 f bob pw");
  assertEquals([added.status, added.stdout], [0, ""]);
  assertEquals(added.stderr, "Adding password for user bob\n");
  assert(added.written?.startsWith(FILE) && isEntry(added.written, "bob", "pw"));
  const changed = await htpasswd("-BbC4 f alice new");
  assertEquals(changed.stderr, "Updating password for user alice\n");
  assert(
    changed.written?.startsWith("# users\nalice:") && isEntry(changed.written, "alice", "new"),
  );
});

Deno.test("-c makes a file, or starts an old one anew", async () => {
  for (const files of [{}, { f: FILE }, { f: "garbage" }]) {
    const { status, written } = await htpasswd("-cBbC4 f bob pw", { files });
    assertEquals([status, written?.split("\n").length], [0, 2]);
    assert(isEntry(written, "bob", "pw"));
  }
});

for (const stdin of ["pw", "pw\n", "pw\r\n"]) {
  Deno.test(`-i takes ${JSON.stringify(stdin)} from stdin`, async () => {
    const { status, written } = await htpasswd("-B -iC4 f bob", { stdin });
    assertEquals([status, isEntry(written, "bob", "pw")], [0, true]);
  });
}

Deno.test("on a terminal the password is asked for twice", async () => {
  const { status, stderr, written } = await htpasswd("-BC4 f bob", { typed: ["pw", "pw"] });
  assertEquals([status, isEntry(written, "bob", "pw")], [0, true]);
  assertEquals(stderr, "New password: Re-type new password: Adding password for user bob\n");
  const other = await htpasswd("-BC4 f bob", { typed: ["pw", "wp"] });
  assertEquals([other.status, other.written], [3, undefined]);
  const left = await htpasswd("-BC4 f bob", { typed: ["pw"] });
  assertEquals([left.status, left.written], [4, undefined]);
});

Deno.test("without a terminal the password is read from stdin, once or twice", async () => {
  for (const stdin of ["pw\n", "pw\npw\n", "pw"]) {
    const { status, written } = await htpasswd("-BC4 f bob", { stdin });
    assertEquals([status, isEntry(written, "bob", "pw")], [0, true]);
  }
  assertEquals((await htpasswd("-BC4 f bob", { stdin: "pw\nwp\n" })).status, 3);
});

Deno.test("-v verifies", async () => {
  const right = "Password for user alice correct.\n";
  for (
    const [args, options] of [
      ["-vb f alice secret", {}],
      ["-vbB f alice secret", {}],
      ["-vi f alice", { stdin: "secret\n" }],
      ["-v f alice", { stdin: "secret\n" }],
    ] as const
  ) {
    const { status, stderr, written } = await htpasswd(args, options);
    assertEquals([status, stderr, written], [0, right, undefined]);
  }
  const asked = await htpasswd("-v f alice", { typed: ["secret"] });
  assertEquals([asked.status, asked.stderr], [0, `Enter password: ${right}`]);
  const wrong = await htpasswd("-vb f alice Secret");
  assertEquals([wrong.status, wrong.stderr], [3, "password verification failed\n"]);
  const unknown = await htpasswd("-vb f bob secret");
  assertEquals([unknown.status, unknown.stderr], [6, "User bob not found\n"]);
  const md5 = await htpasswd("-vb f bob x", { files: { f: "bob:$apr1$x" } });
  assertEquals([md5.status, md5.stderr.includes("its hash is not bcrypt")], [7, true]);
});

Deno.test("-D deletes, and somebody who isn't there is no failure", async () => {
  const { status, stderr, written } = await htpasswd("-D f alice");
  assertEquals([status, stderr, written], [0, "Deleting password for user alice\n", "# users\n"]);
  const nobody = await htpasswd("-D f bob");
  assertEquals([nobody.status, nobody.stderr, nobody.written], [0, "User bob not found\n", FILE]);
});

/** What cannot be done: the arguments, the status, and a part of what is said. */
const MISTAKES: readonly (readonly [string, number, string])[] = [
  ["-mb f bob pw", 2, "Cannot use -m: it is for MD5, and a registry accepts bcrypt only. Use -B"],
  ["-s f bob", 2, "Cannot use -s: it is for SHA-1"],
  ["-dbn bob pw", 2, "Cannot use -d: it is for crypt"],
  ["-p f bob", 2, "Cannot use -p: it is for a plain password"],
  ["-2 f bob", 2, "Cannot use -2: it is for SHA-256 crypt"],
  ["-5 f bob", 2, "Cannot use -5: it is for SHA-512 crypt"],
  ["-r 9 f bob", 2, "Cannot use -r: it is for SHA-2 crypt"],
  ["-BQ f bob", 2, "Unknown flag -Q\n\nUsage:\n  berth htpasswd"],
  ["--bcrypt f bob", 2, "Unknown flag --"],
  ["-Bbn bob", 2, "Expected USER PASSWORD after the flags, found 1 arguments"],
  ["-B f", 2, "Expected FILE USER after the flags, found 1 arguments"],
  ["-Bb f bob pw more", 2, "Expected FILE USER PASSWORD after the flags, found 4 arguments"],
  ["-Bbi f bob pw", 2, "Cannot use -b and -i at once"],
  ["-Bcn bob", 2, "Cannot use -c and -n at once"],
  ["-Dv f bob", 2, "Cannot use -D and -v at once"],
  ["-BbnC 3 bob pw", 2, "expected -C and a number from 4 to 14"],
  ["-BbnC 15 bob pw", 2, "expected -C and a number from 4 to 14"],
  ["-BbnC", 2, "Expected USER PASSWORD after"],
  ["-Bb none bob pw", 1, "Cannot use none: there is no such file. Use -c to create it"],
  ["-D none bob", 1, "Cannot use none: there is no such file"],
  ["-vb none bob pw", 1, "Cannot use none: there is no such file"],
  ["-Bbn a:b pw", 6, "Cannot use this name: it holds a colon"],
  ["-Bbn #a pw", 6, "Cannot use this name: it starts with #"],
  ["-Bbn a\x1b[2Jb pw", 6, "Cannot use this name: it holds a control character"],
  [`-Bbn ${"é".repeat(128)} pw`, 5, "Cannot use this name: it has more than 255 bytes"],
];

for (const [args, status, said] of MISTAKES) {
  Deno.test(`htpasswd ${args.slice(0, 20)} ends with ${status}`, async () => {
    const result = await htpasswd(args);
    assertStringIncludes(result.stderr, said);
    assertEquals([result.status, result.stdout, result.written], [status, "", undefined]);
  });
}

Deno.test("passwords that other programs would cut off are refused or warned of", async () => {
  for (const stdin of ["p\0w", "one\ntwo\nthree", "one\rtwo"]) {
    const { status, stderr } = await htpasswd("-BniC4 bob", { stdin });
    assertEquals(status, 2);
    assertEquals(/one|two|p\0/.test(stderr), false);
  }
  assertEquals((await htpasswd("-BniC4 bob", { stdin: "x".repeat(5000) })).status, 5);
  const long = await htpasswd(`-BbnC4 bob ${"x".repeat(73)}`);
  assertEquals([long.status, isEntry(long.stdout, "bob", "x".repeat(72))], [0, true]);
  assertStringIncludes(long.stderr, "only the first 72 bytes of a password count");
});

Deno.test("a file that is not one of users is not touched", async () => {
  const options = { files: { f: "alice:x\nSECRET garbage\n" } };
  for (const args of ["-BbC4 f bob pw", "-D f alice", "-vb f alice x"]) {
    const { status, stderr, written } = await htpasswd(args, options);
    assertEquals([status, written], [7, undefined]);
    assertEquals(
      stderr,
      "Cannot use f: line 2 has no colon, expected USER:HASH. Nothing was changed\n",
    );
  }
});

Deno.test("no password and no hash is in what is said", async () => {
  const typed = ["CANARY", "CANARY2"];
  for (
    const args of [
      "-BbC4 f alice CANARY",
      "-vb f alice CANARY",
      "-BC4 f alice",
      "-Bbm f CANARY x y",
    ]
  ) {
    const { stderr } = await htpasswd(args, { typed });
    assertEquals(stderr.includes("CANARY") || stderr.includes("$2y$"), false);
  }
});

for (const args of ["--help", "-h"]) {
  Deno.test(`${args} shows how it is called`, async () => {
    const { status, stdout } = await htpasswd(args);
    assertEquals(status, 0);
    assertStringIncludes(stdout, "Usage:\n  berth htpasswd [flags] [file] user\n");
    assertStringIncludes(stdout, "htpasswd -Bbn USER PASSWORD");
  });
}

Deno.test("nobody gets an empty password, as from a pipe that broke or a stdin that is not there", async () => {
  for (
    const [args, options] of [
      ["-BC4 f alice", { stdin: "" }],
      ["-BC4 f alice", { stdin: "\n\n" }],
      ["-BiC4 f alice", { stdin: "\n" }],
      ["-cBiC4 f alice", { stdin: "" }],
      ["-BbC4 f alice ", {}],
      ["-BbnC4 alice ", {}],
    ] as const
  ) {
    const { status, stdout, stderr, written } = await htpasswd(args, options);
    assertEquals([status, stdout, written], [2, "", undefined], args);
    assertStringIncludes(stderr, "Cannot use an empty password");
  }
  assertEquals((await htpasswd("-vi f alice", { stdin: "" })).status, 3);
});

Deno.test("a long flag is named whole", async () => {
  const { status, stderr } = await htpasswd("--delete f alice");
  assertEquals(status, 2);
  assertStringIncludes(stderr, "Unknown flag --delete");
});
