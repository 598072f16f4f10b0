import type { AccessController, Decision } from "./access_controller.ts";

const GRANTED: Decision = { granted: true };

/** Lets everybody do everything: a registry without `auth`. */
export const anonymous: AccessController = {
  authorize: () => GRANTED,
};
