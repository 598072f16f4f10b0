import type { AccessController } from "./access_controller.ts";
import { bearerChallenge } from "./challenge.ts";
import { actionOf, resourceOf } from "./scope.ts";

export interface SillyOptions {
  readonly realm: string;
  readonly service: string;
}

/**
 * Lets everybody in who sends an Authorization header, whatever it says: distribution's registry/auth/silly, for tests of clients. Its
 * challenge names each action apart.
 */
export function silly({ realm, service }: SillyOptions): AccessController {
  return {
    authorize: (credentials, accesses) => {
      if (credentials.header("authorization")) return { granted: true, user: "silly" };
      const scopes = accesses.flatMap((access) => {
        const resource = resourceOf(access);
        return resource === undefined ? [] : [`${resource}:${actionOf(access)}`];
      });
      const scope = scopes.length === 0 ? undefined : scopes.join(" ");
      return {
        granted: false,
        status: 401,
        challenge: bearerChallenge({ realm, service, scope }),
      };
    },
  };
}
