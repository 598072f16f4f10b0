/// <reference lib="deno.worker" />
// A bcrypt worker that does what the password says; `right` is right.
import type {
  BcryptCheck,
  BcryptResult,
} from "../../../src/auth/htpasswd/bcrypt_worker_protocol.ts";

self.onmessage = ({ data: { password } }: MessageEvent<BcryptCheck>) => {
  if (password === "die") throw new Error(`the password was ${password}`);
  if (password.startsWith("die once ")) {
    const path = password.slice("die once ".length);
    Deno.writeTextFileSync(path, "died", { append: true });
    if (Deno.statSync(path).size === 4) throw new Error("once");
  }
  while (password === "hang");
  if (password === "silent") return;
  const isRight = password === "fail" ? undefined : password === "right";
  self.postMessage({ isRight } satisfies BcryptResult);
};
