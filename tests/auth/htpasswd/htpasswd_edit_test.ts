import { assertEquals, assertThrows } from "@std/assert";
import {
  findHash,
  NotHtpasswdError,
  removeUser,
  setUser,
  userProblem,
} from "../../../src/auth/htpasswd/htpasswd_edit.ts";

Deno.test("setUser() adds at the end, behind a line that had none", () => {
  const add = (content: string) => setUser(content, "bob", "H");
  assertEquals(add(""), { content: "bob:H\n", isNew: true });
  assertEquals(add("alice:A\n"), { content: "alice:A\nbob:H\n", isNew: true });
  assertEquals(add("alice:A"), { content: "alice:A\nbob:H\n", isNew: true });
  assertEquals(add("alice:A\r\n# c"), { content: "alice:A\r\n# c\r\nbob:H\r\n", isNew: true });
});

Deno.test("setUser() puts the entry in the place of the user's first, and leaves comments and others", () => {
  const content = "# users\n\nalice:A\n  bob:1\n\n#bob:2\nbob:3\nBob:4\n";
  assertEquals(setUser(content, "bob", "H"), {
    content: "# users\n\nalice:A\nbob:H\n\n#bob:2\nBob:4\n",
    isNew: false,
  });
});

Deno.test("removeUser() leaves out all entries of the user and nothing else", () => {
  const content = "\ufeffbob:1\n# bob\nalice:A\r\nbob:2";
  assertEquals(removeUser(content, "bob"), "# bob\nalice:A\r\n");
  assertEquals(removeUser(content, "carol"), content);
});

Deno.test("findHash() finds the entry that counts", () => {
  assertEquals(findHash("bob:1\nalice:A\nbob:2\n", "bob"), "2");
  assertEquals(findHash("bob:1\n", "alice"), undefined);
});

Deno.test("a file with a line that is no entry is not edited", () => {
  for (const edit of [(c: string) => setUser(c, "a", "H"), (c: string) => removeUser(c, "a")]) {
    assertThrows(() => edit("a:b\ngarbage\n"), NotHtpasswdError, "line 2 has no colon");
  }
});

Deno.test("userProblem() refuses names that would not be read back", () => {
  const wrong = ["", "a:b", "a\nb", "a\0", "\x7f", "a\u2028", "#a", " a", "a ", "\ufeffa"];
  for (const name of wrong) assertEquals(typeof userProblem(name), "string", name);
  for (const name of ["alice", "a b", "ünï", "a#", "robot$ci+push", "a@b.c"]) {
    assertEquals(userProblem(name), undefined, name);
    assertEquals(findHash(setUser("", name, "H").content, name), "H");
  }
});
