import { assertEquals } from "@std/assert";
import type { Access } from "../../src/auth/access_controller.ts";
import { everyUser } from "../../src/auth/every_user.ts";
import { CHALLENGE, credentialsOf, FakeUsers } from "../support/fake_users.ts";

const ACCESSES: readonly (readonly Access[])[] = [
  [{ action: "ping" }],
  [{ action: "catalog" }],
  [{ action: "pull", repository: "r" }],
  [{ action: "pull", repository: "r" }, { action: "push", repository: "r" }],
  [{ action: "delete", repository: "r" }],
];

for (const later of [false, true]) {
  const how = later ? "an authenticator that takes its time" : "one that answers at once";

  Deno.test(`everyUser() lets each user do everything, and nobody else anything, with ${how}`, async () => {
    const access = everyUser(new FakeUsers(later));
    for (const accesses of ACCESSES) {
      const ask = (authorization?: string) =>
        access.authorize(credentialsOf(authorization), accesses);
      assertEquals(ask("User alice") instanceof Promise, later);
      assertEquals(await ask("User alice"), { granted: true, user: "alice" });
      const refusal = { granted: false, status: 401, challenge: CHALLENGE } as const;
      assertEquals(await ask(), refusal);
      assertEquals(await ask("nonsense"), refusal);
      const busy = await ask("Busy");
      assertEquals([busy.granted, !busy.granted && busy.status], [false, 429]);
      assertEquals(!busy.granted && busy.retryAfter, 7);
    }
  });
}

Deno.test("everyUser() hands on reload() and close()", async () => {
  const users = new FakeUsers();
  const access = everyUser(users);
  await access.reload?.();
  await access.close?.();
  assertEquals([users.reloads, users.closed], [1, 1]);
});
