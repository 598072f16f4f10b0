import type { AccessController } from "../../src/auth/access_controller.ts";
import type { Manners, Right } from "./authorization_policy.ts";

/** One caller of a server with one way of authorization. */
export interface Caller extends Manners {
  readonly label: string;
  readonly authorization?: string;
  readonly access: AccessController;
}

export const ALL_RIGHTS: readonly Right[] = ["pull", "push", "delete", "catalog"];
export const NO_CREDENTIALS = { isKnown: false, may: new Set<Right>(), mayMount: false };
