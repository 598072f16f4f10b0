/// <reference lib="deno.worker" />
// Entry point of a bcrypt worker: checks one password after the other, off the thread that serves requests.
import { checkPassword } from "./check_password.ts";
import type { BcryptCheck, BcryptResult } from "./bcrypt_worker_protocol.ts";

self.onmessage = ({ data }: MessageEvent<BcryptCheck>) => {
  let isRight: boolean | undefined;
  try {
    isRight = checkPassword(data);
  } catch {
    // bcryptjs puts what it was given into its errors: nothing of them may go on
  }
  self.postMessage({ isRight } satisfies BcryptResult);
};
