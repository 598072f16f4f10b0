import { assertEquals } from "@std/assert";
import { scopeOf } from "../../src/auth/scope.ts";

Deno.test("scopeOf() lists the actions by resource, in their order", () => {
  assertEquals(
    scopeOf([
      { action: "pull", repository: "a/b" },
      { action: "push", repository: "a/b" },
      { action: "pull", repository: "c" },
      { action: "delete", repository: "a/b" },
    ]),
    "repository:a/b:pull,push,delete repository:c:pull",
  );
  assertEquals(scopeOf([{ action: "catalog" }]), "registry:catalog:*");
});

Deno.test("scopeOf() is undefined when nothing but credentials is needed", () => {
  assertEquals(scopeOf([{ action: "ping" }]), undefined);
  assertEquals(scopeOf([]), undefined);
});
